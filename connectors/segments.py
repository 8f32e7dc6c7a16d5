"""Groups of customers that marketers keep in a system, shown as memberships: one object for each customer and segment, with the id
``segment:customer``. For vendors that tell who is in a group and have no object of their own for it. Pure but for what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.contract import Page, Remote, SystemSettings

Json = Any
Read = Callable[[str, Mapping[str, Json]], Iterator[Page]]
CATALOGUE = {"id": "-string", "segment": "-string", "customer": "-string", "member": "-boolean", "source": "-string"}


def chosen(settings: SystemSettings) -> list[str]:
    """The segments that the hub keeps up with: ``options.segments``, by the ids that they have in the system."""
    return [str(name) for name in settings.options.get("segments") or ()]


def shown(source: str, segment: str, customer: str, member: bool, view: str = "list") -> Remote:
    """A membership as mappings see it. ``source``: the system's name in the configuration."""
    ident = f"{segment}:{customer}"
    return Remote(ident, {"id": ident, "segment": segment, "customer": customer, "member": member, "source": source}, view)


def named(ident: str) -> tuple[str, str]:
    """Segment and customer that an id names; a segment's own name may hold a colon."""
    segment, _, customer = ident.rpartition(":")
    return segment, customer


def one_after_another(names: Sequence[str], cursor: Mapping[str, Json], read: Read) -> Iterator[Page]:
    """Pages of all segments, each from a place of its own: ``{of: {segment: cursor}, now: segment}``. What a cursor knows of a segment that
    is not chosen any more is forgotten."""
    of: dict[str, Json] = {name: place for name, place in (cursor.get("of") or {}).items() if name in names}
    now = cursor.get("now")
    left = list(names[names.index(now) :] if now in names else names)
    if not left:
        yield Page([], {"of": of}, True)
    while left:
        name = left[0]
        for page in read(name, of.get(name) or {}):
            of = {**of, name: dict(page.cursor)}
            if page.last:
                left = left[1:]
            yield replace(page, cursor={"of": of} | ({"now": left[0]} if left else {}), last=not left, total=None)
