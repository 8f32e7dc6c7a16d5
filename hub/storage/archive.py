"""A backup as one file: every table as lines of JSON inside a ZIP, with a manifest that names what is in it and the checksum of each part.

The same file can be made from, and put back into, SQLite and PostgreSQL. Values travel as the database keeps them: JSON columns as text.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, Text, column, insert, null, select, table, type_coerce

from hub.storage import tables

Json = Any
FORMAT = 1
MANIFEST = "manifest.json"
BRANCHES: Mapping[str, MetaData] = {"main": tables.main, "intake": tables.intake}
TOKENS = ("main", "system_state", "tokens")  # credentials that a vendor renewed: the only secrets that the database keeps
CHUNK, FEW = 1000, 4  # rows at once, and of tables whose rows are large


class Damaged(Exception):
    """The file is no backup, or not what was written; the message says which part."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table of an archive: its columns in the order of the values, its rows, and the SHA-256 of its lines."""

    branch: str
    table: str
    columns: tuple[str, ...]
    rows: int
    sha256: str

    @property
    def member(self) -> str:
        return f"{self.branch}/{self.table}.jsonl"


def write(path: Path, main: Connection, intake: Connection, facts: Mapping[str, Json], *, tokens: bool = False) -> dict[str, Json]:
    """Write every table to ``path``, readable by its owner only; memory does not grow with the rows. ``facts`` go into the manifest, which
    is returned. Nothing is left behind where it fails."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                parts = [
                    _write_table(archive, at, branch, each, tokens)
                    for branch, at in (("main", main), ("intake", intake))
                    for each in BRANCHES[branch].sorted_tables
                ]
                manifest = {
                    "format": FORMAT,
                    **facts,
                    "tables": {p.member: {"columns": p.columns, "rows": p.rows, "sha256": p.sha256} for p in parts},
                }
                archive.writestr(MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _write_table(archive: zipfile.ZipFile, at: Connection, branch: str, each: Table, tokens: bool) -> Part:
    columns = list(each.columns)
    asked = select(*(_as_kept(c, keep=tokens or (branch, each.name, c.name) != TOKENS) for c in columns))
    digest, count = hashlib.sha256(), 0
    with archive.open(f"{branch}/{each.name}.jsonl", "w", force_zip64=True) as out:
        for rows in at.execution_options(stream_results=True).execute(asked).partitions(_at_once(branch, each.name)):
            lines = b"".join(orjson.dumps(list(row), default=_as_text) + b"\n" for row in rows)
            digest.update(lines)
            out.write(lines)
            count += len(rows)
    return Part(branch, each.name, tuple(c.name for c in columns), count, digest.hexdigest())


def _as_text(value: Json) -> str:
    """Bytes, which JSON has no word for. Raises TypeError for anything else."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _as_kept(c: Column[Any], *, keep: bool) -> Any:
    """A column's value as the database has it, without decoding JSON; nothing where it is not to be kept."""
    if not keep:
        return null().label(c.name)
    return type_coerce(c, Text).label(c.name) if isinstance(c.type, tables.Json) else c


class Archive:
    """A backup to be read. Raises Damaged where the file is no backup of a format that this program knows."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
            self.manifest: dict[str, Json] = orjson.loads(self._zip.read(MANIFEST))
            self.parts = [self._part(member, about) for member, about in self.manifest["tables"].items()]
        except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            raise Damaged(f"{path} is not a backup of Sverka: {error}") from error
        if self.manifest.get("format") != FORMAT:
            raise Damaged(
                f"{path} has the format {self.manifest.get('format')}, and this program reads {FORMAT}: use the version that made it"
            )

    @staticmethod
    def _part(member: str, about: Mapping[str, Json]) -> Part:
        branch, _, name = member.removesuffix(".jsonl").partition("/")
        if branch not in BRANCHES or not name.isidentifier() or not all(str(c).isidentifier() for c in about["columns"]):
            raise ValueError(f"no table can be called {member!r}")
        return Part(branch, name, tuple(about["columns"]), int(about["rows"]), str(about["sha256"]))

    def check(self) -> None:
        """Read all of it and compare rows and checksums with the manifest. Raises Damaged."""
        for part in self.parts:
            digest, rows = hashlib.sha256(), 0
            try:
                with self._zip.open(part.member) as lines:
                    for line in lines:
                        digest.update(line)
                        rows += 1
            except (KeyError, zipfile.BadZipFile, OSError) as error:
                raise Damaged(f"{part.member} cannot be read: {error}") from error
            if (rows, digest.hexdigest()) != (part.rows, part.sha256):
                raise Damaged(f"{part.member} is not what was written: {rows} rows of {part.rows}, and the checksum differs")

    def rows(self, part: Part) -> Iterator[list[dict[str, Json]]]:
        """The rows of a table in groups of up to a thousand."""
        group: list[dict[str, Json]] = []
        most = _at_once(part.branch, part.table)
        with self._zip.open(part.member) as lines:
            for line in lines:
                group.append(dict(zip(part.columns, orjson.loads(line), strict=True)))
                if len(group) == most:
                    yield group
                    group = []
        if group:
            yield group

    def put(self, at: Connection, branch: str) -> int:
        """Insert the rows of a branch into its empty tables. Returns how many there were."""
        count = 0
        for part in (p for p in self.parts if p.branch == branch):
            into = insert(table(part.table, *(column(name) for name in part.columns)))
            binary = _binary(branch, part.table)
            for group in self.rows(part):
                for row in group if binary else ():
                    row |= {name: base64.b64decode(row[name]) for name in binary if row[name] is not None}
                at.execute(into, group)
                count += len(group)
        return count

    def close(self) -> None:
        self._zip.close()


def _at_once(branch: str, name: str) -> int:
    return FEW if _binary(branch, name) else CHUNK


def _binary(branch: str, name: str) -> list[str]:
    """Columns of a table that hold bytes."""
    known = BRANCHES[branch].tables.get(name)
    return [c.name for c in known.columns if isinstance(c.type, LargeBinary)] if known is not None else []
