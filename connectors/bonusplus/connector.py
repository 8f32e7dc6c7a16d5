"""The contract's methods for BonusPlus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.bonusplus import catalogue, health, subscriptions, webhook
from connectors.bonusplus.api import Api
from connectors.bonusplus.manifest import CREATED_FOR, MANIFEST
from connectors.bonusplus.operations import Operations
from connectors.bonusplus.shape import EAN, Welcome, created, digits, found_for, patched, replaced, shown, whole
from connectors.bonusplus.spending import Spending
from connectors.contract import (
    Balance,
    Health,
    Hint,
    Limiter,
    Outcome,
    Page,
    Posting,
    Quote,
    Remote,
    RemoteField,
    Subscription,
    SystemSettings,
    TokenStore,
    WebhookRequest,
    Write,
)  # fmt: skip
from connectors.errors import ConnectorError, Exists, Missing, Unknown

Json = Any
Row = dict[str, Json]
RETAIL = "retail"
PAGE = 1000  # rows of a list (bonusplus docs: rowCount)
BACK = 10  # rows read again on the next page: a customer that goes moves the others up
PERSONS = 200  # people of one request by number
OVERLAP = timedelta(seconds=MANIFEST.resources["customer"].overlap)
CHANGED = ("lastUpdateDate", "creationDate")  # filters of what is new; that a new customer counts as changed is nowhere said


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Bonusplus:
    return Bonusplus(settings, limiter, tokens, clock)


class Bonusplus:
    """One account."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> None:
        self.settings, self.tokens, self.clock = settings, tokens, clock
        self.api, self.welcome = Api(settings, limiter, clock), welcome_of(settings)
        self.operations, self.spending = Operations(self.api, CREATED_FOR), Spending(self.api)

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the vendor's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """All customers; later those changed or made since the mark, then those whose points moved. The mark is the vendor's time before
        the first page: customers bear no time of change."""
        if resource == RETAIL:  # no list of sales exists: the hub knows those that it posted
            yield Page([], {}, True, 0)
            return
        mark, begun = str(cursor.get("mark", "")), str(cursor.get("begun", ""))
        step, row = int(cursor.get("step", 0)), int(cursor.get("row", 1))
        steps, started = len(CHANGED) + 1 if mark else 1, self.clock()
        while True:
            objects, taken, ended = self._moved(mark, row) if mark and step == len(CHANGED) else self._listed(mark, step, row)
            begun = (
                begun or (started + timedelta(seconds=self.clock_skew or 0.0)).isoformat()
            )  # what the clocks differ by, the answer tells
            total = self.api.get("customer/stat").get("allCount") if not mark and row == 1 else None
            step, row = (step + 1, 1) if ended else (step, row + taken)
            last = step == steps
            yield Page(objects, {"mark": begun} if last else {"mark": mark, "begun": begun, "step": step, "row": row}, last, total)
            if last:
                return

    def _listed(self, mark: str, step: int, row: int) -> tuple[list[Remote], int, bool]:
        """A page of customers, how far it leads, and whether it is the last."""
        wanted: Row = {CHANGED[step]: [{"from": self._before(mark)}]} if mark else {}
        rows = self.api.ask("customer/list", wanted | {"startRow": row, "rowCount": PAGE})
        return [remote(one, "list") for one in rows], len(rows) - BACK, len(rows) < PAGE

    def _moved(self, mark: str, row: int) -> tuple[list[Remote], int, bool]:
        """A page of movements of points, as the customers whose points they are."""
        wanted = {"creationDate": {"from": self._before(mark)}, "startRow": row, "rowCount": PAGE}
        found = self.api.ask("retail/bonusActivities", wanted)["bonusActivities"]
        people = sorted({one["personId"] for one in found if one.get("personId")})
        rows: list[Row] = []
        for start in range(0, len(people), PERSONS):
            rows += self.api.ask("customer/list", {"personsList": people[start : start + PERSONS], "rowCount": PAGE})
        return [remote(one, "list") for one in rows], len(found), len(found) < PAGE

    @staticmethod
    def _before(mark: str) -> str:
        return (datetime.fromisoformat(mark) - OVERLAP).isoformat()

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """By id. A phone, which is all that a webhook tells, leads to the customer as well."""
        if resource == RETAIL:
            return self.operations.fetch(ids)
        return [remote(row, "fetch") for ident in ids if (row := self._by("phone" if ident.isdigit() else "id", ident)) is not None]

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """By phone or card; by nothing else."""
        if resource == RETAIL or key not in ("phone", "card"):
            return []
        asked = [("ean", v) for v in values if EAN.fullmatch(v)] if key == "card" else [("phone", digits(v)) for v in values]
        found = [self._by(*one) for one in asked]
        return [remote(row, "fetch") for row in found if row is not None]

    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        """What creates without an answer may have made: customers by phone, then by card; sales and returns by their positions."""
        if resource == RETAIL:
            return self.operations.found(writes)
        found = [(write, self._there(write)) for write in writes]
        return [remote(found_for(write, row), "fetch") for write, row in found if row is not None]

    def foresee(self, resource: str, write: Write) -> Json:
        return self.operations.foresee(write) if resource == RETAIL else None

    def untold(self, resource: str, write: Write, foreseen: Json) -> str:
        return self.operations.untold(write, foreseen) if resource == RETAIL else ""

    def posted(self, resource: str, writes: Sequence[Write]) -> list[Posting]:
        return [one for write in writes for one in self.operations.foreign(write)] if resource == RETAIL else []

    def _by(self, key: str, value: str) -> Row | None:
        if key == "phone" and len(value) < 11:
            return None
        try:
            return dict(self.api.get("customer", **{key: value}))
        except Missing:
            return None

    def _there(self, write: Write) -> Row | None:
        """The customer who has the phone, or else the card, of a create."""
        card = str(write.data.get("discountCardNumber") or "")
        by_phone = self._by("phone", digits(write.data.get("phone")))
        return by_phone if by_phone is not None or not EAN.fullmatch(card) else self._by("ean", card)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """One call at a time: nothing here is told from its repeat."""
        return [self.operations.write(write) if resource == RETAIL else self._one(write) for write in writes]

    def _one(self, write: Write) -> Outcome:
        try:
            row = self._create(write) if write.id is None else self._update(write, write.id)
        except ConnectorError as error:
            return Outcome(error=error)
        return Outcome(remote(row, "answer"))

    def _create(self, write: Write) -> Row:
        """Register. Who has the phone or the card already is never registered again. Raises Exists."""
        if self._there(write) is not None:
            raise Exists("a customer with this phone or card is there already", code="exists", field="phone")
        return self._customer(self.api.send("POST", "customer", created(write, self.welcome)))

    def _update(self, write: Write, ident: str) -> Row:
        """Under the phone that the customer has now: it is the address, and may have changed. Fields that PATCH lacks go with the whole
        customer, as just read."""
        held = self._by("id", ident)
        if held is None:
            raise Missing("there is no such customer", code="CUSTOMER_NOT_FOUND")
        method, body = ("PUT", replaced(write, held)) if whole(write) else ("PATCH", patched(write, held))
        if not body:
            return held
        row = self.api.send(method, f"customer/{digits(held['phone'])}", body)
        return self._customer(row) if row else self._read_back(ident)

    def _read_back(self, ident: str) -> Row:
        """An answer without the customer: what was stored is read."""
        row = self._by("id", ident)
        if row is None:
            raise Unknown("the answer does not show the customer")
        return row

    @staticmethod
    def _customer(row: Json) -> Row:
        if not isinstance(row, dict) or not row.get("id"):
            raise Unknown("the answer does not show the customer")
        return row

    def balance(self, ident: str) -> Balance:
        return self.spending.balance(ident)

    def quote(self, ident: str, lines: Sequence[Mapping[str, Json]], points: str) -> Quote:
        return self.spending.quote(ident, lines, points)

    def reserve(self, ident: str, document: str, points: str) -> None:
        self.spending.reserve(ident, document, points)

    def release(self, ident: str, document: str) -> None:
        self.spending.release(ident, document)

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.settings.webhook_secret)

    def base(self) -> str:
        """The cabinet that the key belongs to."""
        return str(self.api.get("account").get("username") or "")

    def base_of(self, request: WebhookRequest) -> str:
        """A webhook does not tell."""
        return ""

    def subscribe(self, url: str) -> Subscription:
        return subscriptions.subscribe(self.api, self.tokens, url, self.settings.webhook_secret)

    def fields(self, resource: str) -> list[RemoteField]:
        return catalogue.fields(resource)

    def check(self) -> Health:
        return health.check(self.api, self.welcome)


def remote(row: Row, view: str) -> Remote:
    """A customer as mappings see it."""
    return Remote(str(row.get("id", "")), shown(row), view)


def welcome_of(settings: SystemSettings) -> Welcome:
    """The option ``welcome`` (``cabinet``, or a number of points), and the day from which new customers are welcomed."""
    asked, start = settings.options.get("welcome", "cabinet"), str(settings.options.get("loyalty_start") or "")
    day = datetime.combine(date.fromisoformat(start), datetime.min.time(), ZoneInfo(settings.timezone)) if start else None
    return Welcome(None if asked == "cabinet" else Decimal(str(asked)), day.timestamp() if day else None)
