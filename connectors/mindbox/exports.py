"""Export tasks: started, asked for by the same operation, and read from gzip files row by row, whatever their size."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.errors import Rejected, Unavailable
from connectors.mindbox.api import Api

Json = Any
Row = dict[str, Json]
FORM = "%Y-%m-%d %H:%M:%S"
CHUNK = 1 << 20
READY, NOT_READY = "Ready", "NotReady"


class Cancelled(Exception):
    """The vendor gave a task up: a person did, or the period holds too much."""


def moment(seconds: float) -> str:
    """As requests name a time, in UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime(FORM)


def start(api: Api, what: str, since: float | None, till: float, more: Mapping[str, Json]) -> str:
    """The number of a task for a period; where the same one is there already, that one's. Raises ConnectorError."""
    body = {"tillDateTimeUtc": moment(till), **more} | ({"sinceDateTimeUtc": moment(since)} if since is not None else {})
    found = api.read(what, body).get("exportId")
    if not found:
        raise Rejected(f"the operation of {what} starts no export", code="operation")
    return str(found)


def files(api: Api, what: str, task: str) -> list[str] | None:
    """Addresses of what a task made; None while it is not ready. Raises Cancelled, ConnectorError."""
    told = api.read(what, {"exportId": task}).get("exportResult") or {}
    status = str(told.get("processingStatus") or "")
    if status == READY:
        return [str(url) for url in told.get("urls") or ()]
    if status == NOT_READY:
        return None
    raise Cancelled(str(told.get("cancellationReason") or status))


def rows(file: bytes) -> Iterator[Row]:
    """The records of a file ``{"customers": [...]}``, each as it comes: a file may unpack to many times its size. Raises Unavailable."""
    stream: Any = gzip.GzipFile(fileobj=io.BytesIO(file)) if file[:2] == b"\x1f\x8b" else io.BytesIO(file)
    reader, decoder, text, begun = io.TextIOWrapper(stream, "utf-8-sig"), json.JSONDecoder(), "", False
    try:
        while True:
            piece = reader.read(CHUNK)
            text += piece
            if not begun:
                begun = "[" in text
                text = text.partition("[")[2] if begun else text
            while begun and (text := text.lstrip(" \r\n\t,")):
                if text[0] == "]":
                    return
                try:
                    row, end = decoder.raw_decode(text)
                except ValueError:
                    break  # the rest of it is in the next piece
                yield row
                text = text[end:]
            if not piece:
                raise Unavailable("a file of the export is cut short", code="file")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise Unavailable("a file of the export cannot be read", code="file") from error
