"""What a webhook may be (moysklad docs: webhooks, errors 30000 to 30010)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from .state import TYPES
from .wire import ApiError

ACTIONS = ("CREATE", "UPDATE", "DELETE", "PROCESSED")
DIFFS = ("NONE", "FIELDS")
UNHEARD = frozenset({"webhook", "discount", "notes"})  # kinds that never announce anything
OTHERS = frozenset(
    ["async", "bonustransaction", "bundle", "cashin", "cashout", "contract", "demand", "expenseitem", "group", "invoicein", "invoiceout", "loss",
     "move", "paymentin", "paymentout", "prepayment", "prepaymentreturn", "productfolder", "project", "purchaseorder", "purchasereturn",
     "retaildrawercashin", "retaildrawercashout", "retailsalesreturn", "salesreturn", "supply", "task", "uom", "variant"]
)  # fmt: skip
SAME_EVENT = 5  # addresses for one kind and action


def check(hook: dict[str, Any], others: Iterable[dict[str, Any]]) -> None:
    """Fill the defaults of ``hook`` in. Raises ApiError for one that the vendor would refuse."""
    kind, action, url = hook["entityType"], hook["action"], str(hook["url"])
    hook.setdefault("enabled", True)
    hook.setdefault("method", "POST")
    if kind in UNHEARD or kind not in {*TYPES, *OTHERS}:
        raise _refused(30000, f"Неподдерживаемый тип сущности '{kind}'", "entityType")
    if hook["method"] != "POST":
        raise _refused(30001, "Неподдерживаемый метод", "method")
    if action not in ACTIONS or (action == "PROCESSED") != (kind == "async"):
        raise _refused(30002, f"Неподдерживаемое действие '{action}'", "action")
    if hook.setdefault("diffType", "NONE") not in DIFFS or (hook["diffType"] == "FIELDS" and action != "UPDATE"):
        raise _refused(30009, "Неверное сочетание action и diffType", "diffType")
    if len(url) > 255:
        raise _refused(30010, "Превышена длина url", "url")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise _refused(30005, "Некорректный url", "url")
    alike = [o for o in others if (o["entityType"], o["action"]) == (kind, action) and o["id"] != hook.get("id")]
    if any(o["url"] == url for o in alike):
        raise _refused(30003, "Вебхук с такими параметрами уже существует", "url")
    if len(alike) >= SAME_EVENT:
        raise _refused(30007, "Превышено количество вебхуков одного события", "url")


def _refused(code: int, text: str, field: str) -> ApiError:
    return ApiError(412, code, text, field)
