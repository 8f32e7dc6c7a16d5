"""Segments in memory, and what the vendor makes of a file: rows read, valid ones, people found; all of it some time after it was told."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = Any
Row = dict[str, Any]
LEAST, FOUND = 100, 100  # rows of a file; people without whom a segment is of no use
DIGEST = re.compile(r"[0-9a-f]{64}")
COLUMNS = ("phone", "email")
TYPES = ("addition", "subtraction", "replace")
ALGORITHMS = ("SHA256",)  # MD5 is not taken since January 2025


class ApiError(Exception):
    """``{"errors": [...], "code", "message"}``."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"errors": [{"error_type": kind, "message": message, "location": ""}], "code": status, "message": message}


@dataclass(slots=True)
class Segment:
    """``until``: when what was told last is worked through."""

    id: int
    created: float
    rows: list[tuple[str, str]]
    name: str = ""
    confirmed: bool = False
    hashed: bool = False
    until: float = 0.0
    told: int = 1  # how many files it was made of

    def parts(self) -> list[str]:
        """Every phone and e-mail, as often as it stands in the rows."""
        return [part for row in self.rows for part in row if part]

    def valid(self) -> set[tuple[str, str]]:
        return {row for row in self.rows if any(row) and all(not one or DIGEST.fullmatch(one) for one in row)}


@dataclass(slots=True)
class Account:
    """``pace``: seconds that the vendor works on a file. ``share``: of the people it finds. ``ever``: what any file held."""

    now: Callable[[], float]
    pace: float = 60.0
    share: float = 0.8
    segments: dict[int, Segment] = field(default_factory=dict)
    number: int = 4100270
    uploads: int = 0
    ever: set[str] = field(default_factory=set)

    def upload(self, text: str) -> Segment:
        rows = self._read(text)
        if len(rows) < LEAST:
            raise ApiError(400, "invalid_uploading", f"В файле меньше {LEAST} записей")
        self.number, self.uploads = self.number + 1, self.uploads + 1
        made = self.segments[self.number] = Segment(self.number, self.now(), rows)
        return made

    def _read(self, text: str) -> list[tuple[str, str]]:
        rows = read(text)
        self.ever |= {part for row in rows for part in row if part}
        return rows

    def known(self, ident: int) -> Segment:
        if ident not in self.segments:
            raise ApiError(404, "not_found", "Сегмент не найден")
        return self.segments[ident]

    def confirm(self, ident: int, given: Row, check_size: bool) -> Segment:
        one = self.known(ident)
        if not given.get("name") or given.get("content_type") not in ("crm", "idfa_gaid", "mac"):
            raise ApiError(400, "invalid_parameter", "Не задано название или вид содержимого")
        if given.get("hashed") and given.get("hashing_alg") not in ALGORITHMS:
            raise ApiError(400, "invalid_parameter", "Загрузка новых хешей MD5 не поддерживается")
        if check_size and len(one.rows) < LEAST:
            raise ApiError(400, "invalid_parameter", "Слишком мало записей")
        if not one.confirmed:
            one.until = self.now() + self.pace
        one.name, one.confirmed, one.hashed = str(given["name"]), True, bool(given.get("hashed"))
        return one

    def modify(self, ident: int, kind: str, text: str, check_size: bool) -> Segment:
        one, rows = self.known(ident), self._read(text)
        if kind not in TYPES:
            raise ApiError(400, "invalid_parameter", "modification_type")
        if not one.confirmed:
            raise ApiError(400, "invalid_parameter", "Сегмент не сохранён")
        held = one.rows
        after = {"replace": rows, "addition": [*held, *rows], "subtraction": [row for row in held if row not in rows]}[kind]
        if not after or (check_size and len(after) < LEAST):
            raise ApiError(400, "invalid_uploading", f"В файле меньше {LEAST} записей")
        one.rows, one.until, one.told, self.uploads = after, self.now() + self.pace, one.told + 1, self.uploads + 1
        return one

    def status(self, one: Segment) -> str:
        if not one.confirmed:
            return "uploaded"
        if self.now() < one.until:
            return "is_processed" if one.told == 1 else "is_updated"
        return "processed" if self.matched(one) >= FOUND * self.share else "few_data"

    def matched(self, one: Segment) -> int:
        return int(len(one.valid()) * self.share) if one.hashed else 0

    def shown(self, one: Segment) -> Row:
        valid, done = len(one.valid()), one.confirmed and self.now() >= one.until
        found: Row = {
            "id": one.id, "type": "uploading", "name": one.name, "status": self.status(one), "owner": "lavka-ads", "hashed": one.hashed,
            "create_time": datetime.fromtimestamp(one.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "content_type": "crm",
            "item_quantity": len(one.rows), "valid_unique_quantity": valid, "has_guests": False, "guest_quantity": 0,
        }  # fmt: skip
        if done:
            found |= {"matched_quantity": self.matched(one), "cookies_matched_quantity": self.matched(one) * 2}
        return found


def read(text: str) -> list[tuple[str, str]]:
    """(phone, e-mail) of a CRM file with a header. Raises ApiError."""
    table = csv.DictReader(io.StringIO(text))
    names = [name.strip().lower() for name in table.fieldnames or ()]
    if not set(names) & set(COLUMNS):
        raise ApiError(400, "invalid_uploading", "Нет столбцов phone и email")
    table.fieldnames = names
    return [((row.get("phone") or "").strip(), (row.get("email") or "").strip()) for row in table]
