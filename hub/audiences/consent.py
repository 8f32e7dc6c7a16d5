"""Whether a person may be told to an advertising system. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from connectors.audiences import Rules, digest, email_of, phone_of

Json = Any
REFUSED, UNKNOWN, NO_CONTACT, NOBODY = "refused", "unknown", "no_contact", "nobody"
REASONS = (REFUSED, UNKNOWN, NO_CONTACT, NOBODY)


def kept_out(customer: Mapping[str, Json] | None, purpose: str, channel: str) -> str:
    """Why a person is not told; empty: nothing hinders. One no of the purpose outweighs any yes, and no answer is none."""
    if not customer:
        return NOBODY
    said = [one.get("value") for one in customer.get("consents") or () if _concerns(one, purpose, channel)]
    if False in said:
        return REFUSED
    return "" if True in said else UNKNOWN


def _concerns(one: Mapping[str, Json], purpose: str, channel: str) -> bool:
    return one.get("purpose") == purpose and channel in ("", one.get("channel"))


def rows_of(customer: Mapping[str, Json], rules: Rules) -> list[tuple[str, str]]:
    """A person's phones and e-mails, those that are found to be bad left out, as digests: one of each in a row."""
    phones = [digest(phone_of(one.get("number")), rules.hashing) for one in customer.get("phones") or () if not one.get("invalid")]
    emails = [digest(email_of(one.get("address")), rules.hashing) for one in customer.get("emails") or () if not one.get("invalid")]
    return list(zip_longest(filter(None, phones), filter(None, emails), fillvalue=""))
