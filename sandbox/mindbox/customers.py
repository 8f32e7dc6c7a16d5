"""Customers: found by any of their keys, created, edited, merged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .state import BALANCE, BRAND, Customer, Project
from .wire import CLEAR, Invalid, ProtocolError, camel, email_of, moment, phone_of, stamp

Json = Any
Row = dict[str, Any]
TEXTS = ("lastName", "firstName", "middleName", "fullName", "timeZone")
CHANNELS = ("Email", "Sms", "Viber", "Webpush", "Mobilepush")


def asked(body: Row) -> Row:
    """The block ``customer`` of a request. Raises ProtocolError."""
    found = body.get("customer")
    if not isinstance(found, dict):
        raise ProtocolError("/customer: required block is missing")
    return found


def keys(given: Row, *, contacts: bool = True) -> list[tuple[str, str]]:
    """Everything by which a request names a customer: (kind, value). Raises Invalid."""
    found = [(f"id {name.lower()}", str(value)) for name, value in (given.get("ids") or {}).items() if value not in (None, CLEAR)]
    if contacts:
        if given.get("mobilePhone") not in (None, CLEAR):
            found.append(("phone", phone_of(given["mobilePhone"])))
        if given.get("email") not in (None, CLEAR):
            found.append(("email", email_of(given["email"])))
        if card := ((given.get("discountCard") or {}).get("ids") or {}).get("number"):
            found.append(("card", str(card)))
    return found


def matching(project: Project, given: Row, *, contacts: bool = True) -> list[Customer]:
    """The customers that the keys of a request lead to, each once."""
    found: dict[int, Customer] = {}
    for kind, value in keys(given, contacts=contacts):
        ident = (int(value) if value.isdigit() else -1) if kind == "id mindboxid" else project.by_key.get((kind, value), -1)
        if (one := project.alive(ident)) is not None:
            found[one.id] = one
    return list(found.values())


def get(project: Project, body: Row) -> Row:
    """One customer by any key. Several: Ambiguous."""
    given = asked(body)
    if not keys(given):
        raise ProtocolError("/customer: no key is given")
    found = matching(project, given)
    if len(found) != 1:
        return {"customer": {"processingStatus": "Ambiguous" if found else "NotFound"}}
    return told(project, found[0], "Found") | segments(project, found[0])


def create(project: Project, body: Row) -> Row:
    """Register: who is there already is left as is."""
    given = asked(body)
    found = matching(project, given)
    if found:
        return {"customer": {"processingStatus": "AlreadyExists" if len(found) == 1 else "Ambiguous"}}
    return told(project, made(project, given), "Created")


def edit(project: Project, body: Row) -> Row:
    """Ids come before contacts, which may be new ones."""
    given = asked(body)
    found = matching(project, given, contacts=False) or matching(project, given)
    if len(found) != 1:
        return {"customer": {"processingStatus": "Ambiguous" if found else "NotFound"}}
    before = picture(project, found[0])
    one = write(project, found[0], given)
    changed = picture(project, one) != before
    if changed:
        project.happened("customer.changed", one, {})
    return told(project, one, "Changed" if changed else "NotChanged")


def sync(project: Project, body: Row) -> Row:
    """Edited where there is one, else created."""
    given = asked(body)
    return edit(project, body) if matching(project, given) else told(project, made(project, given), "Created")


def made(project: Project, given: Row) -> Customer:
    """A new customer, written. Raises Invalid, and makes nobody then."""
    if not keys(given):
        raise Invalid("Не указан ни один идентификатор", "/customer")
    check(given)
    one = Customer(project.next("customer"), project.now())
    project.customers[one.id] = one
    one = write(project, one, given)
    project.effects["mail: flow"] += 1
    project.happened("customer.created", one, {})
    return one


def check(given: Row) -> None:
    """Raises Invalid for a value that cannot be."""
    for name, read in (("mobilePhone", phone_of), ("email", email_of)):
        if given.get(name) not in (None, CLEAR):
            read(given[name])
    if given.get("birthDate") not in (None, CLEAR):
        moment(str(given["birthDate"])[:10], "/customer/birthDate")
    if given.get("sex") not in (None, CLEAR, "male", "female"):
        raise Invalid("Пол указан неверно", "/customer/sex")
    for one in given.get("subscriptions") or ():
        if one.get("pointOfContact") not in (None, *CHANNELS):
            raise Invalid("Неизвестный канал", "/customer/subscriptions")


def write(project: Project, one: Customer, given: Row) -> Customer:
    """What is named is written, what is not stays, ``%CLEAR%`` erases. Returns the customer, who may be another's by now: one with this
    phone or e-mail is merged with this one, or keeps it."""
    check(given)
    for name, value in (given.get("ids") or {}).items():
        if name.lower() != "mindboxid":
            _claim(project, one, f"id {name.lower()}", str(value))
            one.ids[name] = str(value)
    for name in (*TEXTS, "birthDate", "sex"):
        if name in given:
            _put(one.said, name, str(given[name])[:10] if name == "birthDate" and given[name] != CLEAR else given[name])
    for name, value in (given.get("customFields") or {}).items():
        _put(one.fields, camel(name), value)
    for said in given.get("subscriptions") or ():
        for channel in [said["pointOfContact"]] if said.get("pointOfContact") else CHANNELS:
            one.subscriptions[str(said.get("brand") or BRAND), channel, str(said.get("topic") or "")] = bool(said.get("isSubscribed"))
    if card := ((given.get("discountCard") or {}).get("ids") or {}).get("number"):
        _claim(project, one, "card", str(card))
        one.card = str(card)
    one.changed = project.now()
    if "mobilePhone" in given:
        one = _contact(project, one, "phone", "" if given["mobilePhone"] == CLEAR else phone_of(given["mobilePhone"]))
    if "email" in given:
        one = _contact(project, one, "email", "" if given["email"] == CLEAR else email_of(given["email"]))
    return one


def _put(row: Row, name: str, value: Json) -> None:
    if value == CLEAR:
        row.pop(name, None)
    elif value not in (None, ""):
        row[name] = value


def _claim(project: Project, one: Customer, kind: str, value: str) -> None:
    """A key belongs to one customer at a time."""
    holder = project.by_key.get((kind, value))
    if holder not in (None, one.id):
        raise Invalid("Идентификатор занят другим клиентом", "/customer/ids")
    project.by_key[kind, value] = one.id


def _contact(project: Project, one: Customer, kind: str, value: str) -> Customer:
    """A phone or e-mail: taken, waiting to be confirmed, or somebody's already."""
    held = getattr(one, kind)
    if value == held:
        return one
    other = project.alive(project.by_key.get((kind, value), -1)) if value else None
    if other is not None and other.id != one.id:
        apart = any(one.ids.get(name, own) != own for name, own in other.ids.items())
        return one if apart or not project.habits.merging else merge(project, one, [other])
    if kind == "phone" and held and value and project.habits.confirm:
        one.pending_phone = value
        return one
    if held:
        project.by_key.pop((kind, held), None)
    setattr(one, kind, value)
    if value:
        project.by_key[kind, value] = one.id
    return one


