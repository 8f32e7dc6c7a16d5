"""F1: a client registers on the site or at a till, is known everywhere once, with one card and one welcome for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sandbox.judge.flows.desks import CONTACT
from sandbox.judge.flows.flow import Flow
from sandbox.judge.people import LAST, MEN, SPELLINGS
from sandbox.judge.views import numbers

Json = Any
WELCOME = "Credit_Registration"
WAYS = (
    "site",
    "site",
    "site",
    "known",
    "till",
    "both",
)  # how people come: known to a till before the hub, or to the programme alone, or two ways at once


class Registration(Flow):
    """People of one phone each. ``told``: {"people": [{"phone", "first", "last", "way", "account"}]}."""

    def before(self) -> None:
        self.told["people"] = []
        for number in range(self.size):
            way = self.rng.choice(WAYS)
            person = {
                "phone": f"9{self.rng.randrange(10, 99)}{1_230_001 + number:07d}",
                "first": self.rng.choice(MEN),
                "last": self.rng.choice(LAST),
                "way": way,
            }
            self.told["people"].append(person | {"email": f"client{number}@example.ru", "account": 0, "came": way == "known"})
            if way == "known":
                self._typed_at_the_till(person)

    def work(self) -> None:
        """A half of those who have not come yet; of those who did, some change their names, and some their phones."""
        waiting = [one for one in self.told["people"] if not one["came"] or (one["way"] == "known" and not one["account"])]
        for one in waiting[: max(1, self.size // 2)]:
            one["came"] = True
            if one["way"] in ("till", "both"):
                self.desks["loyalty"].api("POST", "customer", {"phone": f"7{one['phone']}", "fn": one["first"], "ln": one["last"]})
            if one["way"] != "till":
                one["account"] = self._registers(one)
        for one in self.told["people"]:
            if one["account"] and one not in waiting and self.rng.random() < 0.2:
                one["first"] = self.rng.choice(MEN)
                self.desks["site"].api("PUT", f"customers/{one['account']}", {"first_name": one["first"]})

    def _typed_at_the_till(self, one: Json) -> None:
        body = {
            "name": f"{one['last']} {one['first']}",
            "companyType": "individual",
            "legalFirstName": one["first"],
            "legalLastName": one["last"],
            "phone": self._spelt(one["phone"]),
        }
        self.desks["sklad"].api("POST", "counterparty", body)

    def _registers(self, one: Json) -> int:
        billing = {"phone": self._spelt(one["phone"])}
        body = {"email": one["email"], "first_name": one["first"], "last_name": one["last"], "billing": billing}
        return int(self.desks["site"].api("POST", "customers", body)["id"])

    def _spelt(self, phone: str) -> str:
        return self.rng.choice(SPELLINGS).format(phone)

    @property
    def ran(self) -> int:
        return sum(one["came"] for one in self.told["people"])

    def violations(self) -> list[str]:
        books = self.desks["loyalty"].shows("ledger")
        welcomes = Counter(row["phone"] for row in books["movements"] if row["kind"] == WELCOME)
        held = self._by_phone(self.desks["loyalty"].api("POST", "customer/list", {}), "phone")
        contacts = self._by_phone(self.desks["crm"].items(CONTACT), "fm")
        cards = self._by_phone(self.desks["sklad"].rows("counterparty"), "phone")
        accounts = {row["id"]: row for row in self.desks["site"].pages("customers", role="all")}
        found: list[str] = []
        for one in self.told["people"]:
            if one["came"]:
                mine = (held.get(one["phone"], []), contacts.get(one["phone"], []), cards.get(one["phone"], []))
                found += [
                    f"{one['phone']} ({one['way']}): {wrong}" for wrong in self._wrong(one, *mine, accounts, welcomes[f"7{one['phone']}"])
                ]
        return found

    def _wrong(
        self, one: Json, held: Sequence[Json], contacts: Sequence[Json], cards: Sequence[Json], accounts: Json, welcomes: int
    ) -> list[str]:
        for where, rows in (("the programme", held), ("the CRM", contacts), ("the till", cards)):
            if len(rows) != 1:
                return [f"{len(rows)} of them in {where}"]
        (member,), (contact,), (person,) = held, contacts, cards
        wanted = {
            "card": member["discountCardNumber"],
            "kind": member["discountCardName"],
            "points": Decimal(str(member["availableBonuses"])),
        }
        shown = {"card": contact["UF_CRM_CARD"], "kind": contact["UF_CRM_CARD_TYPE"], "points": Decimal(str(contact["UF_CRM_BONUS"] or 0))}
        wrong = [f"{name} in the CRM is {shown[name]}, in the programme {wanted[name]}" for name in wanted if shown[name] != wanted[name]]
        if person.get("discountCardNumber") != wanted["card"]:
            wrong.append(f"the card at the till is {person.get('discountCardNumber')}, in the programme {wanted['card']}")
        if one["account"]:
            meta = {row["key"]: row["value"] for row in accounts[one["account"]]["meta_data"]}
            told = {"card": meta.get("card"), "kind": meta.get("card_type"), "points": Decimal(str(meta.get("points_active") or 0))}
            wrong += [
                f"{name} on the site is {told[name]}, in the programme {wanted[name]}" for name in wanted if told[name] != wanted[name]
            ]
            if (contact["name"], member["person"]["fn"]) != (one["first"], one["first"]):
                wrong.append(f"called {one['first']} on the site, {contact['name']} in the CRM, {member['person']['fn']} in the programme")
        owed = 0 if one["way"] == "known" else 1
        return wrong + ([f"welcomed {welcomes} times instead of {owed}"] if welcomes != owed else [])

    @staticmethod
    def _by_phone(rows: Sequence[Json], field: str) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = {}
        for row in rows:
            told = row.get(field) if isinstance(row.get(field), (str, type(None))) else " / ".join(one["value"] for one in row[field])
            for phone in numbers(told):
                found.setdefault(phone, []).append(row)
        return found
