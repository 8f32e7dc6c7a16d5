"""What may be sent, and of what shape: a request that is not right here never leaves. Pure.

The vendor answers an erroneous request with a code of 3000 to 3999, and a second one within two minutes shuts the whole PBX out (vendor's
reference: limits). Whatever can be wrong about a request for another reason than the data that others hold is found here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.errors import Rejected

Json = Any
Check = Callable[[Json], bool]
USERS, REPORT, RESULT = "config/users/request", "stats/request", "stats/result"
CALLBACK, RECORDING = "commands/callback", "queries/recording/post"
LONGEST_ID = 128  # of a command's id, in bytes
LONGEST_PERIOD = 31 * 86_400  # seconds: "a month"
COLUMNS = (
    "records", "start", "finish", "answer", "from_extension", "from_number", "to_extension", "to_number", "disconnect_reason",
    "line_number", "location", "create", "entry_id",
)  # fmt: skip


def text(value: Json) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 512 and value.isprintable()


def identifier(value: Json) -> bool:
    return text(value) and len(value.encode()) <= LONGEST_ID


def extension(value: Json) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{1,10}", value, re.A) is not None


def number(value: Json) -> bool:
    """Digits with the country's code, without a plus."""
    return isinstance(value, str) and re.fullmatch(r"[1-9]\d{9,14}", value, re.A) is not None


def moment(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**33


def columns(value: Json) -> bool:
    return isinstance(value, str) and set(value.split(",")) <= set(COLUMNS)


def employee(value: Json) -> bool:
    return isinstance(value, Mapping) and set(value) == {"extension"} and extension(value["extension"])


def action(value: Json) -> bool:
    return value in ("play", "download")


REQUIRED: dict[str, dict[str, Check]] = {
    USERS: {},
    REPORT: {"date_from": moment, "date_to": moment, "fields": columns},
    RESULT: {"key": text},
    CALLBACK: {"command_id": identifier, "from": employee, "to_number": number},
    RECORDING: {"recording_id": text, "action": action},
}
OPTIONAL: dict[str, dict[str, Check]] = {
    USERS: {"extension": extension},
    REPORT: {"request_id": identifier},
    CALLBACK: {"line_number": text},
}


def written(path: str, fields: Mapping[str, Json]) -> str:
    """The text of ``json``, once for signature and request. Raises Rejected, code ``unsent``, naming the field: nothing has left then."""
    if path not in REQUIRED:
        raise Rejected(f"there is no request {path}", code="unsent")
    checks = REQUIRED[path] | OPTIONAL.get(path, {})
    for name in [*REQUIRED[path], *fields]:
        if name not in fields:
            raise Rejected(f"{path} lacks {name}", code="unsent", field=name)
        if name not in checks or not checks[name](fields[name]):
            raise Rejected(f"{path} does not take this as {name}", code="unsent", field=name)
    if path == REPORT and not 0 < fields["date_to"] - fields["date_from"] <= LONGEST_PERIOD:
        raise Rejected("a report is of a month at most", code="unsent", field="date_to")
    return json.dumps(dict(fields), ensure_ascii=False, separators=(",", ":"))
