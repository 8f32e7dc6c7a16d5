"""The service ``EnterpriseDataExchange_1_0_1_1`` and what stands behind it: a node of the plan of exchange, registrations of changes that stay until they
are said to be received, background jobs, files in parts, messages with numbers on both sides (modules of the standard library in УТ 11.5)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from lxml import etree

from .messages import MESSAGE, Broken, message, objects_of
from .shop import Row, Shop
from .wire import Fault, Operation, WebService
from .xdto import Field, Types

SPACE = "http://www.1c.ru/SSL/EnterpriseDataExchange_1_0_1_1"
NAME = "EnterpriseDataExchange_1_0_1_1"
PLAN = "СинхронизацияДанныхЧерезУниверсальныйФормат"
HUB, OWN = "HUB", "c7a1d9b0-2f6e-4c3d-9b1a-0f1e2d3c4b5a"
VERSIONS = ("1.7", "1.8", "1.10", "1.11", "1.12", "1.15", "1.16")
NO_NODE = "Заданный узел плана обмена не найден. Обратитесь к администратору"
ERROR, RETURN, OPERATION = Field("ErrorMessage", nil=True), Field("return", nil=True), Field("OperationID", nil=True)
NODE = (Field("ExchangePlanName"), Field("PeerCode"))
RESULT = (
    Field("ErrorMessage", optional=True),
    Field("FileID", optional=True),
    Field("PartCount", "int", optional=True),
    Field("Status", optional=True),
)


class Exchange:
    """``polls``: how often a job says that it is at work. ``fail``: why no message can be loaded. ``unloadable``: articles of goods with which an order
    cannot be. ``forget``: kinds of jobs, ``get`` and ``put``, that are not known any more."""

    def __init__(self, shop: Shop, goods: list[Row]) -> None:
        self.shop, self.goods = shop, goods
        self.polls, self.fail, self.unloadable, self.forget = 1, "", list[str](), list[str]()
        self.sent = self.received = 0  # numbers of messages: of ours to the node, of its to us
        self.registered: dict[tuple[str, str], int] = {
            ("goods", row["Id"]): 0 for row in goods
        }  # -> the message that bears it; 0: none yet
        self.jobs: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[int, bytes]] = {}
        self.loaded: list[dict[str, Any]] = []  # every message that was loaded: its number, how many objects
        shop.watchers.append(self.watch)
        types = Types(SPACE, {"PrepareDataOperationResult": RESULT})
        self.service = WebService(NAME, f"{NAME}.1cws", types, {op.name: op for op in self._operations()})

    def watch(self, table: str, row: Row, by: str) -> None:
        """What the node itself brought is not registered for it."""
        if by != HUB:
            self.registered[(table, row["Id"])] = 0

    def _operations(self) -> list[Operation]:
        part, file = Field("PartNumber", "int"), Field("FileID")
        return [
            Operation("Ping", (), (RETURN,), lambda _: {"return": ""}),
            Operation("TestConnection", NODE, (Field("return", "boolean"), ERROR), self._test),
            Operation("PrepareDataForGetting", (*NODE, Field("PartSize", "decimal")), (RETURN, OPERATION, ERROR), self._prepare),
            Operation(
                "PrepareDataActionResult", (Field("OperationID"),), (Field("return", "PrepareDataOperationResult"), ERROR), self._prepared
            ),
            Operation("GetDataPart", (file, part), (Field("return", "base64Binary", nil=True), ERROR), self._part),
            Operation("ConfirmGettingFile", (file, Field("ClearDataPool", "boolean")), (RETURN, ERROR), self._confirm),
            Operation(
                "PutFilePart", (file, Field("PartNumber", "int", nil=True), Field("PartData", "base64Binary")), (RETURN, ERROR), self._put
            ),
            Operation("PutData", (*NODE, file), (RETURN, OPERATION, ERROR), self._load),
            Operation("PutDataActionResult", (Field("OperationID"),), (RETURN, ERROR), self._state),
        ]

    @staticmethod
    def _known(asked: Mapping[str, Any]) -> bool:
        return bool(asked["ExchangePlanName"] == PLAN and asked["PeerCode"] == HUB)

    def _test(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        known = self._known(asked)
        return {"return": known, "ErrorMessage": None if known else NO_NODE}

    def _prepare(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if not self._known(asked):
            return {"return": "", "ErrorMessage": NO_NODE}
        self.sent += 1
        rows: list[tuple[str, Row]] = []
        for table, ident in self.registered:
            self.registered[(table, ident)] = self.sent
            rows.append((table, self._row(table, ident)))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data.xml", message(rows, own=OWN, peer=HUB, number=self.sent, received=self.received, shop=self.shop))
        ident, size = self.shop.new_id(), int(asked["PartSize"] * 1024) or len(packed.getvalue())
        body = packed.getvalue()
        self.files[ident] = {n: body[start : start + size] for n, start in enumerate(range(0, len(body), size), 1)}
        return self._begun({"FileID": ident, "PartCount": len(self.files[ident]), "Status": "Completed"})

    def _row(self, table: str, ident: str) -> Row:
        return next(row for row in self.goods if row["Id"] == ident) if table == "goods" else self.shop.tables[table][ident]

    def _begun(self, result: dict[str, Any]) -> dict[str, Any]:
        operation = self.shop.new_id()
        self.jobs[operation] = {"left": self.polls, "result": result}
        return {"return": "", "OperationID": operation}

    def _job(self, operation: str, kind: str) -> dict[str, Any]:
        job = None if kind in self.forget else self.jobs.get(operation)
        if job is None:  # a server that was started anew knows no job
            return {"Status": "Canceled"}
        if job["left"]:
            job["left"] -= 1
            return {"Status": "Active"}
        result: dict[str, Any] = job["result"]
        return result

    def _prepared(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        result = self._job(asked["OperationID"], "get")
        return {"return": result, "ErrorMessage": result.get("ErrorMessage")}

    def _part(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        body = self.files.get(asked["FileID"], {}).get(asked["PartNumber"])
        return {"return": body, "ErrorMessage": None if body else "Часть файла с указанным номером не найдена."}

    def _confirm(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self.files.pop(asked["FileID"], None)
        return {"return": ""}

    def _put(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if not asked["FileID"]:
            raise Fault("Не указан идентификатор загружаемого файла. Дальнейшее выполнение операции невозможно.")
        self.files.setdefault(asked["FileID"], {})[asked["PartNumber"] or 1] = asked["PartData"]
        return {"return": ""}

    def _load(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if not self._known(asked):
            return {"return": "", "ErrorMessage": NO_NODE}
        parts = self.files.pop(asked["FileID"], None)
        if not parts:
            return {"return": "", "ErrorMessage": "Не найден ни один фрагмент сессии передачи"}
        try:
            with zipfile.ZipFile(io.BytesIO(b"".join(parts[n] for n in sorted(parts)))) as archive:
                self._take(etree.fromstring(archive.read(archive.namelist()[0]), etree.XMLParser(resolve_entities=False)))
        except (Broken, zipfile.BadZipFile, etree.XMLSyntaxError, LookupError) as broken:
            return self._begun({"Status": "Failed", "ErrorMessage": str(broken)})
        return self._begun({"Status": "Completed"})

    def _state(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        result = self._job(asked["OperationID"], "put")
        return {"return": result["Status"], "ErrorMessage": result.get("ErrorMessage")}

    def _take(self, root: Any) -> None:
        """Load a message: what it says was received is registered no more; a number that has been there is passed over; objects one by one, without a
        transaction around them all. Raises Broken."""
        space = {"m": MESSAGE}
        said = {name: root.findtext(f"m:Header/m:Confirmation/m:{name}", "", space) for name in ("To", "From", "MessageNo", "ReceivedNo")}
        version = root.findtext("m:Header/m:Format", "", space).rpartition("/")[2]
        if (said["To"], said["From"]) != (OWN, HUB):
            raise Broken(f"Не найден узел обмена: {said['From']} → {said['To']}")
        if version not in VERSIONS:
            raise Broken(f"Версия формата {version} не поддерживается")
        got = int(said["ReceivedNo"] or 0)
        self.registered = {place: number for place, number in self.registered.items() if not 0 < number <= got}
        if int(said["MessageNo"]) <= self.received:
            return
        if self.fail:
            raise Broken(self.fail)
        count = 0
        for table, row in objects_of(root):
            self._check(row)
            self.shop.keep(table, row, by=HUB)
            count += 1
        self.received = int(said["MessageNo"])
        self.loaded.append({"number": self.received, "received": got, "objects": count})

    def _check(self, row: Row) -> None:
        known = {one["Id"] for one in self.goods}
        for line in (row.get("Lines") or {}).get("Line", ()):
            if line["Goods"] not in known or line["Article"] in self.unloadable:
                raise Broken(f"Не удалось загрузить заказ {row['Id']}: номенклатура «{line['Article']}»")
