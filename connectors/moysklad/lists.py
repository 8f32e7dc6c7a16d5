"""Short lists of an account, by name: states, stores, employees, organisations, sales channels, kinds of payment, additional fields."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from connectors.contract import DirectoryValue
from connectors.errors import ConnectorError, Rejected
from connectors.moysklad.api import Api

Json = Any
LASTS = 600.0  # seconds that a list is believed
AGAIN = 20.0  # seconds before a list is read again for a name that it lacks
BOTH = "archived=true;archived=false"
DIRECTORIES = {"store": "store", "organisation": "organization", "employee": "employee", "channel": "saleschannel"}
STATED = ("customerorder", "retaildemand")  # documents whose states are those of orders
PAYMENTS = {  # sums of a receipt, with the words of the vendor's own form
    "cashSum": "Наличные", "noCashSum": "Банковская карта", "qrSum": "Оплата по QR-коду", "advancePaymentSum": "Зачёт аванса",
    "prepaymentCashSum": "Предоплата наличными", "prepaymentNoCashSum": "Предоплата картой", "prepaymentQrSum": "Предоплата по QR-коду",
}  # fmt: skip


class Lists:
    """Rows of short lists, read once and again when they are old or a name is not known."""

    def __init__(self, api: Api, clock: Callable[[], float] = time.monotonic) -> None:
        self.api, self.clock = api, clock
        self._lists: dict[str, tuple[float, list[Json]]] = {}
        self._self: str | None = None
        self._nameless: dict[str, float] = {}  # reference -> when its list was read and did not have it

    def rows(self, path: str, older: float = LASTS) -> list[Json]:
        """Rows of ``entity/store``, ``entity/customerorder/metadata/attributes`` or ``.../metadata`` (its states); never older than asked."""
        kept = self._lists.get(path)
        if kept is None or self.clock() - kept[0] > older:
            kept = self._lists[path] = (self.clock(), self._read(path))
        return kept[1]

    def _read(self, path: str) -> list[Json]:
        if path.endswith("/metadata"):
            return list(self.api.get(path).get("states") or ())
        if path.startswith("context/"):
            return list(self.api.get(path))  # price types: a bare array, unlike every other list
        params = {} if "/metadata/" in path else {"limit": 1000, "filter": BOTH}
        return list(self.api.get(path, params)["rows"])

    def by_name(self, path: str, name: Json, field: str) -> Json:
        """The row called ``name``. Raises Rejected where there is none."""
        for older in (LASTS, AGAIN):
            for row in self.rows(path, older):
                if str(row.get("name", "")) == str(name):
                    return row
        raise Rejected(f"there is no {field} named {name!r}", code="name", field=field, ru=f"в МоёмСкладе нет значения «{name}» ({field})")

    def name_of(self, path: str, href: str) -> str:
        """The name of the row that a reference points to; its id where the list has no such row: what cannot be named is not empty. A list
        that lacks it is read anew at once, since somebody has just added that row; one that lacked it even so is left alone for a while."""
        tries = (LASTS,) if self.clock() - self._nameless.get(href, -AGAIN) < AGAIN else (LASTS, 0.0)
        for older in tries:
            for row in self.rows(path, older):
                if row["meta"]["href"] == href:
                    return str(row.get("name", ""))
        if len(tries) > 1:
            self._nameless[href] = self.clock()
        return href.rstrip("/").rsplit("/", 1)[-1]

    def itself(self) -> str:
        """Id of the integration's own employee; empty for a solution's token, which has none."""
        if self._self is None:
            try:
                self._self = str(self.api.get("context/employee").get("id", ""))
            except Rejected:
                self._self = ""
        return self._self

    def directory(self, name: str) -> list[DirectoryValue]:
        """Values by name: objects are shown with names beside their references. Lists that the account does not have are empty."""
        if name == "order_status":
            states = [row["name"] for kind in STATED for row in self.rows(f"entity/{kind}/metadata", 0.0)]
            return [DirectoryValue(state, state) for state in dict.fromkeys(states)]
        if name == "payment_kind":
            return [DirectoryValue(kind, title) for kind, title in PAYMENTS.items()]
        if name == "price_type":
            return [DirectoryValue(str(row["name"]), str(row["name"])) for row in self.rows("context/companysettings/pricetype", 0.0)]
        if name in DIRECTORIES:
            return [_value(row) for row in self.rows(f"entity/{DIRECTORIES[name]}", 0.0)]
        return []

    def known(self, path: str) -> bool:
        """Whether the list can be read: an account may lack the right or the tariff for it."""
        try:
            self.rows(path)
        except ConnectorError:
            return False
        return True


def _value(row: Mapping[str, Json]) -> DirectoryValue:
    """A row of a list; of employees also by what they are told elsewhere (moysklad docs: employee, email and phone)."""
    contacts = {key: (str(row[field]),) for key, field in (("emails", "email"), ("phones", "phone")) if row.get(field)}
    return DirectoryValue(str(row["name"]), str(row["name"]), not row.get("archived"), **contacts)
