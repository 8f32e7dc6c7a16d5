"""Lists of people for advertising: what the hub asks of a system that takes them, and what its vendors do alike.

An audience is a document that is made anew and sent as a whole. A list that is sent twice is the same list, and who has refused is not in the
next one: nothing has to be remembered of whom a former one held. People leave the hub as digests alone, made before a connector sees them.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Protocol, runtime_checkable

from connectors.contract import Outcome, Page, Write
from connectors.errors import Rejected

Json = Any
EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")  # Latin alone
PHONE = re.compile(r"\d{11,15}")
UPLOAD, WAIT = "upload", ""  # what is to be done next: a list may be sent; nothing


@dataclass(frozen=True, slots=True)
class Rules:
    """``hashing``: an algorithm of hashlib. ``least``, ``most``: rows of a list. ``apart``: phones and e-mails are lists of their own, each with
    its own least; else the two of one person stand in a row. ``shrinks``: a list that the system has may be replaced by one below the least."""

    hashing: str
    least: int
    most: int
    apart: bool = False
    shrinks: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """A list that is to be sent. ``version``: the same for the same people, in whatever order. ``rows``: (digest of a phone, digest of an
    e-mail), from the beginning each time, one of the two empty where a person has no other. ``phones``, ``emails``: how many of each."""

    version: str
    count: int
    phones: int
    emails: int
    rows: Callable[[], Iterator[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a system has of an audience. ``place``: what the connector has to know later, JSON, opaque to the hub. ``state``: none | waits (for
    a step of ours) | processing | ready | few (it found too few people) | failed. ``next``: the step to take, UPLOAD, or WAIT. ``version``: of
    the list that it has in full, where known. ``size``, ``matched``: rows and people as it counts them. ``said``: its own words."""

    place: Mapping[str, Json]
    state: str
    next: str = WAIT
    version: str = ""
    size: int | None = None
    matched: int | None = None
    said: str = ""


@runtime_checkable
class HoldsAudiences(Protocol):
    """A system that takes lists of people. The hub looks, keeps the sight, takes the step, keeps its place, and looks again: a lost answer, or
    a killed process, is seen at the next look. Before an upload the hub puts ``begun`` into the place: ``version``, ``count``, ``at``."""

    def rules(self) -> Rules:
        """What a list must be like. No I/O."""

    def look(self, name: str, place: Mapping[str, Json]) -> Sight:
        """What there is of this audience now. Changes nothing. Raises ConnectorError."""

    def upload(self, name: str, place: Mapping[str, Json], people: People) -> Mapping[str, Json]:
        """Send a list. Returns the place after it. Raises ConnectorError; Unknown where it may have been taken."""

    def step(self, name: str, place: Mapping[str, Json], what: str) -> Mapping[str, Json]:
        """Take the step that a sight has named. Returns the place after it. Raises ConnectorError."""


def phone_of(number: Json) -> str:
    """Digits with the code of the country; empty where it is none (yandex.ru/dev/audience, file requirements; ads.vk.com: alike)."""
    digits = re.sub(r"\D", "", str(number or ""))
    return digits if PHONE.fullmatch(digits) else ""


def email_of(address: Json) -> str:
    """Small letters, Latin alone; empty where it is none."""
    text = str(address or "").strip().lower()
    return text if EMAIL.fullmatch(text) else ""


def digest(value: str, hashing: str) -> str:
    """The digest of one value, in small hexadecimal digits; nothing of nothing."""
    return hashlib.new(hashing, value.encode(), usedforsecurity=False).hexdigest() if value else ""


@dataclass(frozen=True, slots=True)
class Form:
    """A body of multipart/form-data and the headers that go with it."""

    headers: Mapping[str, str]
    body: IO[bytes]


@contextmanager
def form(lines: Iterable[str], filename: str, fields: Mapping[str, str] | None = None) -> Iterator[Form]:
    """Fields and one file of lines, on disk while it is needed, so that memory does not grow with it."""
    boundary = uuid.uuid4().hex
    head = f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: application/octet-stream'
    with tempfile.TemporaryFile() as body:
        for name, value in (fields or {}).items():
            body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
        body.write(f"--{boundary}\r\n{head}\r\n\r\n".encode())
        body.writelines(f"{line}\n".encode() for line in lines)
        body.write(f"\r\n--{boundary}--\r\n".encode())
        body.seek(0)
        yield Form({"Content-Type": f"multipart/form-data; boundary={boundary}"}, body)


class NoObjects:
    """The contract of a system that has no objects to be read or written: it is told lists of people, and nothing comes back of them."""

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        yield Page([], {}, True, 0)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        return [Outcome(error=Rejected("this system is told lists of people alone", code="resource")) for _ in writes]