def merge(project: Project, into: Customer, others: list[Customer]) -> Customer:
    """``others`` become ``into``: their ids, and what it lacks, are its own, and so are their orders."""
    for other in others:
        project.merged[other.id] = into.id
        del project.customers[other.id]
        project.merges.append((project.now(), into.id, other.id, dict(other.ids)))
        into.ids = other.ids | into.ids
        into.said, into.fields = other.said | into.said, other.fields | into.fields
        into.subscriptions = other.subscriptions | into.subscriptions
        for kind in ("phone", "email", "card"):
            setattr(into, kind, getattr(into, kind) or getattr(other, kind))
        for key, holder in project.by_key.items():
            if holder == other.id:
                project.by_key[key] = into.id
        for order in project.orders.values():
            order.customer = into.id if order.customer == other.id else order.customer
    into.changed = project.now()
    project.happened("customer.changed", into, {})
    return into


def merge_on_demand(project: Project, body: Row) -> Row:
    """``customersToMerge`` into ``resultingCustomer``. Raises ProtocolError."""
    into = matching(project, body.get("resultingCustomer") or {})
    others = [one for given in body.get("customersToMerge") or () for one in matching(project, given)]
    if len(into) != 1 or not others:
        raise ProtocolError("/resultingCustomer: customer was not found")
    merge(project, into[0], [one for one in {one.id: one for one in others}.values() if one.id != into[0].id])
    return {"customer": {"processingStatus": "Merged", "ids": ids(into[0])}}


