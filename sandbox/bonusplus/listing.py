"""Lists by filter: customers and movements of points. Rows are counted from 1, a thousand at most in an answer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .customers import shown
from .purse import KINDS, Movement
from .state import Account, Customer
from .wire import phone_of, stamp, within, wrong

Json = Any
Row = dict[str, Any]
MOST = 1000


def page(rows: list[Any], body: Row) -> list[Any]:
    """Raises ApiError for more rows than the vendor gives."""
    start, count = body.get("startRow") or 1, body.get("rowCount") or MOST
    if not isinstance(start, int) or not isinstance(count, int) or not 1 <= count <= MOST:
        raise wrong("rowCount")
    return rows[max(0, start - 1) :][:count]


def customers(account: Account, body: Row) -> list[Row]:
    """``POST /customer/list``: the newest first, so that rows move while somebody pages. Filters that are not known here count as none."""
    tests: dict[str, Callable[[Customer, Json], bool]] = {
        "creationDate": lambda one, asked: within(one.created, asked, "creationDate"),
        "lastUpdateDate": lambda one, asked: within(one.updated, asked, "lastUpdateDate"),
        "phone": lambda one, asked: one.phone in {phone_of(phone) for phone in asked},
        "cardNumber": lambda one, asked: one.card in {str(card) for card in asked},
        "personsList": lambda one, asked: one.number in asked,
        "email": lambda one, asked: str(one.person.get("email") or "").lower() in {str(email).lower() for email in asked},
        "bonusAmount": lambda one, asked: _between(one.purse.available(account.now()), asked),
    }
    chosen = [(test, body[name]) for name, test in tests.items() if body.get(name)]
    found = [one for one in account.by_number.values() if one.id in account.by_id and all(test(one, asked) for test, asked in chosen)]
    return [shown(account, one) for one in page(sorted(found, key=lambda one: -one.number), body)]


def _between(value: Decimal, asked: Row) -> bool:
    low, high = asked.get("from"), asked.get("to")
    return (low is None or value >= low) and (high is None or value <= high)


def movements(account: Account, body: Row) -> Row:
    """``POST /retail/bonusActivities``. ``sort`` -1: the newest first."""
    for one in account.customers.values():
        one.purse.burn(account.now())
    tests: dict[str, Callable[[Movement, Json], bool]] = {
        "phone": lambda m, asked: m.phone == phone_of(asked),
        "PersonsId": lambda m, asked: m.person in asked,
        "cardNumber": lambda m, asked: m.person == _of_card(account, asked),
        "transactionType": lambda m, asked: KINDS[m.kind] == asked,
        "creationDate": lambda m, asked: within(m.at, asked, "creationDate"),
        "validUntil": lambda m, asked: m.valid_until is not None and within(m.valid_until, asked, "validUntil"),
    }
    chosen = [(test, body[name]) for name, test in tests.items() if body.get(name) is not None and body[name] != []]
    found = [m for m in account.ledger if all(test(m, asked) for test, asked in chosen)]
    if body.get("sort") == -1:
        found.reverse()
    return {"bonusActivities": [activity(m) for m in page(found, body)], "total": len(found)}


def _of_card(account: Account, card: Json) -> int | None:
    found = account.by_card.get(str(card))
    return found.number if found else None


def activity(m: Movement) -> Row:
    """A movement as the vendor shows it: the person by a number that no customer bears."""
    return {"id": m.id, "personId": m.person, "purchaseId": m.purchase, "amount": m.amount, "transactionType": KINDS[m.kind],
            "receiptDate": stamp(m.receipt), "validUntil": stamp(m.valid_until), "description": m.description}  # fmt: skip
