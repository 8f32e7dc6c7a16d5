"""Points during a checkout, for the site: balance, quote, reserve, release. The loyalty service answers, within two seconds or not at all; without
it the order goes on and no points are spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from connectors import deadline
from connectors.contract import Balance, Quote, Spends
from connectors.errors import ConnectorError, Rejected
from hub.app import Hub
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage import states
from mappings.phones import numbers

log = structlog.get_logger()
Json = Any
PATIENCE = 2.0  # seconds that a buyer is kept waiting


class Away(Exception):
    """Spending is not possible now: the service does not answer, or there is none."""


class Unwanted(Exception):
    """The service refuses: not so many points, or not for this customer. The message is its own."""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer as the loyalty service knows it. ``ident`` empty: the service does not know the phone."""

    system: str
    ident: str
    record_id: str = ""


def account(hub: Hub, phone: str) -> Account:
    """The account of a phone in any spelling. One that several people have is nobody's. Raises Away where no system keeps points."""
    system = next((name for name in hub.settings.systems if isinstance(hub.connectors.get(name), Spends)), None)
    if system is None:
        raise Away("no loyalty service is configured")
    found = numbers(phone)
    with hub.store.read() as at:
        held = record_rows.holders(at, "customer", {("phone", number) for number in found[:1]}, most=1)
        ids = [ident for some in held.values() for ident in some]
        if len(ids) != 1:
            return Account(system, "")
        links = link_rows.by_records(at, ids, system=system)[ids[0]]
    known = next((x.external_id for x in links if x.role == "primary" and x.state == "live" and x.external_id), None)
    return Account(system, known or "", ids[0])


def balance(hub: Hub, phone: str) -> Balance | None:
    """None: the service does not know the customer. Raises Away."""
    one = account(hub, phone)
    return _ask(hub, one, lambda service: service.balance(one.ident)) if one.ident else None


def quote(hub: Hub, phone: str, lines: Sequence[Mapping[str, Json]], points: str) -> Quote | None:
    """Raises Away, Unwanted."""
    one = account(hub, phone)
    return _ask(hub, one, lambda service: service.quote(one.ident, lines, points)) if one.ident else None


def reserve(hub: Hub, phone: str, document: str, points: str) -> None:
    """Raises Away, Unwanted."""
    one = account(hub, phone)
    if not one.ident:
        raise Unwanted("the loyalty service does not know this customer")
    _hold(hub, one, lambda service: service.reserve(one.ident, document, points))


def release(hub: Hub, phone: str, document: str) -> None:
    """Raises Away, Unwanted."""
    one = account(hub, phone)
    if one.ident:
        _hold(hub, one, lambda service: service.release(one.ident, document))


def _hold(hub: Hub, one: Account, what: Any) -> None:
    """What is held is read before it is changed, and no key tells a repeat: a buyer who presses twice is served one after the other."""
    try:
        with states.exclusive(hub.store, one.system, "points", seconds=2 * PATIENCE, patience=PATIENCE):
            _ask(hub, one, what)
    except TimeoutError as error:
        raise Away("spending points is not possible now") from error


def _ask(hub: Hub, one: Account, what: Any) -> Any:
    service = hub.connectors[one.system]
    try:
        with deadline.within(PATIENCE):
            return what(service)
    except Rejected as refused:
        raise Unwanted(refused.message) from refused
    except ConnectorError as error:
        log.warning("loyalty.away", system=one.system, error=type(error).__name__)
        raise Away("spending points is not possible now") from error
