"""Codecs: named pairs of decode and encode between a remote value and a canonical one.

A codec is a lens: ``encode(value, held, ctx)`` knows what the system holds now and keeps it while it already says the same. Laws:
``decode(encode(x, held)) == x`` and ``encode(decode(held), held) == held``. Nothing there (None, "" or []) decodes to None.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Protocol, TypeVar

Json = Any
T = TypeVar("T")
Needs = tuple[str, str, Any]  # (directory | lookup | ref, name, value)


class Context(Protocol):
    """What codecs may ask while they work: answers come from memory or the database, never from a vendor. None: not known."""

    timezone: tzinfo

    def directory(self, name: str, remote: Json) -> str | None: ...

    def directory_back(self, name: str, value: str) -> Json | None: ...

    def lookup(self, name: str, remote: Json) -> str | None: ...

    def lookup_back(self, name: str, key: str) -> Json | None: ...

    def ref(self, entity: str, remote: Json) -> str | None: ...

    def ref_back(self, entity: str, record_id: str) -> Json | None: ...


class Codec(Protocol):
    """Both directions of one value."""

    def decode(self, value: Json, ctx: Context) -> Json: ...

    def encode(self, value: Json, held: Json, ctx: Context) -> Json: ...


class BadValue(Exception):
    """A value that cannot be used; its field waits, the record goes on. ``needs``: what would make it usable."""

    def __init__(self, code: str, ru: str, en: str, needs: Needs | None = None) -> None:
        super().__init__(en)
        self.code, self.ru, self.en, self.needs = code, ru, en, needs


CODECS: dict[str, Callable[..., Codec]] = {}


def codec(name: str) -> Callable[[T], T]:
    """Register a class as the codec ``name``."""

    def register(cls: T) -> T:
        CODECS[name] = cls  # type: ignore[assignment]
        return cls

    return register
