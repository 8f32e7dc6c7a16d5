"""Customers: POST, PUT and PATCH, each with spellings of its own. PUT erases what it does not name."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from .purse import CREDITED, DEBITED, ZERO
from .state import CARDS, Account, CardType, Customer
from .wire import MOSCOW, ApiError, money_of, phone_of, stamp, wrong

Json = Any
Row = dict[str, Any]
EAN = re.compile(r"\d{8}|\d{13}")
PERSON = ("ln", "fn", "mn", "sex", "email", "desc", "address", "profileInstagram", "profileVkontakte", "profileOdnoklassniki", "relatives",
          "significantDates", "storeId", "cashierId", "registrationSourceId")  # fmt: skip
PATCHED = ("ln", "fn", "mn", "email", "desc", "address")


def create(account: Account, body: Row) -> Customer:
    """Register. The points of the welcome come with it, and a message to the customer, unless told otherwise. Raises ApiError."""
    phone = phone_of(body.get("phone"))
    if phone in account.customers:
        raise ApiError("CUSTOMER_ALREADY_EXISTS", "Клиент с таким номером телефона уже существует")
    card = _free_card(account, body["ean"]) if body.get("ean") else account.new_card()
    kind = _card_type(body["card"]) if body.get("card") else CARDS[0]
    welcome = money_of(body, "regBonus", account.programme.welcome)
    person = {name: body[name] for name in PERSON if body.get(name) not in (None, "")}
    person |= {"birthDay": _birthday(body["birthDay"])} if body.get("birthDay") else {}
    person |= {"disablePromo": bool(body["disablePromo"])} if "disablePromo" in body else {}
    parent = phone_of(body["parentphone"]) if body.get("parentphone") else ""
    one = account.new_customer(phone, card, kind)
    one.person, one.parent = person, parent
    if body.get("creditBonuses", True) and welcome:
        one.purse.credit(welcome, "Credit_Registration", account.now())
        account.effects["points: welcome"] += 1
    if not body.get("noRegNotification"):
        account.effects["sms: registration"] += 1
    return one


def replace(account: Account, one: Customer, body: Row) -> None:
    """PUT: what is not named is erased; phone, card and status stay unless a new one is named. Raises ApiError, and changes nothing then."""
    person = {name: body[name] for name in PERSON if body.get(name) not in (None, "")}
    person |= {"birthDay": _birthday(body["birthDay"])} if body.get("birthDay") else {}
    person |= {"disablePromo": True} if body.get("disablePromoSMS") else {}
    parent = phone_of(body["parentphone"]) if body.get("parentphone") else ""
    _renamed(account, one, body, "newCardNumber")
    one.person, one.parent, one.updated = person, parent, account.now()


def patch(account: Account, one: Customer, body: Row) -> None:
    """PATCH: what is not named stays; empty text empties. Raises ApiError, and changes nothing then."""
    named = {name: body[name] for name in PATCHED if body.get(name) is not None}
    if body.get("birthday") is not None:  # small letters here, not there
        named["birthDay"] = _birthday(body["birthday"]) if body["birthday"] else ""
    parent = phone_of(body["parentPhone"]) if body.get("parentPhone") else one.parent
    _renamed(account, one, body, "cardNumber")
    one.person = {name: value for name, value in (one.person | named).items() if value != ""}
    one.parent, one.updated = parent, account.now()


def _renamed(account: Account, one: Customer, body: Row, card_name: str) -> None:
    """A new phone, card number and status, all or none."""
    phone = phone_of(body["newPhone"]) if body.get("newPhone") else one.phone
    if phone != one.phone and phone in account.customers:
        raise ApiError("CUSTOMER_ALREADY_EXISTS", "Клиент с таким номером телефона уже существует")
    card = one.card
    if body.get(card_name) is not None:
        if isinstance(body[card_name], bool) or not isinstance(body[card_name], int):
            raise ApiError("BAD_REQUEST", f"{card_name}: ожидалось целое число", 400)
        card = str(body[card_name])
        if card != one.card:
            _free_card(account, card)
    kind = _card_type(body["newCard"]) if body.get("newCard") else one.card_type
    del account.customers[one.phone], account.by_card[one.card]
    one.phone, one.card, one.card_type = phone, card, kind
    account.customers[phone] = account.by_card[card] = one


def _free_card(account: Account, number: Json) -> str:
    text = str(number)
    if not EAN.fullmatch(text):
        raise ApiError("CARD_NUMBER_INCORRECT", "Номер карты должен быть в формате EAN-8 или EAN-13")
    if text in account.by_card:
        raise ApiError("CARD_ALREADY_EXISTS", "Карта с таким номером уже выдана")
    return text


def _card_type(name: Json) -> CardType:
    found = next((kind for kind in CARDS if kind.name == name), None)
    if found is None:
        raise ApiError("CARD_NOT_FOUND", f"Карта не найдена: {name}")
    return found


def _birthday(text: Json) -> str:
    try:
        return datetime.strptime(str(text), "%d.%m.%Y").replace(tzinfo=MOSCOW).isoformat()
    except ValueError:
        raise wrong("birthDay", "Дата рождения должна быть в формате ДД.ММ.ГГГГ") from None


def bought(account: Account, one: Customer, roubles: Decimal, at: datetime) -> None:
    """A sale or, below zero, a return: totals, dates, and a better status where the sum has reached it."""
    one.bought += roubles
    if roubles > 0:
        one.first, one.last = one.first or at, at
        best = max((kind for kind in CARDS if kind.threshold <= one.bought), key=lambda kind: kind.threshold)
        one.card_type = max(one.card_type, best, key=lambda kind: kind.threshold)


def shown(account: Account, one: Customer) -> Row:
    """A customer as every answer shows it."""
    now, purse = account.now(), one.purse
    purse.burn(now)
    burning, when = purse.next_burn()
    following = next((kind for kind in CARDS if kind.threshold > max(one.bought, one.card_type.threshold)), None)
    return {
        "id": one.id, "phone": one.phone, "discountCardTypeId": one.card_type.id, "discountCardName": one.card_type.name,
        "discountCardNumber": one.card, "parentphone": one.parent or None, "availableBonuses": purse.available(now),
        "notActiveBonuses": purse.pending(now), "baseDiscountPercent": one.card_type.discount, "bonusDebitDenided": False,
        "multiplicityDebitBonus": Decimal(1), "nearestBonusesExpirationAmount": burning, "nearestBonusesExpirationDate": stamp(when),
        "firstPurchaseDate": stamp(one.first), "lastPurchaseDate": stamp(one.last), "totalBonusCredit": purse.total(CREDITED),
        "totalBonusDebit": purse.total(DEBITED), "purchasesTotalSum": one.bought,
        "purchasesSumToNextCard": following.threshold - one.bought if following else ZERO,
        "nextCardName": following.name if following else None, "regressEnabled": False, "person": dict(one.person),
    }  # fmt: skip
