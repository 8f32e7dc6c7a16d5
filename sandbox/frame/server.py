"""A vendor's app behind a real HTTP server, with the fault middleware around it."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.frame.control import Controls
from sandbox.frame.faults import Faults


class Handler(WSGIRequestHandler):
    """Keep-alive, no request log, no trace of connections that were cut on purpose."""

    protocol_version = "HTTP/1.1"

    def send_response(self, code: int, message: str | None = None) -> None:
        """Without a ``Date`` of this machine: :class:`Dated` gives the vendor's."""
        self.send_response_only(code, message)

    def log_request(self, *_: Any) -> None:
        pass

    def log(self, *_: Any) -> None:
        pass

    def run_wsgi(self) -> None:
        try:
            super().run_wsgi()
        except (ConnectionError, OSError):
            self.close_connection = True


class Dated:
    """WSGI middleware: every answer bears the time of the vendor's own clock, which may be wrong (``vendor.offset``, seconds)."""

    def __init__(self, app: Any, vendor: Any) -> None:
        self.app, self.vendor = app, vendor

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        def dated(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start(status, [*headers, ("Date", formatdate(time.time() + self.vendor.offset, usegmt=True))], *more)

        return self.app(environ, dated)


def server(vendor: Any, host: str = "127.0.0.1", port: int = 0, seed: int = 1) -> Any:
    """A server of ``vendor`` (anything with a Flask app as ``flask``), not yet serving."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    faults = Faults(vendor.flask, seed, lambda: time.time() + vendor.offset)
    return make_server(host, port, Dated(Controls(faults), vendor), threaded=True, request_handler=Handler)


def beside(plain: Any, certificate: Any, host: str = "127.0.0.1", port: int = 0) -> Any:
    """A TLS server of the same app as ``plain``, with the same faults, not yet serving."""
    pair = (str(certificate.path), str(certificate.key))
    return make_server(host, port, plain.app, threaded=True, request_handler=Handler, ssl_context=pair)


def serve(made: Any, until: socket.socket) -> None:
    """Answer until the other end of ``until`` is closed, and sleep where nobody asks: ``serve_forever`` wakes again and again to see whether it is
    to stop, and stops that much later."""
    with selectors.DefaultSelector() as ready:
        ready.register(made, selectors.EVENT_READ)
        ready.register(until, selectors.EVENT_READ)
        while all(key.fileobj is not until for key, _ in ready.select()):
            made.handle_request()


@contextmanager
def running(vendor: Any, port: int = 0) -> Iterator[str]:
    """The address of a vendor's app served from a thread."""
    made, (stop, until) = server(vendor, port=port), socket.socketpair()
    thread = threading.Thread(target=serve, args=(made, until), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_port}"
    finally:
        stop.close()
        thread.join()
        made.server_close()
        until.close()
