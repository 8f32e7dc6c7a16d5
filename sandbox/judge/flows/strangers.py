"""The dirt of a living shop around a flow: people of other days, typed in as people do. A flow knows none of them, and goes by them untouched."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.judge.flows.desks import CONTACT
from sandbox.judge.people import IMPOSSIBLE, LAST, MEN, SPELLINGS, WOMEN, Shares

Json = Any
FIRST = 8_880_001  # the last seven digits of the first stranger's phone: no flow's people have such ones


FAMILY = "family"


def plant(desks: Mapping[str, Any], rng: random.Random, size: int, shares: Shares) -> list[tuple[str, str, str]]:
    """Type them into the systems that keep people; ``size``: of the flow, ``shares``: of each kind of dirt. Returns of each object its kind of
    dirt, the system and the id."""
    into = [(name, desk, TYPED[desk.vendor]) for name, desk in desks.items() if desk.vendor in TYPED]
    made: list[tuple[str, str, str]] = []
    for kind, first, last, phone in _people(rng, size, shares) if into else ():
        name, desk, typed = rng.choice(into)
        made.append((kind, name, typed(desk, first, last, phone, len(made))))
    return made


def explained(letter: Mapping[str, Json], planted: Iterable[Sequence[str]]) -> bool:
    """Whether a dead letter is owed to the dirt: a system that knows each phone once holds one of a family, and a person decides about the others."""
    of_a_family = {(system, ident) for kind, system, ident in planted if kind == FAMILY}
    objects = [(system, str(ident)) for system, ids in letter["objects"].items() for ident in ids]
    return letter["error_code"] == "exists" and letter["entity"] == "customer" and any(one in of_a_family for one in objects)


def _people(rng: random.Random, size: int, shares: Shares) -> Iterator[tuple[str, str, str, str]]:
    """(kind of dirt, first name, last name, phone as it was typed)."""
    for number in range(size):
        first, last, phone = rng.choice(WOMEN), rng.choice(LAST), f"9{rng.randrange(10, 99)}{FIRST + number:07d}"
        if shares.hits(rng, "bad_phone"):
            yield "phone_impossible", first, last, rng.choice(IMPOSSIBLE)
        if shares.hits(rng, "no_customer"):
            yield "no_phone", first, "", ""
        if shares.hits(rng, "twin"):
            yield from (("twin", first, last, spelling.format(phone)) for spelling in rng.sample(SPELLINGS, 2))
        elif shares.hits(rng, "family"):
            yield from ((FAMILY, one, last, rng.choice(SPELLINGS).format(phone)) for one in (first, rng.choice(MEN)))


def _counterparty(desk: Any, first: str, last: str, phone: str, number: int) -> str:
    name = f"{last} {first}".strip()
    body = {"name": name, "companyType": "individual", "legalFirstName": first, "legalLastName": last, "phone": phone}
    return str(desk.api("POST", "counterparty", body)["id"])


def _contact(desk: Any, first: str, last: str, phone: str, number: int) -> str:
    fm = [{"typeId": "PHONE", "valueType": "MOBILE", "value": phone}] if phone else []
    body = {"entityTypeId": CONTACT, "fields": {"name": first, "lastName": last, "fm": fm}}
    return str(desk.api("POST", "crm.item.add", body)["result"]["item"]["id"])


def _account(desk: Any, first: str, last: str, phone: str, number: int) -> str:
    body = {"email": f"stranger{number}@example.ru", "first_name": first, "last_name": last, "billing": {"phone": phone}}
    return str(desk.api("POST", "customers", body)["id"])


TYPED: Mapping[str, Callable[[Any, str, str, str, int], str]] = {
    "moysklad": _counterparty,
    "bitrix24": _contact,
    "woocommerce": _account,
}
