"""Messages of EnterpriseData: a zip whose first entry is XML, with numbers of both sides in its head. Pure but for reading a file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO
from xml.sax.saxutils import escape

from connectors.exchange import Unreadable
from connectors.onec.commerceml.archive import Archive
from connectors.onec.commerceml.markup import Node, Piece, check, pieces
from connectors.onec.enterprise.client import PLAN

ROOT, HEADER = "message", "Header"
SPACE = "http://v8.1c.ru/edi/edi_stnd/EnterpriseData/"
MESSAGE = "http://www.1c.ru/SSL/Exchange/Message"


@dataclass(frozen=True, slots=True)
class Head:
    """``sender``: the code of the base's own node. ``number``: of this message; ``received``: the last of ours that the base has. ``bears``: whether there
    is any object in it, of a kind that is known here or not."""

    sender: str = ""
    number: int = 0
    received: int = 0
    bears: bool = False


class But(frozenset[str]):
    """All names but these."""

    def __contains__(self, name: object) -> bool:
        return not super().__contains__(name)


OBJECTS = But(("Message", "Body"))  # each object of the body, and the head, one after the other


def checked(file: BinaryIO) -> tuple[str, Head]:
    """The name of the XML inside, read through to its end, and its head. Raises Unreadable."""
    archive = Archive(file)
    names = archive.names()
    if not names:
        raise Unreadable("архив сообщения пуст")
    check(archive.chunks(names[0]), ROOT)
    head = Head()
    for piece in pieces(archive.chunks(names[0]), OBJECTS, ROOT):
        if piece.node.name != HEADER:
            return names[0], replace(head, bears=True)
        head = head_of(piece.node)
    return names[0], head


def head_of(node: Node) -> Head:
    said = node.one("Confirmation")
    if said is None:
        return Head()
    return Head(said.word("From"), _number(said.word("MessageNo")), _number(said.word("ReceivedNo")))


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def things(file: BinaryIO, inner: str, wanted: frozenset[str]) -> Iterator[Piece]:
    """The objects of a message, one after the other. Raises Unreadable where it breaks."""
    yield from pieces(Archive(file).chunks(inner), wanted, ROOT)


def written(objects: Iterable[str], head: Head, *, peer: str, version: str, now: datetime) -> bytes:
    """A message of ours. ``head.sender``: the base's node, to which it goes; ``peer``: ours. Elements stand in the order that XDTO wants."""
    made = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    confirmation = f"<msg:ExchangePlan>{PLAN}</msg:ExchangePlan><msg:To>{escape(head.sender)}</msg:To><msg:From>{escape(peer)}</msg:From><msg:MessageNo>{head.number}</msg:MessageNo><msg:ReceivedNo>{head.received}</msg:ReceivedNo>"
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Message xmlns:msg="{MESSAGE}" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><msg:Header><msg:Format>{SPACE}{version}</msg:Format>'
        f"<msg:CreationDate>{made}</msg:CreationDate><msg:Confirmation>{confirmation}</msg:Confirmation>"
        f'<msg:AvailableVersion>{version}</msg:AvailableVersion></msg:Header><Body xmlns="{SPACE}{version}">{"".join(objects)}</Body></Message>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.xml", text.encode())
    return file.getvalue()
