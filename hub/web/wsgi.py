"""The WSGI application that the web process serves."""

from __future__ import annotations

import os
from pathlib import Path

from hub.app import build
from hub.settings import load
from hub.web.app import create_app

app = create_app(build(load(Path(os.environ["SVERKA_CONFIG"]))))
