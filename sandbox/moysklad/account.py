"""What the account's owner has settled outside of its objects: the tariff, and the rights of the hub's employee (moysklad docs: subscription,
context/employee)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .wire import ApiError

Json = Any
WRITES = ("POST", "PUT", "DELETE")
SECTIONS = {"counterparty": "company", "customerorder": "customerOrder", "retaildemand": "retailDemand"}  # kind -> what rights call it
ENDS = 1_900_000_000_000  # milliseconds: the end of a paid tariff


@dataclass(slots=True)
class Account:
    """``hidden`` and ``readonly``: kinds that the hub's employee may not see, or see and not write."""

    free: bool = False
    hidden: frozenset[str] = frozenset()
    readonly: frozenset[str] = frozenset()

    def allow(self, kind: str, method: str, robot: bool) -> None:
        """Raises ApiError where the tariff or the caller's rights forbid a request."""
        if kind in self.hidden and robot:
            raise ApiError(403, 1016, "Нет прав на просмотр данного объекта")
        if kind in self.readonly and robot and method in WRITES:
            new = method == "POST"
            raise ApiError(403, 1045 if new else 1017, f"Нет прав на {'создание' if new else 'изменение'} данного объекта")
        if kind == "webhook" and self.free and method in ("POST", "PUT"):
            raise ApiError(403, 30006, "Использование вебхуков недоступно на вашем тарифе")

    def permissions(self) -> Json:
        """The rights of the hub's employee, section by section."""

        def may(kind: str, write: bool) -> str:
            return "NO" if kind in self.hidden or (write and kind in self.readonly) else "ALL"

        return {name: {"view": may(kind, False), "create": may(kind, True), "update": may(kind, True), "delete": may(kind, True)}
                for kind, name in SECTIONS.items()}  # fmt: skip

    def subscription(self) -> Json:
        paid = {} if self.free else {"subscriptionEndDate": ENDS}
        return {"role": "admin", "tariff": "RETAIL" if self.free else "CORPORATE", "isSubscriptionChangeAvailable": True, **paid}

    def set(self, what: str, body: Json) -> None:
        """tariff {free}, rights {hidden, readonly}."""
        if what == "tariff":
            self.free = bool(body["free"])
        else:
            self.hidden, self.readonly = frozenset(body.get("hidden", ())), frozenset(body.get("readonly", ()))
