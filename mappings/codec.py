"""Codecs: named pairs of decode and encode between a remote value and a canonical one.

A codec is a lens: ``encode(value, held, ctx)`` knows what the system holds now and keeps it while it already says the same. Laws, for
every value of its canonical type and anything held: ``decode(encode(x, held)) == x`` and ``encode(decode(held), held) == held``.
Nothing there (None, "" or []) decodes to None, and None never erases a value that cannot be read. Neither direction raises anything
but BadValue, whatever JSON it meets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Protocol, TypeVar

Json = Any
T = TypeVar("T")
Needs = tuple[str, str, Any]  # (directory | lookup | ref, name, value)
ANY = "any"


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


class Lens:
    """A codec that keeps what is held while it decodes to the wanted value; a subclass says how a value is said anew."""

    def decode(self, value: Json, ctx: Context) -> Json:
        raise NotImplementedError

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        """``value``, which ``held`` does not say yet, in remote form."""
        raise NotImplementedError

    def encode(self, value: Json, held: Json, ctx: Context) -> Json:
        try:
            if self.decode(held, ctx) == value:
                return held
        except BadValue:
            if value is None:  # nobody wished away what nobody could read
                return held
        return self.say(value, held, ctx)


@dataclass(frozen=True, slots=True)
class Types:
    """What lint knows of a codec.

    ``canonical``: the type of the canonical value, as the entity's schema names it. ``remote``: types of a connector's field catalogue
    that it can read and write; empty means all. ``asks``: (directory | lookup | ref, name) that it needs. ``shares``: several
    fields may write one remote path through codecs like this, each its own part. ``values``: all canonical values, where
    they are few; ``closed``: the codec's own code keeps to the values that its field may have.
    """

    canonical: str = ANY
    remote: frozenset[str] = frozenset()
    asks: tuple[tuple[str, str], ...] = ()
    shares: bool = False
    values: tuple[Json, ...] = ()
    closed: bool = False


CODECS: dict[str, Callable[..., Codec]] = {}


def codec(
    name: str, canonical: str = ANY, remote: str = "", *, asks: str = "", shares: bool = False, closed: bool = False
) -> Callable[[T], T]:
    """Register a class as the codec ``name`` and say its types (see :class:`Types`). ``remote``: type names with spaces between;
    ``asks``: ``lookup:goods_by_sku``. An instance whose arguments decide its types sets ``self.types`` itself."""

    def register(cls: T) -> T:
        kind, _, asked = asks.partition(":")
        cls.types = Types(canonical, frozenset(remote.split()), ((kind, asked),) if asks else (), shares, closed=closed)  # type: ignore[attr-defined]
        CODECS[name] = cls  # type: ignore[assignment]
        return cls

    return register


def types_of(one: Codec) -> Types:
    """The declared types of a codec; of one that declares none, all fit."""
    found: Types = getattr(one, "types", None) or Types()
    return found
