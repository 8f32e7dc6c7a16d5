"""Who calls: keys of the account. People at a screen are a key here, too: what they change is told as a user's."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from .wire import ApiError, plain_field

SCOPES = (
    "order_read", "order_write", "customer_read", "customer_write", "reference_read", "store_read", "store_write", "custom_fields_read", "telephony_write",
    "user_read",
)  # fmt: skip
KEY, PEOPLE, OTHER = "sandbox-retailcrm-key", "sandbox-retailcrm-people", "sandbox-retailcrm-other"


@dataclass
class Caller:
    """``name``: the key itself. ``user``: the id of the person, None for a program."""

    name: str
    user: int | None = None
    scopes: tuple[str, ...] = SCOPES


def callers() -> dict[str, Caller]:
    return {KEY: Caller(KEY), PEOPLE: Caller(PEOPLE, 1, (*SCOPES, "reference_write")), OTHER: Caller(OTHER)}


def admit(known: dict[str, Caller]) -> Caller:
    """The caller of this request, by the header or the parameter. Raises ApiError."""
    key = request.headers.get("X-API-KEY") or plain_field("apiKey")
    if not key:
        raise ApiError(403, '"apiKey" is missing.')
    if key not in known:
        raise ApiError(403, 'Wrong "apiKey" value.')
    return known[key]


def needs(caller: Caller, scope: str) -> None:
    """Raises ApiError where the key lacks a right."""
    if scope not in caller.scopes:
        raise ApiError(403, "Access denied.")
