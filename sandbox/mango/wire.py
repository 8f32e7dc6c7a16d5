"""What stands on the wire: three form fields, a signature over the text of one of them, codes inside bodies."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response

Json = Any
Row = dict[str, Any]
METHOD, SIGN, LACKS, FORMAT, KEY, DATES, JSON, PHONE = 3101, 3102, 3103, 3104, 3105, 3111, 3400, 3136
NO_RECORDING = 3320
DONE = 1000


class Refused(Exception):
    """A request that the PBX does not take. ``code``: 3000 to 3999 counts as erroneous."""

    def __init__(self, code: int, told: str = "") -> None:
        super().__init__(f"{code} {told}")
        self.code, self.told = code, told


def sign(key: str, text: str, salt: str) -> str:
    return hashlib.sha256((key + text + salt).encode()).hexdigest()


def reply(body: Json, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), status, mimetype="application/json")


def refusal(error: Refused, edition: str) -> Response:
    """The edition of 2017 answers with status 420 and ``code``, the rolling one with 200 and ``result``."""
    if edition == "2017":
        return reply({"code": error.code} | ({"description": error.told} if error.told else {}), 420)
    return reply({"result": error.code} | ({"message": error.told} if error.told else {}))


def too_fast() -> Response:
    return reply({"name": "Service Unavailable", "message": "Rate limit exceeded.", "code": 0, "status": 429}, 429)


def stamp(value: Json, name: str) -> int:
    """Unix time of a request, as a number or as text. Raises Refused."""
    if isinstance(value, bool) or not str(value).isdecimal():
        raise Refused(FORMAT, name)
    return int(value)
