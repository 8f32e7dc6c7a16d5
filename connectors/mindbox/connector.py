"""The contract's methods for Mindbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors import segments, waiting
from connectors.contract import (
    DirectoryValue,
    Health,
    Hint,
    Limiter,
    Outcome,
    Page,
    Remote,
    RemoteField,
    Subscription,
    SystemSettings,
    TokenStore,
    WebhookRequest,
    Write,
)  # fmt: skip
from connectors.errors import Missing, Rejected
from connectors.mindbox import actions, catalogue, health, orders, shape, webhook
from connectors.mindbox.api import Api, status_of
from connectors.mindbox.feed import Feed
from connectors.mindbox.manifest import MANIFEST
from connectors.mindbox.saving import CUSTOMER, ORDER, THERE, Saving
from connectors.mindbox.shape import Names

Json = Any
Row = dict[str, Json]
SEGMENT, MESSAGE = "segment", "message"


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Mindbox:
    return Mindbox(settings, limiter, tokens, clock)


class Mindbox:
    """One project. Options: docs/connectors/mindbox.md."""

    manifest = MANIFEST

    def __init__(
        self,
        settings: SystemSettings,
        limiter: Limiter,
        tokens: TokenStore,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = waiting.sleep,
    ) -> None:
        self.settings, self.names = settings, Names.of(settings)
        self.api = Api(settings, limiter, tokens, clock)
        self.saving = Saving(self.api, self.names, self, sleep)
        self.sent: Mapping[str, Json] = settings.options.get("message_actions") or {}
        self.feed = Feed(self.api, settings, lambda: self.find(CUSTOMER, "hub", [health.NOBODY]), sleep)

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the vendor's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Customers and orders by export tasks. Actions cannot be read: what the queue refused of them is told."""
        if resource == CUSTOMER:
            yield from self.feed.changes("export_customers", cursor, lambda row: self._customer(row, {}, "list"), merges=True)
        elif resource == ORDER:
            yield from self.feed.changes("export_orders", cursor, _numbered)
        elif resource == SEGMENT:
            yield from segments.one_after_another(segments.chosen(self.settings), cursor, self._memberships)
        elif resource == "call_request":
            yield Page([], {}, True, 0)  # told by flows alone
        elif resource == MESSAGE and self.api.has("export_actions"):
            yield from self._messages(cursor)
        else:
            yield from self._refused(cursor)

    def _refused(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """What the queue failed at; what failed before the hub came is not the hub's."""
        if not self.api.has("export_errors"):
            yield Page([], {}, True, 0)
        elif "mark" not in cursor and "goal" not in cursor:
            yield Page([], {"mark": self.feed.now()}, True, 0)
        else:
            yield from map(_told, self.feed.changes("export_errors", cursor, lambda row: Remote("", row, "list")))

    def _messages(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """What the queue failed at, then what Mindbox has sent: two places in one cursor. An export that is under way is not held up by the other."""
        place = dict(cursor)
        for page in self._refused(place.get("errors", {})) if "task" not in place.get("sent", {}) else ():
            place |= {"errors": dict(page.cursor)}
            yield replace(page, cursor=dict(place), last=False)
        for page in self.feed.changes("export_actions", place.get("sent", {}), lambda row: actions.sent(row, self.sent)):
            place |= {"sent": dict(page.cursor)}
            yield replace(page, objects=[one for one in page.objects if one.id], cursor=dict(place))

    def segment(self, name: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Who is in a segment (``objects``) and who left it (``gone``), by its changes since the cursor."""
        more = {"segment": {"ids": {"externalId": name}}}
        for page in self.feed.changes(
            "export_segment", cursor, lambda row: Remote(str(row["customer"]["ids"]["mindboxId"]), row, "list"), more=more
        ):
            inside = {one.id: bool(one.data.get("inSegmentation")) for one in page.objects}  # the last word of each
            yield Page(
                [one for one in _last(page.objects) if inside[one.id]],
                page.cursor,
                page.last,
                gone=[i for i, yes in inside.items() if not yes],
                waits=page.waits,
                as_of=page.as_of,
            )

    def _memberships(self, name: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Pages of a segment, who left it among those who are in it."""
        for page in self.segment(name, cursor):
            said = {one.id: True for one in page.objects} | dict.fromkeys(page.gone, False)
            yield replace(page, objects=[segments.shown(self.settings.name, name, *one) for one in said.items()], gone=())

    def _membership(self, ident: str) -> Remote:
        """Whether a customer is in a segment now; who is not there any more is in none. Raises Rejected where the operation does not tell."""
        name, customer = segments.named(ident)
        body = self.api.read("get_customer", {CUSTOMER: {"ids": {"mindboxId": int(customer)}}})
        there = status_of(body, CUSTOMER) != "NotFound"
        if there and "customerSegmentations" not in body:
            raise Rejected("the operation that reads a customer does not return segmentations", code="operation")
        inside = {(one.get("segment") or {}).get("ids", {}).get("externalId") for one in body.get("customerSegmentations") or ()}
        return segments.shown(self.settings.name, name, customer, there and name in inside, "fetch")

    def _customer(self, row: Mapping[str, Json], beside: Mapping[str, Json], view: str) -> Remote:
        made = shape.shown(row, beside, self.names)
        return Remote(made["id"], made, view)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """By id, one by one. An id that leads to another customer was merged into that one, and is gone."""
        if resource == SEGMENT:
            return [self._membership(ident) for ident in ids if segments.named(ident)[1].isdigit()]
        if resource not in (CUSTOMER, ORDER):
            return []
        found = [self._one(resource, {"ids": {"mindboxId": int(ident)}}) for ident in ids if ident.isdigit()]
        return [one for one in found if one is not None and one.id in ids]

    def _one(self, resource: str, key: Mapping[str, Json]) -> Remote | None:
        """The object that a key leads to; None where there is none. Raises Rejected where there are several."""
        body = self.api.read("get_customer" if resource == CUSTOMER else "get_order", {resource: dict(key)})
        status = status_of(body, resource)
        if status == "Ambiguous":
            raise Rejected("several customers bear this", code="Ambiguous")
        if status == "NotFound" or not ((body.get(resource) or {}).get("ids") or {}).get("mindboxId"):
            return None
        if resource == ORDER:
            made = orders.shown(body["order"], body.get("customer") or {}, self.names)
            return Remote(made["id"], made, "fetch")
        return self._customer(body["customer"], self._with_balances(body), "fetch")

    def _with_balances(self, body: Row) -> Row:
        """The blocks beside a customer; balances by an operation of their own where the project has one."""
        if body.get("balances") or not self.api.has("get_balance"):
            return body
        told = self.api.read("get_balance", {"customer": {"ids": {"mindboxId": body["customer"]["ids"]["mindboxId"]}}})
        return body | {"balances": told.get("balances") or []}

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """By hub key; customers by phone, e-mail and card, too. Where several bear it, none is taken for the one."""
        if resource not in (CUSTOMER, ORDER) or (key != "hub" and resource == ORDER):
            return []
        found: dict[str, Remote] = {}
        for value in values:
            asked = self._key(resource, key, value)
            try:
                one = self._one(resource, asked) if asked else None
            except Rejected as error:
                if error.code != "Ambiguous":
                    raise
                one = None
            found |= {one.id: one} if one is not None else {}
        return list(found.values())

    def _key(self, resource: str, key: str, value: str) -> Row:
        if key == "hub":
            return {"ids": {self.names.id_system if resource == CUSTOMER else self.names.order_id_system: value}}
        if key == "phone":
            return {"mobilePhone": "".join(filter(str.isdigit, value))}
        contacts: dict[str, Row] = {"email": {"email": value}, "card": {"discountCard": {"ids": {"number": value}}}}
        return contacts.get(key, {})

    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        """What creates without an answer may have made: by the hub's own id alone, so that nobody's own customer is taken for it."""
        return self.find(resource, "hub", [write.key for write in writes])

    def directory(self, name: str) -> list[DirectoryValue]:
        """Statuses of lines, as the configuration names them: no operation lists them."""
        said = self.settings.options.get("statuses") or {} if name == "order_status" else {}
        return [DirectoryValue(str(value), str(title or value)) for value, title in said.items()]

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """One call for each: no operation takes several."""
        if resource not in (CUSTOMER, ORDER):
            return [actions.write(self.api, resource, write, self.names) for write in writes]
        return [self.saving.one(resource, write) for write in writes]

    def merge(self, resource: str, into: str, others: Sequence[str]) -> Remote:
        """Customers made one for good: there is no way back. Raises ConnectorError."""
        body = {
            "customersToMerge": [{"ids": {"mindboxId": int(one)}} for one in others],
            "resultingCustomer": {"ids": {"mindboxId": int(into)}},
        }
        told = self.api.write("merge_customers", body, safe=True)
        if (status := status_of(told, CUSTOMER)) not in THERE:
            raise Rejected(f"the customers were not merged: {status}", code=status)
        found = self.fetch(resource, [into])
        if not found:
            raise Missing("there is no such customer", code="NotFound")
        return found[0]

    def receive(self, request: WebhookRequest) -> list[Hint]:
        hints = webhook.receive(request, self.settings.webhook_secret, segments.chosen(self.settings))
        exported = self.api.has("export_actions")  # messages bear other ids there: one that a flow told of would count twice
        return [hint for hint in hints if not exported or hint.resource != MESSAGE]

    def subscribe(self, url: str) -> Subscription:
        """The API has no subscriptions: flows are made by a marketer, and exports do without."""
        return Subscription(())

    def fields(self, resource: str) -> list[RemoteField]:
        return catalogue.fields(resource)

    def check(self) -> Health:
        return health.check(self.api, self.names, self.settings)


def _numbered(row: Mapping[str, Json]) -> Remote:
    ident = str(row["ids"]["mindboxId"])
    return Remote(ident, {"id": ident}, "list")


def _last(objects: Sequence[Remote]) -> list[Remote]:
    return list({one.id: one for one in objects}.values())


def _told(page: Page) -> Page:
    """A page of the log of operations, as refusals."""
    found = [one for row in page.objects if (one := actions.refusal(row.data)) is not None]
    return Page([], page.cursor, page.last, refused=found, waits=page.waits)
