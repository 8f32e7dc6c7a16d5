"""A finished call, from the event that tells of it and from the rows of a report, in the same words. Pure.

``call_direction`` 1 in, 2 out; ``number`` of the other side as digits, empty where it is hidden or no number; ``extension`` of the employee;
``ended``: ``answered``, else the documented code of why it ended, or ``other``; ``talk`` seconds of talk; ``create_time`` Unix time;
``recording``: ids with spaces between, where they are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.mango.sendable import COLUMNS

Json = Any
Row = dict[str, Json]
INTERNAL, INCOMING, OUTGOING = 0, 1, 2
ANSWERED, OTHER = "answered", "other"
# why a call ended, as the vendor's appendix lists it
CODES = frozenset(
    str(code)
    for code in (
        1000, 1001, 1100, 1110, 1111, *range(1120, 1126), *range(1130, 1136), 1140, *range(1150, 1153), *range(1160, 1165), 1170, 1171,
        *range(1180, 1184), *range(1190, 1194), *range(1310, 1315), 2110, 2210, 2211, 2212, 2220, 2230, 2240, 2300, 3200, 4101, 4102, 4200,
    )
)  # fmt: skip
WORDS = {"busy": "1121", "noanswer": "1111", "declined": "1122", "normal": "1100"}  # a sample of the vendor's has a word instead of a code


def reason(told: Json) -> str:
    """A documented code; of one that is not listed its parent (2219 is a kind of 2210), else ``other``."""
    text = str(told if told is not None else "").strip()
    code = WORDS.get(re.sub(r"\W", "", text).lower(), text)
    parents = [code, *(f"{code[:-n]}{'0' * n}" for n in (1, 2, 3))] if re.fullmatch(r"\d{4}", code) else []
    return next((one for one in parents if one in CODES), OTHER)


def digits(told: Json) -> str:
    """``79990001122`` from what may be a number; empty for SIP addresses, words, and what is too short to be anybody's."""
    text = re.sub(r"[\s()+-]", "", str(told or ""))
    return text if re.fullmatch(r"\d{10,15}", text, re.A) else ""


def whole(told: Json) -> int:
    """A number that editions of the reference type now as a number and now as text; 0 for what is none."""
    text = str(told if told is not None else "").strip()
    return int(text) if re.fullmatch(r"\d{1,12}", text, re.A) else 0


def of_summary(event: Mapping[str, Json]) -> Row | None:
    """The call of an event ``summary``; None for one between employees."""
    direction = whole(event.get("call_direction"))
    if direction not in (INCOMING, OUTGOING):
        return None
    caller, called = (side if isinstance(side := event.get(name), Mapping) else {} for name in ("from", "to"))
    other, employee = (caller, called) if direction == INCOMING else (called, caller)
    answered, ended = whole(event.get("talk_time")), whole(event.get("end_time"))
    return _call(
        str(event["entry_id"]), direction, digits(other.get("number")), employee.get("extension"), event.get("line_number"),
        whole(event.get("create_time")), max(0, ended - answered) if answered else 0,
        ANSWERED if answered else reason(event.get("disconnect_reason")),
    )  # fmt: skip


def _call(ident: str, direction: int, number: str, extension: Json, line: Json, created: int, talk: int, ended: str) -> Row:
    return {
        "entry_id": ident, "call_direction": direction, "number": number, "extension": str(extension or ""), "line_number": str(line or ""),
        "create_time": created, "talk": talk, "ended": ended,
    }  # fmt: skip


def legs(report: str) -> list[Row]:
    """Rows of a report in the columns that were asked for. One of another width, since nothing is escaped, is left out alone. Raises ValueError for
    what is no report."""
    lines = [line.split(";") for line in map(str.strip, report.splitlines()) if line]
    found = [dict(zip(COLUMNS, values, strict=True)) for values in lines if len(values) == len(COLUMNS)]
    if lines and not found:
        raise ValueError(f"rows of {len(lines[0])} columns")
    return found


def conversations(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Legs by the conversation that they belong to, each in its order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["entry_id"]:
            found.setdefault(row["entry_id"], []).append(row)
    return {ident: sorted(mine, key=lambda leg: whole(leg["start"])) for ident, mine in found.items()}


def of_legs(mine: Sequence[Row]) -> Row | None:
    """A conversation; None for one between employees. Who talked is the first employee who answered, else the first who was rung."""
    first = mine[0]
    called_back = next(
        (leg for leg in mine[1:] if leg["from_extension"] and digits(leg["to_number"]) == digits(first["from_number"])), None
    )
    if called_back is None and first["from_extension"]:
        if first["to_extension"]:
            return None
        direction, number = OUTGOING, digits(first["to_number"])
        talks = [leg for leg in mine if whole(leg["answer"])]
    elif called_back is not None and digits(first["from_number"]):
        direction, number = OUTGOING, digits(first["from_number"])
        talks = [leg for leg in mine if leg["from_extension"] and whole(leg["answer"])]
    else:
        direction, number = INCOMING, digits(first["from_number"])
        talks = [leg for leg in mine if leg["to_extension"] and whole(leg["answer"])]
    who = "from_extension" if direction == OUTGOING else "to_extension"
    rung = next((leg[who] for leg in [*talks, *mine] if leg[who]), "")
    talk = max(whole(leg["finish"]) for leg in talks) - min(whole(leg["answer"]) for leg in talks) if talks else 0
    line = next((leg["line_number"] for leg in mine if leg["line_number"]), "")
    created = whole(first["create"]) or whole(first["start"])
    ended = ANSWERED if talks else reason(mine[-1]["disconnect_reason"])
    found = _call(str(first["entry_id"]), direction, number, rung, line, created, max(0, talk), ended)
    recorded = dict.fromkeys(one for leg in mine for one in re.split(r"[\[\],\s]+", leg["records"]) if one)
    return found | ({"recording": " ".join(recorded)} if recorded else {})
