"""The dirt of a living shop around a flow: people of other days, typed in as people do. A flow knows none of them, and goes by them untouched."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.judge.flows.desks import CONTACT
from sandbox.judge.people import IMPOSSIBLE, LAST, MEN, SPELLINGS, WOMEN, Shares

FIRST = 8_880_001  # the last seven digits of the first stranger's phone: no flow's people have such ones


def plant(desks: Mapping[str, Any], rng: random.Random, size: int, shares: Shares) -> int:
    """Type them into the systems that keep people; ``size``: of the flow, ``shares``: of each kind of dirt. Returns how many objects were made."""
    into = [(desk, TYPED[desk.vendor]) for desk in desks.values() if desk.vendor in TYPED]
    made = 0
    for first, last, phone in _people(rng, size, shares) if into else ():
        desk, typed = rng.choice(into)
        typed(desk, first, last, phone, made)
        made += 1
    return made


def _people(rng: random.Random, size: int, shares: Shares) -> Iterator[tuple[str, str, str]]:
    """(first name, last name, phone as it was typed): of phones that are none, of no phone, of the same person twice, of a family's one phone."""
    for number in range(size):
        first, last, phone = rng.choice(WOMEN), rng.choice(LAST), f"9{rng.randrange(10, 99)}{FIRST + number:07d}"
        if shares.hits(rng, "bad_phone"):
            yield first, last, rng.choice(IMPOSSIBLE)
        if shares.hits(rng, "no_customer"):
            yield first, "", ""
        if shares.hits(rng, "twin"):
            yield from ((first, last, spelling.format(phone)) for spelling in rng.sample(SPELLINGS, 2))
        elif shares.hits(rng, "family"):
            yield from ((one, last, rng.choice(SPELLINGS).format(phone)) for one in (first, rng.choice(MEN)))


def _counterparty(desk: Any, first: str, last: str, phone: str, number: int) -> None:
    name = f"{last} {first}".strip()
    body = {"name": name, "companyType": "individual", "legalFirstName": first, "legalLastName": last, "phone": phone}
    desk.api("POST", "counterparty", body)


def _contact(desk: Any, first: str, last: str, phone: str, number: int) -> None:
    fm = [{"typeId": "PHONE", "valueType": "MOBILE", "value": phone}] if phone else []
    desk.api("POST", "crm.item.add", {"entityTypeId": CONTACT, "fields": {"name": first, "lastName": last, "fm": fm}})


def _account(desk: Any, first: str, last: str, phone: str, number: int) -> None:
    body = {"email": f"stranger{number}@example.ru", "first_name": first, "last_name": last, "billing": {"phone": phone}}
    desk.api("POST", "customers", body)


TYPED: Mapping[str, Callable[[Any, str, str, str, int], None]] = {
    "moysklad": _counterparty,
    "bitrix24": _contact,
    "woocommerce": _account,
}
