"""Files that 1C brings, whole or in an archive -> what they tell, one thing after the other. Pure but for reading the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from connectors.exchange import Brought, Unreadable
from connectors.onec.commerceml import documents, goods
from connectors.onec.commerceml.archive import Archive
from connectors.onec.commerceml.markup import CHUNK, Piece, check, pieces

ORDERS = "site_orders"
DOCUMENT = "Документ"
PARTY = "Контрагент"  # one that stands in no document
WANTED = frozenset({DOCUMENT, PARTY, *goods.WANTED})
ZIP = b"PK\x03\x04"
TURNS = ("classifier", "import", "goods", "offers", "prices", "rests")  # how programs call the files of one upload


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


def checked(file: BinaryIO, name: str) -> list[str]:
    """The names inside of the files that are asked for, each read through to its end; an archive that is itself asked for means all of it. Raises
    Unreadable and LookupError."""
    found = [""]
    if packed(file):
        archive = Archive(file)
        inner = archive.find(name)
        whole = sorted((one for one in archive.names() if one.casefold().endswith(".xml")), key=_turn)
        found = [inner] if inner else whole if name.casefold().endswith(".zip") else []
        if not found:
            raise LookupError(name)
    for inner in found:
        check(chunks(file, inner))
    return found


def _turn(name: str) -> tuple[int, str]:
    """Lists before goods, goods before what they cost."""
    bare = name.casefold().rpartition("/")[2]
    return next((n for n, word in enumerate(TURNS) if bare.startswith(word)), len(TURNS)), name


def brought(file: BinaryIO, inner: str, catalogue: goods.Reader, order_of: Callable[[str], str]) -> Iterator[Brought]:
    """What a file tells. One thing that cannot be read does not stop those beside it. ``order_of``: the number of an order by what it is called in
    its documents, empty where it is not known. Raises Unreadable where the file breaks."""
    papers, parties = Papers(order_of), False
    for piece in pieces(chunks(file, inner), WANTED):
        if piece.trouble:
            yield Brought(trouble=f"{piece.node.name}: {piece.trouble}", line=piece.line)
            continue
        if piece.node.name == PARTY:
            if not parties:  # told once, not of each
                yield Brought(trouble="контрагенты, выгруженные отдельно, не читаются: покупатели приходят с заказами", line=piece.line)
            parties = True
            continue
        try:
            yield from papers.read(piece) if piece.node.name == DOCUMENT else catalogue.read(piece)
        except (documents.Unusable, ArithmeticError, LookupError, TypeError, ValueError) as error:
            yield Brought(trouble=f"{piece.node.name} {piece.node.word('Номер') or piece.node.word('Ид')}: {error}", line=piece.line)


class Papers:
    """Orders of one file, and the documents that stand beside them."""

    def __init__(self, order_of: Callable[[str], str]) -> None:
        self.order_of, self.met = order_of, dict[str, str]()

    def read(self, piece: Piece) -> Iterator[Brought]:
        node = piece.node
        if documents.is_order(node):
            look = documents.order(node)
            self.met |= {name: look["Номер"] for name in (look["Номер"], look["Ид"]) if name}
            yield Brought(ORDERS, look["Номер"], {"order": [look]}, line=piece.line)
            return
        adds, of = documents.paper(node), node.word("Основание")
        number = self.met.get(of) or (self.order_of(of) if of else "")
        if not number:
            raise documents.Unusable(f"документ «{node.word('ХозОперация')}» к заказу, которого нет: «{of}»")
        name = node.word("Ид") or node.word("Номер")
        yield Brought(ORDERS, number, {"documents": {name: [adds]}}, line=piece.line)


__all__ = ["Unreadable", "brought", "checked", "packed"]
