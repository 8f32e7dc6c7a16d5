"""The control endpoints of any stand-in, ``/_sandbox/<what>``: what they are sent is looked at here, so that a mistyped request is told as such.

A control takes a JSON object, ``faults`` a list of them; nothing counts as an empty one. The Content-Type may be left out.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

CONTROL, FAULTS = "/_sandbox/", "faults"
Json = Any


class Controls:
    """WSGI middleware. What a control cannot read is answered 400 with a sentence, and nothing is set."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if environ["REQUEST_METHOD"] != "POST" or not path.startswith(CONTROL):
            return self.app(environ, start)  # type: ignore[no-any-return]
        what = path.removeprefix(CONTROL)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or (b"[]" if what == FAULTS else b"{}")
        if wrong := unreadable(what, body):
            return _refuse(start, wrong)
        given = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
        return self._asked(what, environ | given, start)

    def _asked(self, what: str, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """What the control answers; where it fails over what it was sent, so much is said."""
        said: list[Any] = []
        answer = self.app(environ, lambda *head: said.extend(head))
        if str(said[0]).startswith("500"):
            return _refuse(start, f"{what} does not take this: something that it needs is missing, or is of another kind")
        start(*said)
        return answer  # type: ignore[no-any-return]


def unreadable(what: str, body: bytes) -> str:
    """Why a control cannot take this body, or empty."""
    try:
        given: Json = json.loads(body)
    except ValueError as error:
        return f"{what} takes JSON, and this is none: {error}"
    if what == FAULTS:
        well = isinstance(given, list) and all(isinstance(row, dict) for row in given)
        return "" if well else f"{what} takes a list of JSON objects, and this is another thing"
    return "" if isinstance(given, dict) else f"{what} takes a JSON object, and this is another thing"


def _refuse(start: Callable[..., Any], sentence: str) -> Iterable[bytes]:
    start("400 Bad Request", [("Content-Type", "application/json; charset=utf-8")])
    return [json.dumps({"error": sentence}, ensure_ascii=False).encode()]
