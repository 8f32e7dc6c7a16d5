"""F7: who left a cart on the site is called about it once a day, unless she ordered, bought, or never said yes to calls."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.judge.flows.flow import Flow
from sandbox.judge.people import LAST, WOMEN
from sandbox.judge.views import numbers

Json = Any
YES = [{"key": "consents", "value": [{"purpose": "marketing", "channel": "call", "value": True, "source": "site"}]}]
CARTS = ("checkout-draft", "pending")


class AbandonedCart(Flow):
    """``told``: {"people": {phone: {"account", "consent", "carts": [order], "ended": time or None}}, "rounds": [time]}."""

    def before(self) -> None:
        self.told |= {"people": {}, "rounds": []}
        for number in range(self.size):
            phone, consent = f"9{self.rng.randrange(10, 99)}{7_890_001 + number:07d}", self.rng.random() < 0.7
            body = {
                "email": f"cart{number}@example.ru",
                "first_name": self.rng.choice(WOMEN),
                "last_name": self.rng.choice(LAST),
                "billing": {"phone": f"+7{phone}"},
                "meta_data": YES if consent else [],
            }
            made = self.desks["site"].api("POST", "customers", body)
            self.told["people"][phone] = {"account": made["id"], "consent": consent, "carts": [], "ended": None}

    def work(self) -> None:
        """Some who left carts pay, or buy at a till; sellers work at some of their tasks; then more carts are left, by some a second one."""
        self.told["rounds"].append(time.time())
        people = self.told["people"]
        for phone, one in people.items():
            if one["carts"] and not one["ended"] and self.rng.random() < 0.3:
                (self._pays if self.rng.random() < 0.6 else self._buys)(phone, one)
        for task in self.desks["crm"].planned(COMPLETED="N"):
            if self.rng.random() < 0.4:
                fields = {"COMPLETED": "Y", "DESCRIPTION": f"{task['DESCRIPTION'].rstrip()} поговорили"}
                self.desks["crm"].api("POST", "crm.activity.update", {"id": int(task["ID"]), "fields": fields})
        for phone in self.rng.sample(sorted(people), max(1, self.size // 2)):
            if not people[phone]["ended"]:
                self._leaves(phone, people[phone])

    def _leaves(self, phone: str, one: Json) -> None:
        body = {"customer_id": one["account"], "status": self.rng.choice(CARTS), "line_items": [{"sku": "SV-007", "quantity": 2}]}
        one["carts"].append(self.desks["site"].api("POST", "orders", body | {"billing": {"phone": f"8{phone}"}})["id"])

    def _pays(self, phone: str, one: Json) -> None:
        """All that she left: a cart beside the one that she paid would still be a cart."""
        for ident in one["carts"]:
            self.desks["site"].api("PUT", f"orders/{ident}", {"status": "processing", "set_paid": True})
        one["ended"] = time.time()

    def _buys(self, phone: str, one: Json) -> None:
        if self.desks["sklad"].ring_up(phone):
            one["ended"] = time.time()

    @property
    def ran(self) -> int:
        return len(self.desks["crm"].planned())

    def violations(self) -> list[str]:
        tasks: dict[str, list[Json]] = {}
        for row in self.desks["crm"].planned():
            for phone in numbers(row["COMMUNICATIONS"][0]["VALUE"]):
                tasks.setdefault(phone, []).append(row)
        found = [f"{phone}: {text}" for phone, one in self.told["people"].items() for text in self._wrong(one, tasks.get(phone, ()))]
        return found + [f"{phone}: a task for nobody" for phone in tasks if phone not in self.told["people"]]

    def _wrong(self, one: Json, mine: Sequence[Json]) -> list[str]:
        opened = [row for row in mine if row["COMPLETED"] == "N"]
        days = {row["CREATED"][:10] for row in mine}
        wrong = [f"{len(mine)} tasks in {len(days)} days"] if len(mine) > len(days) else []
        if mine and not (one["consent"] and one["carts"]):
            wrong.append("a task without a yes or a cart")
        if one["consent"] and one["carts"] and not one["ended"] and not mine:
            wrong.append("no task, though she left a cart")
        if one["ended"]:
            later = [at for at in self.told["rounds"] if at > one["ended"]]
            wrong += ["an open task, though she bought"] if opened else []
            wrong += [f"a task of {row['CREATED']} after she bought" for row in mine if later and _seconds(row["CREATED"]) > later[0]]
        return wrong


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
