"""The contract's methods for MoySklad."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

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
from connectors.errors import ConnectorError, Missing, Rejected, Unknown
from connectors.moysklad import catalogue, health, subscriptions, webhook
from connectors.moysklad.api import Api, Moved, conditions
from connectors.moysklad.goods import ASSORTMENT, STOCK, Goods
from connectors.moysklad.lists import BOTH
from connectors.moysklad.manifest import MANIFEST
from connectors.moysklad.notes import Notes
from connectors.moysklad.shape import DOCUMENTS, Shapes, needs_raw, opened, path_named

Json = Any
PAGE = 100  # expand is silently ignored above this (moysklad docs: expand)
GROUP = 50  # objects in one array: what a crash may repeat
OVERLAP = timedelta(seconds=60)
BACK = 10  # rows of one moment read again on the next page: one that changed meanwhile moves the others up
SINGLY = 20  # ids that a list did not show, confirmed one by one
UNSEARCHED = ("note", ASSORTMENT, STOCK)  # found by other things than by a key
KEYS = {"hub": "externalCode", "phone": "phone", "email": "email", "card": "discountCardNumber"}


def typed(phone: str) -> list[str]:
    """A phone in the spellings without spaces."""
    return [phone, phone[1:], f"8{phone[2:]}"] if phone.startswith("+7") else [phone]


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Moysklad:
    return Moysklad(settings, limiter, clock)


class Moysklad:
    """One account."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.api = Api(settings, limiter, clock)
        self.shapes = Shapes(self.api, settings)
        self.notes = Notes(self.api)
        self.goods = Goods(self.api, self.shapes.lists, settings)

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the vendor's clock is ahead of ours; None before any answer."""
        return self.api.http.clock.skew

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Rows in order of change from the mark on; the next request begins at the last row's time and skips those seen of that time. The size
        of the first list is that of the sweep: those that follow are asked for the rest, and tell its size."""
        if resource == "note":
            yield Page([], {}, True, 0)
            return
        if resource == STOCK:
            yield from self.goods.stocks(cursor)
            return
        mark, skip, size = str(cursor.get("mark", "")), int(cursor.get("skip", 0)), cursor.get("size")
        if cursor.get("done") and mark:
            mark, skip, size = (datetime.fromisoformat(mark) - OVERLAP).strftime("%Y-%m-%d %H:%M:%S"), 0, None
        while True:
            skip = max(0, skip - BACK)
            wanted = self._all(resource, f"updated>={mark}" if mark else "")
            answer = self.api.get(f"entity/{resource}", wanted | {"limit": PAGE, "offset": skip, "order": "updated,asc;id,asc"})
            rows = answer["rows"]
            size = answer["meta"].get("size") if size is None else size
            last = len(rows) < PAGE
            if rows:
                newest = rows[-1]["updated"]
                skip = skip + len(rows) if newest == mark else sum(1 for row in rows if row["updated"] == newest)
                mark = newest
            following: dict[str, Json] = {"mark": mark, "done": True} if last else {"mark": mark, "skip": skip, "size": size}
            yield Page([self._remote(resource, row, "list") for row in rows], following, last, size)
            if last:
                return

    @staticmethod
    def _all(resource: str, condition: str) -> dict[str, Json]:
        """A list's parameters: lines opened, archived dictionary rows included (without the filter only the others come)."""
        if resource in DOCUMENTS:
            return {"expand": opened(resource)} | ({"filter": condition} if condition else {})
        opened_too = {"expand": "product"} if resource == ASSORTMENT else {}
        return opened_too | {"filter": ";".join(filter(None, (condition, BOTH)))}

    def _remote(self, resource: str, row: dict[str, Json], view: str) -> Remote:
        if resource in DOCUMENTS and isinstance(row.get("positions"), dict):
            self._lines(resource, row)
            if view == "answer" and "rows" not in row["positions"]:
                view = "answer_bare"
        if resource == ASSORTMENT:
            return Remote(str(row["id"]), self.goods.shown(row), view)
        return Remote(str(row.get("id", "")), self.shapes.shown(resource, row), view)

    def _lines(self, resource: str, row: dict[str, Json]) -> None:
        """The rest of the lines: at most 100 are opened inside their document."""
        lines = row["positions"].get("rows")
        size = int((row["positions"].get("meta") or {}).get("size") or 0)
        while lines is not None and len(lines) < size:
            more = self.api.get(f"entity/{resource}/{row['id']}/positions", {"limit": 1000, "offset": len(lines)})["rows"]
            if not more:
                return
            lines += more

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """By id. What the list does not show is asked for alone: lists may lag, and ids of the web pages lead to those of the API."""
        if resource == "note":
            return self.notes.fetch(ids)
        if resource == STOCK:
            return self.goods.fetch_stocks(ids)
        found = self._filtered(resource, "id", ids)
        seen = {remote.id for remote in found}
        for ident in [i for i in ids if i not in seen][:SINGLY]:
            if (row := self._single(resource, ident)) is not None:
                found.append(self._remote(resource, row, "fetch"))
        return found

    def _single(self, resource: str, ident: str) -> dict[str, Json] | None:
        params = {"expand": opened(resource)} if resource in DOCUMENTS else {}
        for _ in range(2):
            try:
                row: dict[str, Json] = self.api.get(f"entity/{resource}/{ident}", params)
                return row
            except Moved as moved:
                ident = moved.ident
            except (Missing, Rejected):
                return None
        return None

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """By hub key (``externalCode``), phone, e-mail or card, as exact text; other keys find nothing. Phones are kept as typed (no filter compares
        digits), so one is asked for as it is typed without spaces: with +7, 7 and 8."""
        if key == "phone":
            values = [one for value in values for one in typed(value)]
        return self._filtered(resource, KEYS[key], values) if key in KEYS and resource not in UNSEARCHED else []

    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        """Objects that creates without an answer may have made."""
        if resource == "note":
            return self.notes.created(writes)
        if resource == ASSORTMENT:
            return self.goods.made(writes)
        return self.find(resource, "hub", [write.key for write in writes])

    def _filtered(self, resource: str, field: str, values: Sequence[str]) -> list[Remote]:
        found: list[Remote] = []
        for condition in conditions(field, list(values)):
            answer = self.api.get(f"entity/{resource}", self._all(resource, condition) | {"limit": PAGE})
            found += [self._remote(resource, row, "fetch") for row in answer["rows"]]
        return found

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """``goods_by_sku``: SKU -> address of the goods, by code, then by article."""
        found: dict[str, Json] = {}
        for field in ("article", "code"):
            for condition in conditions(field, list(keys)):
                rows = self.api.get("entity/assortment", {"filter": condition, "limit": 1000})["rows"]
                found |= {str(row[field]): row["meta"]["href"] for row in rows if row.get(field)}
        return found

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for condition in conditions("id", [str(v).rsplit("/", 1)[-1] for v in values]):
            for row in self.api.get("entity/assortment", {"filter": condition, "limit": 1000})["rows"]:
                if code := row.get("code") or row.get("article"):
                    found[row["meta"]["href"]] = str(code)
        return found

    def directory(self, name: str) -> list[DirectoryValue]:
        return self.shapes.lists.directory(name)

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        if resource == "note":
            return [self.notes.write(write) for write in writes]
        if resource == ASSORTMENT:
            return self.goods.write(writes)
        outcomes: list[Outcome] = []
        for start in range(0, len(writes), GROUP):
            outcomes += self._group(resource, writes[start : start + GROUP])
        return outcomes

    def _group(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        bodies: dict[int, Json] = {}
        try:
            self.shapes.warm(resource)
            raw = self._raw(resource, [w.id for w in writes if needs_raw(w) and w.id])
        except ConnectorError as error:
            return [Outcome(error=error) for _ in writes]
        for i, write in enumerate(writes):
            try:
                bodies[i] = self.shapes.body(resource, write, raw.get(write.id or ""))
            except ConnectorError as error:
                outcomes[i] = Outcome(error=error)
        if not bodies:
            return [outcomes[i] for i in range(len(writes))]
        params = {"expand": "positions", "limit": PAGE} if resource in DOCUMENTS else {}
        try:
            answer = self.api.send("POST", f"entity/{resource}", list(bodies.values()), params)
        except ConnectorError as error:
            if error.code in ("1044", "2022", "413") and len(writes) > 1:  # too large together
                half = len(writes) // 2
                return self._group(resource, writes[:half]) + self._group(resource, writes[half:])
            return [outcomes.get(i, Outcome(error=error)) for i in range(len(writes))]
        for i, row in zip(bodies, answer if isinstance(answer, list) else [answer], strict=False):
            outcomes[i] = self._outcome(resource, writes[i], row)
        return [
            outcomes.get(i, Outcome(error=Unknown("the answer lacks this item", ru="в ответе нет этого объекта")))
            for i in range(len(writes))
        ]

    def _raw(self, resource: str, ids: Sequence[str]) -> dict[str, Json]:
        """The objects as they are now, unmapped fields and all."""
        rows: dict[str, Json] = {}
        for condition in conditions("id", list(ids)):
            wanted = condition if resource in DOCUMENTS else f"{condition};{BOTH}"
            rows |= {row["id"]: row for row in self.api.get(f"entity/{resource}", {"filter": wanted, "limit": PAGE})["rows"]}
        return rows

    def _outcome(self, resource: str, write: Write, row: Json) -> Outcome:
        if not isinstance(row, dict):
            return Outcome(error=Unknown("the answer lacks this item", ru="в ответе нет этого объекта"))
        if "errors" in row:
            error = self.api.error(row)
            error.field = path_named(write.data, error.field, error.message) if error.field else ""
            return Outcome(error=error)
        try:
            return Outcome(self._remote(resource, row, "answer"))
        except ConnectorError:  # the rest of many lines could not be read: the write is done all the same
            row.get("positions", {}).pop("rows", None)
            return Outcome(self._remote(resource, row, "answer"))

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.settings.webhook_secret)

    def base(self) -> str:
        """The account that the key belongs to."""
        return str(self.api.get("context/employee").get("accountId") or "")

    def base_of(self, request: WebhookRequest) -> str:
        return webhook.base_of(request)

    def subscribe(self, url: str) -> Subscription:
        return subscriptions.subscribe(self.api, url)

    def fields(self, resource: str) -> list[RemoteField]:
        return catalogue.fields(self.shapes.lists, resource)

    def check(self) -> Health:
        return health.check(self.api, self.shapes.lists, self.settings)
