"""Catalogues as files: ICML for RetailCRM (vendor's page "ICML"), YML for marketplaces. Written piece by piece, so that memory does not depend
on how many goods there are. A product without a price of the feed's type is in none; an archived one stands in ICML as inactive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hub.config.sections.catalogue import ICML, Feed

Json = Any
Goods = tuple[str, Mapping[str, Json]]  # record id, data
Read = Callable[[], Iterator[Sequence[Goods]]]
FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 has no such characters
OTHERS = "Товары"  # the category of goods that have none: an offer must stand in one
DIGITS = 15


def written(feed: Feed, read: Read, date: str) -> Iterator[bytes]:
    """The file, piece by piece. ``read`` gives all products page by page, and is asked twice: categories stand before offers. ``date``: as
    ``2026-12-01 10:00``, on the shop's clock."""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<yml_catalog date="{date}">\n<shop>\n'.encode()
    yield "".join(
        _tag(name, value) for name, value in (("name", feed.shop), ("company", feed.company), ("url", feed.url)) if value
    ).encode()
    if feed.kind != ICML:
        yield b'<currencies><currency id="RUB" rate="1"/></currencies>\n'
    yield from (_categories(read), b"<offers>\n")
    for page in read():
        yield "".join(filter(None, (offer(feed, ident, data) for ident, data in page))).encode()
    yield b"</offers>\n</shop>\n</yml_catalog>\n"


def _categories(read: Read) -> bytes:
    names = sorted({str(data.get("category") or OTHERS) for page in read() for _, data in page})
    rows = "".join(f'<category id="{number(name)}">{_plain(name)}</category>\n' for name in names)
    return f"<categories>\n{rows}</categories>\n".encode()


def offer(feed: Feed, ident: str, data: Mapping[str, Json]) -> str:
    """One offer; empty where the feed has none for this product."""
    price = next((one["value"] for one in data.get("prices") or () if one.get("kind") == feed.price), None)
    if price is None or not data.get("name") or (data.get("archived") and feed.kind != ICML):
        return ""
    return _icml(ident, data, price) if feed.kind == ICML else _yml(ident, data, price)


def _icml(ident: str, data: Mapping[str, Json], price: str) -> str:
    """``id`` is the offer's external id in RetailCRM; with ``xmlId`` the hub finds it there again."""
    key = str(data.get("guid") or ident)
    quantity = f" quantity={quoteattr(str(data['for_sale']))}" if data.get("for_sale") is not None else ""
    body = [
        _tag("url", data.get("url")), _tag("price", price), _tag("categoryId", number(str(data.get("category") or OTHERS))),
        _tag("picture", data.get("picture")), _tag("name", _title(data)), _tag("xmlId", key), _tag("productName", data.get("name")),
        _tag("productActivity", "N" if data.get("archived") else "Y"), _tag("barcode", next(iter(data.get("barcodes") or ()), None)),
        *_params(data, coded=True),
    ]  # fmt: skip
    return f"<offer id={quoteattr(key)} productId={quoteattr(key.partition('#')[0])}{quantity}>\n{''.join(body)}</offer>\n"


def _yml(ident: str, data: Mapping[str, Json], price: str) -> str:
    left = data.get("for_sale")
    there = "false" if left in (None, "0") else "true"
    group = f' group_id="{number(str(data["guid"]).partition("#")[0], 9)}"' if "#" in str(data.get("guid") or "") else ""
    body = [
        _tag("url", data.get("url")), _tag("price", price), _tag("currencyId", "RUB"),
        _tag("categoryId", number(str(data.get("category") or OTHERS))), _tag("picture", data.get("picture")), _tag("name", _title(data)),
        _tag("description", data.get("description")), _tag("vendorCode", data.get("article")), _tag("count", left),
        *(_tag("barcode", code) for code in data.get("barcodes") or ()), *_params(data),
    ]  # fmt: skip
    return f'<offer id="{ident}" available="{there}"{group}>\n{"".join(body)}</offer>\n'


def _params(data: Mapping[str, Json], coded: bool = False) -> Iterator[str]:
    known = {"article": "Артикул", "size": "Размер", "colour": "Цвет"} if coded else {"size": "Размер", "colour": "Цвет"}
    codes = {"colour": "color"}
    for field, name in known.items():
        if data.get(field):
            code = f' code="{codes.get(field, field)}"' if coded else ""
            yield f'<param name="{name}"{code}>{_plain(data[field])}</param>\n'


def _title(data: Mapping[str, Json]) -> str:
    return ", ".join(str(data[name]) for name in ("name", "size", "colour") if data.get(name))


def _tag(name: str, value: Json) -> str:
    return f"<{name}>{_plain(value)}</{name}>\n" if value not in (None, "") else ""


def _plain(value: Json) -> str:
    return escape(FORBIDDEN.sub("", str(value)))


def number(name: str, digits: int = DIGITS) -> int:
    """A number that stays with a name: files are written anew each time, and who reads them remembers categories by it."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") % 10**digits or 1
