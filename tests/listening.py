"""A hub's web, served to whoever a test lets call it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from werkzeug.serving import make_server

from hub.app import Hub
from hub.web.app import create_app


@contextmanager
def listening(hub: Hub) -> Iterator[str]:
    """The address of a hub's pages and webhooks, served from a thread."""
    server = make_server("127.0.0.1", 0, create_app(hub), threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)  # seconds until a stop is noticed
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
