"""A plan as a table: one row for each remote path that would be written. The command and the page give the same. ``reason`` is a sentence in the
reader's language, ``code`` what programs may go by."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from hub.explain import planning
from hub.explain.planning import Planned
from hub.explain.rules import rule
from hub.language.shown import Shown

COLUMNS = ("system", "entity", "kind", "record", "name", "id", "field", "path", "old", "new", "reason", "ambiguous", "code")
BOM = "\ufeff"  # spreadsheets take a file for UTF-8 by it


def rows_of(one: Planned, shown: Shown) -> Iterator[tuple[str, ...]]:
    """The rows of one record in one system; none where it agrees already and nobody has to decide anything."""
    if one.kind == planning.LINKED and not one.ambiguous:
        return
    head = (one.system, one.entity, one.kind, one.record_id, safe(shown.name(one.entity, one.data)), one.external_id)
    for change in one.changes or (None,):
        what = (", ".join(change.fields), change.path, text(change.old), text(change.new)) if change else (one.blamed, "", "", "")
        yield (*head, *what, safe(why(one, shown)), "yes" if one.ambiguous else "", one.code)


def why(one: Planned, shown: Shown) -> str:
    """Why a record is not passed on, or cannot be; empty where it can."""
    return rule(one.reason, one.entity, one.data, shown) if one.kind == planning.SKIPPED else shown.told(one.reason)


def lines(found: Iterable[Planned], shown: Shown) -> Iterator[str]:
    """The whole table as CSV, piece by piece: memory stays flat over millions of records."""
    held = io.StringIO()
    writer = csv.writer(held)
    held.write(BOM)
    writer.writerow(COLUMNS)
    for one in found:
        writer.writerows(rows_of(one, shown))
        if held.tell() > 16_384:
            yield held.getvalue()
            held.seek(0)
            held.truncate()
    yield held.getvalue()


def text(value: Any) -> str:
    return "" if value is None else safe(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def safe(value: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t") else value
