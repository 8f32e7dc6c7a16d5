"""Users at work while the hub runs: they edit, create, delete lines and telephone, each through a vendor's API; the journal keeps it all."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.judge import people
from sandbox.judge.fill import Vendors, add_people, add_purchases, born, new_order, new_receipt
from sandbox.judge.journal import DELETED, Journal, as_lines
from sandbox.judge.people import Person, Shares
from sandbox.judge.purchases import SKUS, STATUSES, Item, Purchase, delivered, talk

CUSTOMER = ("last_name", "first_name", "middle_name", "city", "street", "postcode", "comment", "birthday", "sex", "card", "store",
            "phone", "email")  # fmt: skip
ORDER = ("status", "comment", "address", "store", "contact_phone", "buyer", "lines", "lines")
EMPTIED = {"customer": ("middle_name", "city", "street", "postcode", "comment", "birthday"), "order": ("comment", "address")}
EMPTIES, DELETES = 0.08, 0.03  # how often an edit empties a field; how often it deletes the object
AGAIN = 0.35  # in a later round: how often the same field is typed once more, elsewhere


@dataclass(slots=True)
class Users:
    """Everybody who works in one round."""

    vendors: Vendors
    journal: Journal
    rng: random.Random
    round: int
    shares: Shares
    prices: Mapping[str, dict[str, Decimal]]
    deletes: bool = False  # a deletion is told by a webhook alone: where those get lost, only a long sweep sees it
    made: Mapping[tuple[str, str, str], list[str]] = field(default_factory=dict)  # (entity, who, system) -> ids of what the hub made

    def work(self, edits: int, calls: int, pause: float) -> None:
        """So many edits, one in eight of them a new object, and so many calls, mixed."""
        steps: list[Callable[[], None]] = [self.edit] * edits + [self.call] * (calls if "crm" in self.vendors else 0)
        self.rng.shuffle(steps)
        for step in steps:
            step()
            time.sleep(pause)

    def edit(self) -> None:
        """One edit by somebody somewhere."""
        drawn = self.rng.random()
        if self.deletes and self.rng.random() < DELETES and self.delete():
            return
        if drawn < 0.12:
            self.create()
        elif self.round > 1 and drawn < 0.12 + AGAIN and self.edit_again():
            return
        elif drawn <= 0.65 or not self.edit_order():
            self.edit_person()

    def create(self) -> None:
        """A new person, order or receipt."""
        if self.rng.random() < 0.4:
            self.create_person()
            return
        if self.rng.random() < 0.2 and "sklad" in self.vendors:
            made = new_receipt(self.rng, self.journal, self.prices, self.shares)
        else:
            made = delivered(self.rng, new_order(self.rng, self.journal, born(self.rng, self.vendors), self.prices, self.shares))
        add_purchases(self.vendors, self.journal, [made], self.round)

    def create_person(self, system: str = "") -> None:
        """Somebody new, in one system: nobody registers in two in one second."""
        one = people.person(self.rng, len(self.journal.people) + 1, list(self.vendors), self.shares)
        one.where = [system] if system else one.where[:1]
        if one.twin_in:
            people.twice_in(one, one.where[0])
        self.journal.people.append(one)
        add_people(self.vendors[one.where[0]], self.rng, self.journal, [one], one.where[0], self.round)

    def edit_person(self) -> None:
        there = [p for p in self.journal.people if self.known(p)]
        if not there:
            self.create_person()
            return
        one = self.rng.choice(there)
        if "no_email" in one.dirt and not one.email and self.rng.random() < 0.5:
            one.email = f"later{one.number}@example.ru"
            self.type_person(one, "sklad", "email", one.email)
        elif self.rng.random() < EMPTIES:
            self.type_person(one, self.rng.choice(self.known(one)), self.rng.choice(EMPTIED["customer"]), "")
        else:
            self.type_person(one, self.rng.choice(self.known(one)), self.rng.choice(CUSTOMER))

    def type_person(self, one: Person, system: str, field: str, value: str | None = None) -> None:
        """Type a value (a new one, without ``value``) into one of the person's objects there, a twin too."""
        if field == "phone" and "phone_impossible" in one.dirt:
            field = "comment"
        if field == "email" and not one.email:
            field = "comment"
        field = self.taken("customer", system, field)
        if field == "first_name" and {"twin", "family"} & set(one.dirt):
            field = "last_name"  # the first name is what tells one of them from the other
        if value is None:
            value = self.store(one, system) if field == "store" else self.value(field)
        ident = self.rng.choice(self.objects(one, system))
        gone = self.vendors[system].type_person(ident, field, value)
        for old in gone:
            self.journal.typed("customer", one.number, system, f"{field}_gone", old, self.round)
        self.journal.typed("customer", one.number, system, field, value, self.round, into=ident)

    def taken(self, entity: str, system: str, field: str) -> str:
        """The field, where people can type it in that system; else the comment, which each has."""
        takes = getattr(self.vendors[system], "takes", None)
        return field if takes is None or field in takes[entity] else "comment"

    def objects(self, one: Person, system: str) -> list[str]:
        """Ids of the person's objects in a system, also of the one that the hub made before this round."""
        there = one.homes.get(system) or self.made.get(("customer", str(one.number), system), [])
        return [i for i in there if not self.journal.is_deleted(system, i)]

    def known(self, one: Person) -> list[str]:
        """Systems in which somebody can find the person."""
        return [s for s in self.vendors if self.objects(one, s)]

    def store(self, one: Person | Purchase, system: str) -> str:
        """A store, now and then one that the configuration does not know, where people can type any."""
        if not hasattr(self.vendors[system], "takes") and "unknown_store" not in one.dirt and self.shares.hits(self.rng, "unknown"):
            one.dirt.append("unknown_store")
            return "unknown"
        return self.rng.choice(people.STORES)

    def value(self, field: str) -> str:
        rng = self.rng
        if field == "birthday":
            return f"{rng.randrange(1950, 2006)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
        if field == "postcode":
            return f"{rng.randrange(450000, 454000)}"
        if field == "sex":
            return rng.choice(["male", "female"])
        if field == "card":
            return f"28{rng.randrange(10**10, 10**11)}"
        if field == "email":
            return f"new{rng.randrange(10**6, 10**7)}@example.ru"
        if field == "phone":
            return f"937{rng.randrange(10**6, 10**7)}"
        base = {"last_name": people.LAST, "city": [c for _, c in people.CITIES], "street": people.STREETS, "first_name": people.MEN}.get(
            field, ["Отметка"]
        )
        return f"{rng.choice(base)} {rng.randrange(1, 10**6)}"

    def edit_order(self) -> bool:
        """One edit of an order; False where nobody can find any."""
        there = [x for x in self.journal.purchases if x.kind == "order" and self.copies(x)]
        if not there:
            return False
        one = self.rng.choice(there)
        held = self.copies(one)
        system = self.rng.choice(list(held))
        if self.rng.random() < EMPTIES:
            self.type_order(one, system, held[system], self.rng.choice(EMPTIED["order"]), "")
        else:
            self.type_order(one, system, held[system], self.rng.choice(ORDER))
        return True

    def copies(self, one: Purchase) -> dict[str, str]:
        """System -> id of the order there, where somebody can find it."""
        held = one.homes() | {s: ids[0] for s in self.vendors if (ids := self.made.get(("order", one.number, s)))}
        return {s: i for s, i in held.items() if not self.journal.is_deleted(s, i)}

    def type_order(self, one: Purchase, system: str, ident: str, field: str, value: Any = None) -> None:
        if value is not None:
            field = self.taken("order", system, field)
            self.vendors[system].type_order(ident, field, value)
            self.journal.typed("order", one.number, system, field, value, self.round, into=ident)
            return
        field = self.taken("order", system, field)
        if field == "status":
            value = self.status(one, system)
            if not value:
                field = "comment"
        if field in ("comment", "address"):
            value = f"{'Позвонить' if field == 'comment' else 'Ленина'} {self.rng.randrange(1, 10**6)}"
        if field == "store":
            value = self.store(one, system)
        if field == "contact_phone":
            value = self.value("phone")
        if field == "buyer":
            self.type_buyer(one, system, ident)
            return
        if field == "lines":
            lines = self.changed_lines(self.vendors[system].lines(ident), system)
            self.vendors[system].type_order(ident, field, lines)
            value = as_lines([item for _, item in lines])
        else:
            self.vendors[system].type_order(ident, field, value)
        self.journal.typed("order", one.number, system, field, value, self.round, into=ident)

    def type_buyer(self, one: Purchase, system: str, ident: str) -> None:
        """A manager says whose order it is: somebody whom that system knows, and no other system has twice."""
        there = [p for p in self.journal.staying() if self.objects(p, system) and "twin" not in p.dirt]
        if there and system != "retail":  # whose account keeps the customer that an order was made for
            chosen = self.rng.choice(there)
            self.vendors[system].type_order(ident, "buyer", self.objects(chosen, system)[0])
            self.journal.typed("order", one.number, system, "buyer", str(chosen.number), self.round, into=ident)

    def status(self, one: Purchase, system: str) -> str:
        """A status that the order never had: one that comes back again and again is a robot's, not a person's."""
        had = {e.value for e in self.journal.edits if e.entity == "order" and e.field == "status" and e.who == one.number}
        words = getattr(self.vendors[system], "statuses", STATUSES)
        if system != "site" and words is STATUSES and "unknown" not in had and self.shares.hits(self.rng, "unknown"):
            one.dirt.append("unknown_status")
            return "unknown"
        left = [s for s in STATUSES if s in words and s not in had]
        return self.rng.choice(left) if left else ""

    def changed_lines(self, lines: list[tuple[str, Item]], system: str) -> list[tuple[str, Item]]:
        """The lines after somebody changed a quantity, deleted one, or added one."""
        what = self.rng.choice(["quantity", "delete", "add"])
        if what == "delete" and len(lines) > 1:
            lines.remove(self.rng.choice(lines))
        elif what == "add" and len(lines) < 6:
            sku = self.rng.choice(SKUS)
            lines.append(("", Item(sku, self.rng.randrange(1, 4), self.prices[system][sku])))
        else:
            _, item = self.rng.choice(lines)
            item.quantity, item.discount = self.rng.choice([n for n in range(1, 7) if n != item.quantity]), Decimal(0)
        return lines

    def delete(self) -> bool:
        """Somebody deletes an order, or the card of a person who bought nothing, in one of the systems that hold it."""
        if self.rng.random() < 0.5:
            return self.delete_order()
        buyers = {x.buyer for x in self.journal.purchases} | {t.person for t in self.journal.talks}
        alone = [
            p
            for p in self.journal.staying()
            if p.number not in buyers and not p.dirt and len([s for s in self.known(p) if self.lets_delete(s)]) > 1
        ]
        if not alone:
            return False
        one = self.rng.choice(alone)
        system = self.rng.choice([s for s in self.known(one) if self.lets_delete(s)])
        self.delete_object("customer", str(one.number), system, self.objects(one, system)[0])
        return True

    def delete_order(self) -> bool:
        """An order that stands in two systems at least."""
        held = [(x, {s: i for s, i in self.copies(x).items() if self.lets_delete(s)}) for x in self.journal.purchases if x.kind == "order"]
        there = [(x, copies) for x, copies in held if len(copies) > 1]
        if not there:
            return False
        one, copies = self.rng.choice(there)
        system, ident = self.rng.choice(list(copies.items()))
        self.delete_object("order", one.number, system, ident)
        return True

    def delete_object(self, entity: str, who: str, system: str, ident: str) -> None:
        self.vendors[system].drop(entity, ident)
        self.journal.deleted(system, ident)
        if entity == "customer":
            self.journal.left.append(int(who))
        self.journal.typed(entity, who, system, DELETED, ident, self.round, into=ident)

    def lets_delete(self, system: str) -> bool:
        return bool(getattr(self.vendors[system], "deletes", True))

    def edit_again(self) -> bool:
        """A field of a person that was typed in an earlier round, typed anew in another system."""
        earlier = [e for e in self.journal.edits if 0 < e.round < self.round and e.entity == "customer" and e.field in CUSTOMER[:-2]]
        if not earlier:
            return False
        edit = self.rng.choice(earlier)
        one = self.journal.person(int(edit.who))
        others = [s for s in self.known(one) if s != edit.system]
        if not others:
            return False
        self.type_person(one, self.rng.choice(others), edit.field)
        return True

    def call(self) -> None:
        """A call with somebody whom the CRM knows ends in it; where it knows nobody, with somebody new."""
        if not self.callable():
            self.create_person("crm")
        there = self.callable()
        if not there:
            return
        one = self.rng.choice(there)
        made = talk(self.rng, f"exchange-{self.journal.seed}-{len(self.journal.talks) + 1}", one.number, one.phone, datetime.now(UTC))
        made.id = self.vendors["crm"].add_call(made, one.homes["crm"][0])
        self.journal.talks.append(made)

    def callable(self) -> list[Person]:
        """People of the CRM whose phone is one and their own."""
        return [p for p in self.journal.staying() if p.homes.get("crm") and not {"family", "phone_impossible"} & set(p.dirt)]
