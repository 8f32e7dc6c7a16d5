"""Between what BonusPlus shows and what it takes: POST, PATCH and PUT each have spellings of their own. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.bonusplus.manifest import CREATED_FOR
from connectors.contract import Write
from connectors.errors import Rejected

Json = Any
EAN = re.compile(r"\d{8}|\d{13}")
PATCHED = frozenset({"ln", "fn", "mn", "email", "desc", "address", "birthDay"})  # of a person; the rest only PUT writes
PUT_NAMES = {"disablePromo": "disablePromoSMS"}


@dataclass(frozen=True, slots=True)
class Welcome:
    """``points``: what a registration is given; None: what the cabinet says. ``start``: seconds since the epoch; who was known before is given
    nothing. None: nobody is."""

    points: Decimal | None = None
    start: float | None = None

    def greets(self, write: Write) -> bool:
        """Whether a create is a registration of somebody new, to be greeted with points and a message."""
        return not write.quiet and self.start is not None and write.since >= self.start


def digits(phone: Json) -> str:
    """A phone as paths and queries have it."""
    return re.sub(r"\D", "", str(phone or ""))


def shown(row: dict[str, Json]) -> dict[str, Json]:
    """A customer with what burns next in one place."""
    amount, when = row.get("nearestBonusesExpirationAmount"), row.get("nearestBonusesExpirationDate")
    row["next_burn"] = {"amount": amount, "date": when} if amount and when else None
    return row


def created(write: Write, welcome: Welcome) -> dict[str, Json]:
    """The body of POST. Quietly, and for whom the hub has known for long, without points and without a message."""
    data = write.data
    body = {"phone": digits(data.get("phone"))} | {k: v for k, v in _person(data).items() if v not in (None, "")}
    if data.get("discountCardNumber"):
        body["ean"] = str(data["discountCardNumber"])
    greeted = welcome.greets(write)
    body |= {"creditBonuses": greeted and welcome.points != 0, "noRegNotification": not greeted}
    if greeted and welcome.points:
        body["regBonus"] = float(welcome.points)
    return body


def patched(write: Write, held: Mapping[str, Json]) -> dict[str, Json]:
    """The body of PATCH: what is not named stays. Raises Rejected for a card whose zeros would be lost."""
    data = write.data
    body = {"birthday" if name == "birthDay" else name: value for name, value in _person(data).items()}
    if "phone" in data and digits(data["phone"]) != digits(held.get("phone")):
        body["newPhone"] = digits(data["phone"])
    if "discountCardNumber" in data and str(data["discountCardNumber"]) != str(held.get("discountCardNumber") or ""):
        body["cardNumber"] = card_as_number(data["discountCardNumber"])
    return body


def replaced(write: Write, held: Mapping[str, Json]) -> dict[str, Json]:
    """The body of PUT, which erases what it does not name: the customer as just read, with what is written. Raises Rejected."""
    data = {**held, **write.data, "person": {**(held.get("person") or {}), **(write.data.get("person") or {})}}
    body = {PUT_NAMES.get(name, name): value for name, value in _person(data).items() if value not in (None, "")}
    body |= {"newPhone": digits(data["phone"]), "newCardNumber": card_as_number(data["discountCardNumber"])}
    named = {"newCard": data.get("discountCardName"), "parentphone": data.get("parentphone")}
    return body | {name: value for name, value in named.items() if value}


def whole(write: Write) -> bool:
    """Whether an update names a field that PATCH does not have."""
    return not (write.data.get("person") or {}).keys() <= PATCHED


def card_as_number(number: Json) -> int:
    """Updates take a number where answers show text. Raises Rejected for one that would come back as another."""
    text = str(number or "")
    if not EAN.fullmatch(text) or text.startswith("0"):
        raise Rejected("an update takes no such card number: zeros in front would be lost", code="card", field="discountCardNumber")
    return int(text)


def found_for(write: Write, row: dict[str, Json]) -> dict[str, Json]:
    """A customer that a create without an answer may have made, marked with that create's hub key where phone and first name are its own:
    somebody else may have been registered under the card or the phone meanwhile."""
    wanted, there = write.data.get("person") or {}, row.get("person") or {}
    names = [str(person.get("fn") or "").strip().casefold() for person in (wanted, there)]
    same = digits(row.get("phone")) == digits(write.data.get("phone")) and (not all(names) or names[0] == names[1])
    return row | ({CREATED_FOR: write.key} if same else {})


def _person(data: Mapping[str, Json]) -> dict[str, Json]:
    """The fields of a person as requests name them; what was emptied is empty text."""
    body = {name: "" if value is None else value for name, value in (data.get("person") or {}).items()}
    if body.get("birthDay"):
        body["birthDay"] = date.fromisoformat(str(body["birthDay"])[:10]).strftime("%d.%m.%Y")
    return body
