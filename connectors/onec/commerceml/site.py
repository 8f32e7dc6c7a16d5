"""The contract's methods for a base that exchanges orders and goods with the hub as with its site."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from connectors.contract import (
    DirectoryValue,
    Finding,
    Health,
    Hint,
    Outcome,
    Page,
    Remote,
    RemoteField,
    Subscription,
    SystemSettings,
    WebhookRefused,
    WebhookRequest,
    Write,
)
from connectors.errors import ConnectorError, Rejected, Settled
from connectors.exchange import Brought, Laid, Shelf, Step
from connectors.onec.commerceml import dialogue, documents, files, goods, orders
from connectors.onec.commerceml.catalogue import STATIC
from connectors.onec.commerceml.names import is_data
from connectors.onec.manifest import MANIFEST

Json = Any
ORDERS = "site_orders"
GOODS = "goods_by_sku"
SCHEMA = "2.08"  # УНФ wants any that begins with 2; УТ does not look
SECRETS = ("site_login", "site_password")
NODE = ("1С → Обмен с сайтом: адрес {}, имя и пароль те же, что в ONEC_SITE_LOGIN и ONEC_SITE_PASSWORD",
        "1C → exchange with a site: the address {}, the name and password of ONEC_SITE_LOGIN and ONEC_SITE_PASSWORD")  # fmt: skip
SCHEDULE = (
    "1С → Обмен с сайтом: включите расписание или выполните обмен",
    "1C → exchange with a site: switch its schedule on, or exchange by hand",
)
DAY = 86_400.0


class Site:
    """One base, whose node «Обмен с сайтом» leads here."""

    manifest = MANIFEST
    cookie = dialogue.COOKIE
    shelf: Shelf

    def __init__(self, settings: SystemSettings, clock: Callable[[], datetime]) -> None:
        self.settings, self.clock = settings, clock
        self.prefix = str(settings.options.get("number_prefix", "S"))
        self.services: Mapping[str, str] = settings.options.get("services") or {}

    def spoken(self) -> frozenset[str]:
        return frozenset(STATIC)

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Nothing can be asked for: 1C brings what changed when its schedule says so."""
        yield Page([], {"done": True}, True)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """What 1C showed last of these."""
        if not ids:
            return []
        if resource == ORDERS:
            return [Remote(one.number, self._look(one), "fetch") for one in self.shelf.numbered(resource, ids)]
        return self._stocks(ids) if resource == goods.STOCK else self._goods(ids)

    def _goods(self, ids: Sequence[str]) -> list[Remote]:
        """Each of what all files told of it, and of the item that it is a variant of."""
        rows = self._seen(list(dict.fromkeys([*ids, *(ident.partition("#")[0] for ident in ids)])))
        called = self._called(rows)
        none: dict[str, Json] = {}
        options = self.settings.options
        return [
            Remote(ident, goods.product(ident, rows.get(ident.partition("#")[0], none), rows[ident], called, options), "fetch")
            for ident in ids
            if ident in rows
        ]

    def _stocks(self, ids: Sequence[str]) -> list[Remote]:
        rows = self._seen(list(dict.fromkeys(ident.rpartition("@")[0] for ident in ids)))
        called = self._called(rows, [ident.rpartition("@")[2] for ident in ids])
        looks = {i: goods.stock(i, rows[item], called, self.settings.options) for i in ids if (item := i.rpartition("@")[0]) in rows}
        return [Remote(ident, look, "fetch") for ident, look in looks.items() if look is not None]

    def _seen(self, ids: Sequence[str]) -> dict[str, Mapping[str, Json]]:
        return {one.number: one.seen for one in self.shelf.numbered(goods.GOODS, ids) if one.seen is not None}

    def _called(self, rows: Mapping[str, Mapping[str, Json]], more: Sequence[str] = ()) -> dict[str, str]:
        wanted = list(dict.fromkeys([*goods.lists_of(list(rows.values())), *filter(None, more)]))
        return {one.number: str((one.seen or {}).get("name", "")) for one in self.shelf.numbered(goods.LISTS, wanted)}

    def _look(self, laid: Laid) -> dict[str, Json]:
        if laid.seen is None:
            return {"Номер": laid.number, "hub_key": laid.key}
        look = documents.united(laid.number, laid.seen)
        if not laid.key or laid.document is None:
            return look
        return documents.recognised(look, laid.key, orders.sent(laid.document), laid.document, laid.settled)

    def _order_of(self, name: str) -> str:
        """The number of an order, by its number or by the id that it was given with."""
        known = self.shelf.numbered(ORDERS, [name]) or [one for one in (self.shelf.held(ORDERS, name),) if one is not None]
        return known[0].number if known else ""

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        return []

    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        return []

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """Each document is laid out whole, and waits there until 1C has fetched it and said so."""
        return [self._laid(resource, write) for write in writes]

    def _laid(self, resource: str, write: Write) -> Outcome:
        try:
            held = self.shelf.held(resource, write.key)
            if held is None and write.id is not None:
                raise Settled("the hub did not give this order to 1C, and never changes it there")
            if held is not None and held.document is None:
                raise Settled("its buyer was erased: what 1C has of it stays as it is")
            document = orders.laid(write, held.document if held else None)
            if not document.get(documents.LINES):
                raise Rejected("1C takes no order without lines", field=documents.LINES)
            numbers = [held.number] if held else orders.numbers(self.prefix, document, write.key)
            if held is None:
                self._not_there(numbers[0], document)
            laid = self.shelf.lay(resource, write.key, numbers, document)
        except ConnectorError as error:
            return Outcome(error=error)
        except LookupError:
            return Outcome(error=Rejected("no number is free for this order", field="number"))
        return Outcome(Remote(laid.number, {**orders.shown(document), "Номер": laid.number, "hub_key": laid.key}, "answer"))

    def _not_there(self, number: str, document: Mapping[str, Json]) -> None:
        """Raises Rejected where the base shows an order of that day under the number that this one would bear: a hub before this one gave it, and
        under another number it would be loaded twice."""
        for one in self.shelf.numbered(ORDERS, [number]):
            look = documents.united(number, one.seen or {})
            day = str(document.get("created") or "")[:10]
            if not one.key and day and str(look.get("created") or "")[:10] == day:
                raise Rejected(f"1C has an order {number} of that day already, which this hub did not give", code="there", field="number")

    def step(self, query: Mapping[str, str]) -> Step:
        return dialogue.step(query)

    def opened(self, token: str, check: str) -> str:
        return dialogue.opened(token, check)

    def limits(self, step: Step, most: int, check: str) -> str:
        return dialogue.limits(bool(self.settings.options.get("zip", True)), most, step, check)

    def done(self) -> str:
        return dialogue.success()

    def failure(self, text: str) -> str:
        return dialogue.failure(text)

    def info(self, words: Mapping[str, Sequence[str]]) -> bytes:
        return dialogue.info(*(words.get(name, ()) for name in ("order_status", "payment_kind", "delivery_kind")))

    def batch(self, laid: Sequence[Laid]) -> bytes:
        now = self.clock().astimezone(ZoneInfo(self.settings.timezone))
        return orders.batch(
            [(one.number, one.key, one.document or {}) for one in laid], str(self.settings.options.get("schema") or SCHEMA), now
        )

    def keeps(self, name: str) -> bool:
        return is_data(name)

    def names(self, resource: str, number: str, seen: Mapping[str, Json]) -> list[str] | None:
        return goods.names(number, seen) if resource == goods.GOODS else None

    def incomplete(self, resource: str, number: str, seen: Mapping[str, Json]) -> bool:
        """Goods that no offer has told of yet: they may turn out to be sold in sizes alone."""
        return resource == goods.GOODS and "#" not in number and not (seen.get("offer") or seen.get("variants") or seen.get("archived"))

    def packed(self, file: BinaryIO) -> bool:
        return files.packed(file)

    def checked(self, file: BinaryIO, name: str) -> list[str]:
        return files.checked(file, name)

    def brought(self, file: BinaryIO, inner: str) -> Iterator[Brought]:
        named = frozenset(str(name) for name in self.settings.options.get("price_types") or ())
        return files.brought(file, inner, goods.Reader(named, lambda ids: self._called({}, ids)), self._order_of)

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """Goods that 1C has brought; services that it does not bring are named in the options."""
        known = {key: self.services[key] for key in keys if key in self.services}
        return {**self.shelf.goods([key for key in keys if key not in known]), **known}

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        known = {ident: article for article, ident in self.services.items() if ident in values}
        return {**self.shelf.names([value for value in values if value not in known]), **known}

    def directory(self, name: str) -> list[DirectoryValue]:
        if name == "price_type":
            return [DirectoryValue(str(word), str(word)) for word in self.settings.options.get("price_types") or ()]
        words = (documents.CANCELLED, documents.SHIPPED) if name == "order_status" else ()
        return [DirectoryValue(word, word) for word in words]

    def receive(self, request: WebhookRequest) -> list[Hint]:
        raise WebhookRefused("1C sends no webhooks: it exchanges files at /exchange/")

    def subscribe(self, url: str) -> Subscription:
        return Subscription(())

    def fields(self, resource: str) -> list[RemoteField]:
        return [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items()]

    def check(self) -> Health:
        """Whether 1C can come in: whether it did, the page of the system tells."""
        lacking = [name for name in SECRETS if not self.settings.secrets.get(name)]
        address = f"{str(self.settings.options.get('public_url', '')).rstrip('/')}/exchange/{self.settings.name}/1c_exchange.php"
        ru, en = (
            (f"нет {', '.join(lacking)}", f"{', '.join(lacking)} missing") if lacking else (f"адрес {address}", f"the address is {address}")
        )
        secrets = Finding(
            "exchange",
            not lacking,
            f"Обмен с сайтом: {ru}",
            f"Exchange with a site: {en}",
            NODE[0].format(address),
            NODE[1].format(address),
        )
        prefix = Finding(
            "number_prefix", len(self.prefix) <= 3, f"Приставка номеров: «{self.prefix}»", f"Prefix of numbers: {self.prefix!r}",
            "config.yaml → options.number_prefix: не длиннее трёх знаков", "config.yaml → options.number_prefix: three characters at most",
        )  # fmt: skip
        return Health((secrets, prefix, self._heard()))

    def _heard(self) -> Finding:
        """Whether 1C comes at all: nobody else would miss it."""
        last, owed = self.shelf.heard()
        now = self.clock().timestamp()
        late = last is None or now - last > DAY
        at = datetime.fromtimestamp(last, ZoneInfo(self.settings.timezone)).strftime("%Y-%m-%d %H:%M") if last is not None else ""
        ru, en = (
            (f"1С забирала заказы {at}", f"1C fetched orders at {at}")
            if at
            else ("1С ещё не забирала заказы", "1C has not fetched orders yet")
        )
        waits = (f"; ждут её {owed}", f"; {owed} wait for it") if owed else ("", "")
        return Finding("exchanged", not late, ru + waits[0], en + waits[1], SCHEDULE[0], SCHEDULE[1], warn=True)