def ids(one: Customer) -> Row:
    """As answers have them: the vendor's own as a number, names of systems in camelCase."""
    return {"mindboxId": one.id} | {camel(name): value for name, value in one.ids.items()}


def picture(project: Project, one: Customer) -> Row:
    """A customer as a whole: empty fields are not there, the phone is a number."""
    row: Row = {"ids": ids(one), **one.said, "changeDateTimeUtc": stamp(one.changed)}
    if one.phone:
        row |= {"mobilePhone": int(one.phone), "isMobilePhoneInvalid": "mobilePhone" in one.invalid, "isMobilePhoneConfirmed": False}
    if one.pending_phone:
        row["pendingMobilePhone"] = int(one.pending_phone)
    if one.email:
        row |= {"email": one.email, "isEmailInvalid": "email" in one.invalid, "isEmailConfirmed": False}
    if one.fields:
        row["customFields"] = dict(one.fields)
    if one.subscriptions:
        row["subscriptions"] = [
            {"brand": brand, "pointOfContact": channel, "isSubscribed": yes} | ({"topic": topic} if topic else {})
            for (brand, channel, topic), yes in sorted(one.subscriptions.items())
        ]
    return row


def told(project: Project, one: Customer, status: str) -> Row:
    """The answer's blocks: the customer with its cards; of a write only its status, where the project's operations show no more."""
    if status != "Found" and not project.habits.echo:
        return {}
    shown = picture(project, one) | {"processingStatus": status}
    return {"customer": shown} | cards(one)


def cards(one: Customer) -> Row:
    return {"discountCards": [{"ids": {"number": one.card}, "status": {"ids": {"systemName": "Active"}}}]} if one.card else {}


def segments(project: Project, one: Customer) -> Row:
    """A row for each segmentation: without ``segment`` where the customer is in none of it."""
    rows: list[Row] = []
    for name, members in sorted(project.segments.items()):
        inside: Row = {"segment": {"ids": {"externalId": name}}} if one.id in members else {}
        rows.append({"segmentation": {"ids": {"externalId": name}}} | inside)
    return {"customerSegmentations": rows} if project.habits.segments else {}


def balances(one: Customer) -> list[Row]:
    available, blocked = one.balance["available"], one.balance["blocked"]
    return [{"systemName": BALANCE, "total": available + blocked, "available": available, "blocked": blocked}]


def points(project: Project, body: Row) -> Row:
    """The balances of a customer."""
    found = matching(project, asked(body))
    if len(found) != 1:
        return {"customer": {"processingStatus": "Ambiguous" if found else "NotFound"}}
    return {"customer": {"processingStatus": "Found", "ids": ids(found[0])}, "balances": balances(found[0])}


def change_points(project: Project, body: Row) -> Row:
    """Points added or written off. Not told from a repeat but by an honoured transaction. Raises Invalid."""
    found = matching(project, asked(body))
    if len(found) != 1:
        raise Invalid("Клиент не найден", "/customer")
    for change in body.get("balanceChanges") or ():
        found[0].balance["available"] += Decimal(str(change["changeAmount"]))
    found[0].changed = project.now()
    return told(project, found[0], "Changed")


def segment(project: Project, name: str, one: Customer, inside: bool) -> None:
    """Into a segment or out of it."""
    members = project.segments.setdefault(name, set())
    if (one.id in members) != inside:
        (members.add if inside else members.discard)(one.id)
        project.segment_changes.append((project.now(), name, one.id, inside))
        project.happened("segment.entered" if inside else "segment.left", one, {"segment": name})


def crowd(project: Project, count: int, name: str, topic: str) -> None:
    """So many new people of a segment, who have all said yes to SMS of this topic."""
    for n in range(count):
        said = {"pointOfContact": "Sms", "isSubscribed": True} | ({"topic": topic} if topic else {})
        segment(project, name, made(project, {"mobilePhone": f"7999{n:07}", "firstName": "Анна", "subscriptions": [said]}), True)
