"""What the hub may ask of a vendor with which it exchanges files: one that calls by itself brings them in pieces and fetches what is laid out for it; with
another the hub begins each round.

The connector parses and builds and is never blocked by a network; requests, sessions and storage are the hub's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal, Protocol, runtime_checkable

Json = Any
Act = Literal["open", "limits", "put", "work", "give", "given", "info", "nothing", "unknown"]


class Unreadable(Exception):
    """A file that is not what it should be, or breaks off; in words for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the vendor. ``open`` a session, ask for our ``limits``, ``put`` a piece of a file, have a whole file ``work``ed on, be
    ``give``n what is laid out, say that this was taken (``given``), ask for ``info``. ``kind``: the vendor's word for what it is about. ``name``: of
    the file, empty where there is none or it is not to be used. ``version``: of the exchange, where the caller tells one."""

    act: Act
    kind: str
    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Laid:
    """One object between the hub and the vendor. ``number``: its id there. ``key``: the hub's record; empty for one that the hub did not make.
    ``document``: what the vendor is to hold, ``seen``: what it showed last. ``settled``: it has the newest document, and ``seen`` is later than that."""

    number: str
    key: str = ""
    document: Mapping[str, Json] | None = None
    seen: Mapping[str, Json] | None = None
    settled: bool = False


class Shelf(Protocol):
    """Where documents wait for the vendor, and what it showed is kept; given to the connector by the hub, and durable."""

    def held(self, resource: str, key: str) -> Laid | None:
        """What is laid out for a record."""

    def lay(self, resource: str, key: str, numbers: Sequence[str], document: Mapping[str, Json], *, known: bool = False) -> Laid:
        """Lay a document out, in the place of an earlier one of the record; a new one under the first of the numbers that no other has.
        ``known``: it is of an object that the vendor made, and has that number there.
        Raises LookupError where all are taken. The same document once more changes nothing."""

    def numbered(self, resource: str, numbers: Sequence[str]) -> list[Laid]:
        """Those of the numbers that are known."""

    def goods(self, names: Sequence[str]) -> dict[str, str]:
        """Article or barcode -> the goods that bear it alone, of those that the vendor has brought."""

    def names(self, goods: Sequence[str]) -> dict[str, str]:
        """Goods -> their article or barcode."""

    def heard(self) -> tuple[float | None, int]:
        """When the vendor fetched last, in seconds since the epoch, and how many documents wait for it."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One thing that a file tells: of the object ``number`` of a ``resource``, what is ``seen`` of it. ``whole``: that is all of it; else it is put
    over what other files told. ``beside``: (resource, number) of objects whose look depends on this one. ``full``: the
    file is one of all that there is, as at a first load, and not of what has changed. ``trouble``: why nothing could be read, with its ``line`` in the file. ``proves``: that it is shown proves that
    the vendor has taken what it was given of it."""

    resource: str = ""
    number: str = ""
    seen: Mapping[str, Json] = field(default_factory=dict)
    whole: bool = False
    beside: tuple[tuple[str, str], ...] = ()
    full: bool = False
    trouble: str = ""
    line: int = 0
    proves: bool = True


class Exchange(Protocol):
    """What an exchange reads and keeps, as pure functions."""

    shelf: Shelf

    def checked(self, file: BinaryIO, name: str) -> list[str]:
        """The names inside of the files that ``name`` asks for, in the order in which they are to be read, each read through to its end; an empty
        name for a file that is no archive. Raises Unreadable, and LookupError where an archive has no such file."""

    def names(self, resource: str, number: str, seen: Mapping[str, Json]) -> list[str] | None:
        """Articles and barcodes by which lines name this object, the first what it is called; None where it is no goods."""

    def incomplete(self, resource: str, number: str, seen: Mapping[str, Json]) -> bool:
        """Whether other files of the same exchange may still tell what this is."""

    def brought(self, file: BinaryIO, inner: str) -> Iterator[Brought]:
        """What a file tells, one thing after the other. Raises Unreadable where it breaks, after all that stood before."""


@runtime_checkable
class Door(Exchange, Protocol):
    """An exchange that the vendor begins: its end of the conversation, as pure functions."""

    cookie: str

    def step(self, query: Mapping[str, str]) -> Step:
        """What a request asks for."""

    def opened(self, token: str, check: str) -> str:
        """The answer that opens a session; ``check``: a second word that the vendor may say with each request."""

    def limits(self, step: Step, most: int, check: str) -> str:
        """``most``: bytes of one piece of a file."""

    def done(self) -> str: ...

    def failure(self, text: str) -> str: ...

    def info(self, words: Mapping[str, Sequence[str]]) -> bytes:
        """Values of our directories, for a person to map there."""

    def batch(self, laid: Sequence[Laid]) -> bytes:
        """What the vendor is given."""

    def keeps(self, name: str) -> bool:
        """Whether a file of this name tells anything that the hub reads; others are taken and let fall."""

    def packed(self, file: BinaryIO) -> bool:
        """Whether a file is an archive of files."""


@runtime_checkable
class Exchanges(Protocol):
    """A connector whose system exchanges with the hub."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Reached:
    """How far both sides of an exchange have come. ``peer``: what the vendor's side calls itself; ``number``: of the message of theirs; ``received``: the
    last of ours that they had when they wrote it. ``bears``: whether there is anything in it."""

    peer: str = ""
    number: int = 0
    received: int = 0
    bears: bool = True


class Fetched(Protocol):
    """A message that the vendor has for us."""

    def pieces(self) -> Iterator[bytes]:
        """Its bytes. Raises ConnectorError."""

    def kept(self) -> None:
        """It is kept here: the vendor may clear away what it prepared. Raises ConnectorError."""


@runtime_checkable
class Rounds(Protocol):
    """An exchange that the hub begins, in rounds: it fetches what the vendor has for it, and hands over what is laid out. Messages bear numbers on both
    sides: the vendor brings everything anew until a message of ours says that it was received."""

    def fetched(self) -> Fetched | None:
        """What the vendor has for us now; None where it has nothing. Raises ConnectorError."""

    def reached(self, file: BinaryIO) -> Reached:
        """The numbers in the head of a message. Raises Unreadable."""

    def hand(self, laid: Sequence[Laid], at: Reached) -> None:
        """Hand a message of these over, with ``at.number``, which says that theirs were received up to ``at.received``. Returns when they are loaded. Raises
        Rejected where they could not be, Unknown where that is not told, and other ConnectorErrors where nothing was begun."""
