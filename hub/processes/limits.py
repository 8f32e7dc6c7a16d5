"""The limiter that a process shares with the others: through the Redis of the environment, or through the one that `sverka up` runs itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from connectors.contract import Limiter, Manifest
from connectors.limiter import RedisLimiter
from hub.app import local_limiter
from hub.config.settings import Settings, System

ADDRESS = "redis.url"  # in the data folder, while `sverka up` runs a Redis of its own


def announce(folder: Path, url: str) -> None:
    """Say where the embedded Redis listens, so that commands run beside the hub keep the vendors' limits with it."""
    path = folder / ADDRESS
    path.write_text(url)
    path.chmod(0o600)


def address(settings: Settings) -> str:
    """The Redis of this hub, or empty where none is known."""
    path = settings.folder / ADDRESS
    return settings.redis_url or (path.read_text().strip() if path.exists() else "")


def shared(settings: Settings, *, needed: bool = False) -> Callable[[System, Manifest], Limiter]:
    """Limiters through Redis; where it does not answer, the hub is down and this process has the vendors to itself.
    ``needed``: a process of the hub, which must not call without Redis."""
    url = address(settings)
    client: Any = redis.Redis.from_url(url, socket_connect_timeout=2) if url else None
    if client is None or not (needed or _answers(client)):
        return local_limiter
    return lambda system, manifest: RedisLimiter(client, system.name, system.limits_of(manifest))


def _answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
