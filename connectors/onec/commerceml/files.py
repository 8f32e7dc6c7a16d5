"""Files that 1C brings, whole or in an archive -> what they tell, one thing after the other. Pure but for reading the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from connectors.exchange import Brought, Unreadable
from connectors.onec.commerceml import documents, goods
from connectors.onec.commerceml.archive import Archive
from connectors.onec.commerceml.markup import CHUNK, Piece, check, pieces

ORDERS = "site_orders"
DOCUMENT = "Документ"
WANTED = frozenset({DOCUMENT, *goods.WANTED})
ZIP = b"PK\x03\x04"


def packed(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(len(ZIP)) == ZIP


def chunks(file: BinaryIO, inner: str) -> Iterator[bytes]:
    """The bytes of a file, or of one inside an archive."""
    if inner:
        yield from Archive(file).chunks(inner)
        return
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def checked(file: BinaryIO, name: str) -> str:
    """The name inside of the file that is asked for, read through to its end. Raises Unreadable and LookupError."""
    inner = ""
    if packed(file):
        archive = Archive(file)
        inner = archive.find(name)
        data = [one for one in archive.names() if one.casefold().endswith(".xml")]
        if not inner and name.casefold().endswith(".zip") and len(data) == 1:
            inner = data[0]
        if not inner:
            raise LookupError(name)
    check(chunks(file, inner))
    return inner


def brought(file: BinaryIO, inner: str, catalogue: goods.Reader) -> Iterator[Brought]:
    """What a file tells. One thing that cannot be read does not stop those beside it. Raises Unreadable where the file breaks."""
    for piece in pieces(chunks(file, inner), WANTED):
        if piece.trouble:
            yield Brought(trouble=f"{piece.node.name}: {piece.trouble}", line=piece.line)
            continue
        try:
            yield from _order(piece) if piece.node.name == DOCUMENT else catalogue.read(piece)
        except (documents.Unusable, ArithmeticError, LookupError, TypeError, ValueError) as error:
            yield Brought(trouble=f"{piece.node.name} {piece.node.word('Номер') or piece.node.word('Ид')}: {error}", line=piece.line)


def _order(piece: Piece) -> Iterator[Brought]:
    look = documents.order(piece.node)
    yield Brought(ORDERS, look["Номер"], look, whole=True, line=piece.line)


__all__ = ["Unreadable", "brought", "checked", "packed"]
