"""The operations of the service ``EnterpriseDataExchange_1_0_1_1`` (standard library of 1C, identical in УТ 11.5, УНФ 3.0 and Розница 2).

Both directions run as background jobs of the base: they are begun, and asked about until they are over.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors import waiting
from connectors.errors import Rejected, Unavailable, Unknown
from connectors.onec.soap.description import Call, Rule
from connectors.onec.soap.service import Services

Json = Any
SERVICE = "EnterpriseDataExchange_1_0_1_1.1cws"
PLAN = "СинхронизацияДанныхЧерезУниверсальныйФормат"
PART_KB = 1024
PAUSE, PATIENCE = 3.0, 90.0  # seconds between two questions whether a job is over, and for which it is asked in one round
ACTIVE, COMPLETED, FAILED, CANCELED = "Active", "Completed", "Failed", "Canceled"
RULES = [
    Rule("unauthorized", text="узел .*не найден|Не найден узел|Недостаточно прав для синхронизации"),
    Rule("unavailable", text="блокировки на обмен данными|выполняется другим сеансом", retry_after=30.0),
    Rule("unavailable", text="Часть файла с указанным номером не найдена|Не найден ни один фрагмент"),
    Rule("unavailable", text="обновлени"),
]


@dataclass(frozen=True, slots=True)
class File:
    """What the base has prepared for us, in so many parts."""

    ident: str
    parts: int


class Client:
    """One base and our node in it. ``peer``: the code of that node."""

    def __init__(self, services: Services, peer: str, sleep: Callable[[float], None] = waiting.sleep) -> None:
        self.services, self.peer, self.sleep = services, peer, sleep

    def _call(self, operation: str, *, safe: bool = True, **arguments: Json) -> dict[str, Json]:
        return self.services.call(SERVICE, Call(operation), arguments, rules=RULES, safe=safe)

    def _for_us(self, operation: str, *, safe: bool = True, **arguments: Json) -> dict[str, Json]:
        return self._call(operation, safe=safe, ExchangePlanName=PLAN, PeerCode=self.peer, **arguments)

    def test(self) -> None:
        """Raises ConnectorError where the base does not know our node, or its user may not exchange."""
        if not self._for_us("TestConnection").get("return"):
            raise Rejected("the base does not say what is wrong with the connection", code="test")

    def prepare(self) -> File | None:
        """Have the base write all that is registered for us. None where it has nothing. Raises Unavailable where it is not done in time: it goes on, and
        the next round asks anew."""
        operation = str(self._for_us("PrepareDataForGetting", PartSize=PART_KB).get("OperationID") or "")
        said: Mapping[str, Json] = {}

        def state() -> str:
            nonlocal said
            said = self._call("PrepareDataActionResult", OperationID=operation).get("return") or {}
            return str(said.get("Status") or "")

        status = self._over(state)
        if status != COMPLETED:
            raise Unavailable(f"the base has not prepared its message: {said.get('ErrorMessage') or status}", code=status)
        parts = int(said.get("PartCount") or 0)
        return File(str(said["FileID"]), parts) if parts and said.get("FileID") else None

    def parts(self, file: File) -> Iterator[bytes]:
        """The bytes of a file, part by part."""
        for number in range(1, file.parts + 1):
            body = self._call("GetDataPart", FileID=file.ident, PartNumber=number).get("return")
            if not body:
                raise Unavailable(f"part {number} of {file.parts} is empty", code="part")
            yield base64.b64decode(body)

    def confirm(self, file: File) -> None:
        """The base may clear its temporary files away: what was registered it keeps until a message of ours says that it was received."""
        self._call("ConfirmGettingFile", FileID=file.ident, ClearDataPool=True)

    def put(self, ident: str, body: bytes) -> str:
        """Hand a message over. Returns the job that loads it. Raises Unknown where the answer was lost after it may have begun."""
        size = PART_KB * 1024
        for number, start in enumerate(range(0, len(body), size), 1):
            self._call("PutFilePart", FileID=ident, PartNumber=number, PartData=body[start : start + size])
        return str(self._for_us("PutData", safe=False, FileID=ident).get("OperationID") or "")

    def loaded(self, operation: str) -> None:
        """Wait until a message is loaded. Raises Rejected where the base could not load it, Unknown where it does not tell."""

        def state() -> str:
            return str(self._call("PutDataActionResult", OperationID=operation).get("return") or "")

        status = self._over(state)
        if status == FAILED:
            raise Rejected("the base could not load the message; part of it may be loaded", code=FAILED)
        if status != COMPLETED:
            raise Unknown(f"whether the message was loaded is not known: {status}", code=status)

    def _over(self, state: Callable[[], str]) -> str:
        """The state of a job once it is over; that it goes on, where it is not in time."""
        waited = 0.0
        while (status := state()) == ACTIVE and waited < PATIENCE:
            self.sleep(PAUSE)
            waited += PAUSE
        return status
