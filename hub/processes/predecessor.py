"""What the process before this one held, where nobody saw that one die: a worker or scheduler in a container of its own, that is started again.

Each of them keeps a file of its machine locked for as long as it lives, with the mark of its leases in it. The kernel lets go of the lock when the process
dies, however it dies, so whoever gets the lock knows the one before it dead and frees what it held. A container that is started again finds the file of
the one before; where there is none (another machine, a new container) leases end by themselves.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path
from typing import Any

import redis
import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.app import Hub
from hub.processes import abandoned
from hub.processes.alive import installation
from retry_queue.tokens import MARK, new_mark

log = structlog.get_logger()
PLACES = 64  # files: processes of one kind that one machine has at a time
_locks: list[int] = []  # open for as long as this process lives


def succeed(hub: Hub, client: Any, role: str) -> None:
    """Take a place, free what the one who had it before held, and mark this process's own leases. Nothing is done under a supervisor, which sees its
    children die, nor where no file can be written. ``client``: of Redis."""
    if os.environ.get(MARK):
        return
    place = take(Path(tempfile.gettempdir()), f"sverka-{installation(hub.settings.secret_key)}-{role}")
    if place is None:
        return
    held = os.pread(place, 4096, 0).decode(errors="replace").split()
    mark = new_mark()
    kept = [one for one in held if not _freed(hub, client, one)]  # the next one tries again
    os.ftruncate(place, 0)
    os.pwrite(place, "\n".join([*kept[-8:], mark]).encode(), 0)
    os.environ[MARK] = mark
    _locks.append(place)


def take(folder: Path, name: str) -> int | None:
    """The first place that nobody living has, as a file that is open and locked; None where there is none."""
    for number in range(PLACES):
        try:
            place = os.open(folder / f"{name}-{number}", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:  # another user's
            continue
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return place
        except OSError:
            os.close(place)
    return None


def _freed(hub: Hub, client: Any, mark: str) -> bool:
    try:
        abandoned.free(hub.store, client, mark)
    except (SQLAlchemyError, redis.RedisError, TimeoutError) as error:
        log.warning("leases.held", error=type(error).__name__)
        return False
    return True
