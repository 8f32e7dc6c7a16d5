"""What the portal refuses to store: values that point to nothing, and addresses that are none. The text names the field by its title.

bitrix24 docs (tutorials on contact and lead cards): CRM_FIELD_ERROR_VALUE_NOT_VALID comes for codes of stages and sources,
currencies, ids of companies, leads, contacts and users, and for malformed e-mails.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.fields import CONTACT, Field
from sandbox.bitrix24.multifields import Entry
from sandbox.bitrix24.state import Portal

CURRENCIES = frozenset({"RUB", "USD", "EUR", "KZT", "BYN", "UZS"})
ABSENT = frozenset({"COMPANY_ID", "COMPANY_IDS", "LEAD_ID", "QUOTE_ID"})  # this portal has contacts and deals alone
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def invalid(title: str, strict: bool) -> RestError:
    """``strict``: the Item family has a code for it, the Legacy one only a text."""
    return RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID" if strict else "", f'Неверное значение поля "{title}"')


def check(portal: Portal, kind: int, given: Row, before: list[Entry], strict: bool) -> None:
    """Raises RestError for the first stored value that is not valid. ``before``: multifield records, which are not judged again."""
    for name, value in given.items():
        field = portal.tables[kind].by_name.get(name)
        if field is not None and value not in (None, "", 0, []) and not _valid(portal, field, value):
            raise invalid(field.title or field.name, strict)
    for entry in given.get("FM", ()):
        if entry["TYPE_ID"] == "EMAIL" and entry not in before and not _EMAIL.fullmatch(entry["VALUE"].strip()):
            raise invalid("E-mail", strict)


def _valid(portal: Portal, field: Field, value: Any) -> bool:
    if field.name in ABSENT:
        return False
    if field.name == "CURRENCY_ID":
        return value in CURRENCIES
    if field.kind == "user":
        return all(one in portal.users for one in (value if field.multiple else [value]))
    if field.status_type and field.status_type != "DEAL_STAGE":  # a stage is judged together with its funnel
        return any(row["ENTITY_ID"] == field.status_type and row["STATUS_ID"] == value for row in portal.statuses)
    if field.name in ("CONTACT_ID", "CONTACT_IDS"):
        numbers = value if field.multiple else [value]
        return all(number in portal.crm[CONTACT].rows for number in numbers)
    return True
