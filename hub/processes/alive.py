"""Which processes are at work: each says so in Redis every few seconds, and an old word counts for nothing.

``python -m hub.processes.alive worker`` (or ``scheduler``) is the health check of a container: status 0 while this machine's process says so.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import sys
import time
from collections import Counter
from typing import Any

import redis

from hub.config import environment

KEY = "sverka:alive"
FRESH = 60.0  # seconds that a word counts
INSTALLATION = "X-Sverka-Installation"  # header of /health
BEAT = 20.0  # seconds between two words of an idle process


def installation(secret_key: str) -> str:
    """What tells one installation from another at the same address, and says nothing of its key."""
    return hmac.new(secret_key.encode(), b"installation", hashlib.sha256).hexdigest()[:16]


def name(role: str) -> str:
    """``worker`` or ``scheduler``, this machine and this process."""
    return f"{role}|{socket.gethostname()}|{os.getpid()}"


def beat(client: Any, role: str) -> None:
    """This process is at work. Raises redis.RedisError."""
    client.hset(KEY, name(role), time.time())


def leave(client: Any, role: str) -> None:
    """This process ends."""
    client.hdel(KEY, name(role))


def seen(client: Any) -> list[tuple[str, str]]:
    """(role, machine) of every process that was at work in the last minute; old words are swept out. Raises redis.RedisError."""
    said = {key.decode(): float(at) for key, at in client.hgetall(KEY).items()}
    old = [key for key, at in said.items() if at < time.time() - FRESH]
    if old:
        client.hdel(KEY, *old)
    return [(role, machine) for role, machine, _ in (key.split("|") for key in said.keys() - set(old))]


def roles(client: Any) -> Counter[str]:
    """Role -> processes at work."""
    return Counter(role for role, _ in seen(client))


def main() -> int:
    role = sys.argv[1] if len(sys.argv) > 1 else "worker"
    try:
        here = (role, socket.gethostname()) in seen(redis.Redis.from_url(environment.value(os.environ, "REDIS_URL"), socket_timeout=3))
    except (redis.RedisError, OSError, ValueError) as error:
        print(f"Redis does not answer: {type(error).__name__}", file=sys.stderr)
        return 1
    return 0 if here else 1


if __name__ == "__main__":
    sys.exit(main())
