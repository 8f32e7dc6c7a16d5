"""The WSGI application that the web process serves."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from hub import startup
from hub.app import build
from hub.config.settings import load
from hub.processes.limits import shared
from hub.processes.logs import configure
from hub.processes.redis_server import die_with
from hub.web.app import create_app

PATIENCE = 4.0  # seconds that a webhook waits for a busy database before its sender is told to send again; the shops' own patience is 5

die_with(
    os.getppid(), signal.SIGKILL
)  # the server runs this in a child of its own, which must not outlive it: what was answered is committed
configure()  # else a traceback would show what its variables hold: secrets, and people
settings = load(Path(os.environ["SVERKA_CONFIG"]))
app = create_app(build(settings, limiters=shared(settings, needed=True), patience=PATIENCE))
startup.loaded()
