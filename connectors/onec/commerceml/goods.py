"""Goods and offers as 1C brings them: by what a line of an order names them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.exchange import Brought
from connectors.onec.commerceml.markup import Node, Piece
from connectors.onec.commerceml.values import requisites

ITEM, OFFER = "Товар", "Предложение"
WANTED = frozenset({ITEM, OFFER})
DELETED = "удален"


class Reader:
    """Reads one file."""

    def read(self, piece: Piece) -> Iterator[Brought]:
        """Articles and barcodes by which lines name the goods. Sizes of one article are told by barcode alone."""
        node = piece.node
        ident = node.word("Ид")
        if not ident:
            yield Brought(trouble=f"{node.name} без идентификатора: {node.word('Наименование')[:100]}", line=piece.line)
            return
        if (node.attributes.get("Статус") or node.word("Статус")).casefold() == DELETED:
            return
        yield Brought(goods={ident: names(node, variant="#" in ident)}, line=piece.line)


def names(node: Node, *, variant: bool) -> list[str]:
    said = requisites(node)
    codes = [node.word("Штрихкод"), said.get("штрихкод", "")]
    articles = [] if variant else [node.word("Артикул"), said.get("артикул", "")]
    return list(dict.fromkeys(one for one in (*codes, *articles) if one))
