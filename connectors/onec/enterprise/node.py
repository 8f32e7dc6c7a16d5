"""The contract's methods for a base in which the hub is a node of the plan of exchange: what it showed last is kept on the shelf, what is written waits
there for the next round."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from connectors import waiting
from connectors.contract import (
    DirectoryValue,
    Finding,
    Health,
    Outcome,
    Page,
    Remote,
    RemoteField,
    SystemSettings,
    Write,
)
from connectors.errors import ConnectorError, Rejected, Settled
from connectors.exchange import Brought, Laid, Reached, Shelf
from connectors.onec.api import Api
from connectors.onec.commerceml.documents import Unusable
from connectors.onec.enterprise import message, objects
from connectors.onec.enterprise.catalogue import GOODS, STATIC
from connectors.onec.enterprise.client import SERVICE, Client, File
from connectors.onec.soap.arguments import over
from connectors.onec.soap.service import Services

Json = Any
CUSTOMERS, ORDERS = "ed_customers", "ed_orders"
VERSION = "1.16"
WANTED, BEFORE = "wanted", "before"  # of a laid document: what is to be written, and what stood there when that was decided
NODE = ("1С → Администрирование → Синхронизация данных → Настройка через универсальный формат: узел с кодом {}, ручной обмен",
        "1C → Administration → Data synchronisation → the universal format: a node with the code {}, exchanged by hand")  # fmt: skip
PUBLISH = ("Конфигуратор → Администрирование → Публикация на веб-сервере → «Публиковать Web-сервисы»: {}",
           "Designer → Administration → Publishing on the web server → web services: {}")  # fmt: skip
CODE = "config.yaml → systems.{}.options.enterprisedata.node"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that the base has written for us."""

    client: Client
    file: File

    def pieces(self) -> Iterator[bytes]:
        return self.client.parts(self.file)

    def kept(self) -> None:
        self.client.confirm(self.file)


class Node:
    """One base."""

    shelf: Shelf

    def __init__(
        self, settings: SystemSettings, api: Api, clock: Callable[[], datetime], sleep: Callable[[float], None] = waiting.sleep
    ) -> None:
        options: Mapping[str, Json] = settings.options.get("enterprisedata") or {}
        self.name, self.api, self.clock = settings.name, api, clock
        self.peer, self.version = str(options.get("node") or ""), str(options.get("version") or VERSION)
        self.constants: Mapping[str, Json] = options.get("order") or {}
        self.client = Client(Services(api, settings.url), self.peer, sleep)

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Nothing is asked for by resource: a round brings all that changed."""
        yield Page([], {"done": True}, True)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """What the base showed last of these, and what was handed to it since."""
        return [Remote(one.number, look(one), "fetch") for one in (self.shelf.numbered(resource, ids) if ids else [])]

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        return self.fetch(resource, values) if key == "hub" else []

    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        return self.fetch(resource, [write.key for write in writes])

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """Each document is laid out whole, and goes with the next message."""
        return [self._laid(resource, write) for write in writes]

    def _laid(self, resource: str, write: Write) -> Outcome:
        try:
            if resource not in (CUSTOMERS, ORDERS):
                raise Rejected("a receipt written from outside is not fiscalised: receipts are only read", code="written")
            number = write.id or write.key
            held = next(iter(self.shelf.numbered(resource, [number])), None)
            if held is not None and held.document is None and held.seen is None:
                raise Settled("the person was erased: what 1C has stays as it is")
            document = decided(held, write.data)
            laid = self.shelf.lay(resource, write.key, [number], document, known=write.id is not None)
        except ConnectorError as error:
            return Outcome(error=error)
        except LookupError:
            return Outcome(error=Rejected("another record of the hub has this object", field="Ссылка"))
        return Outcome(Remote(laid.number, look(laid), "answer"))

    def fetched(self) -> Prepared | None:
        found = self.client.prepare()
        return Prepared(self.client, found) if found else None

    def reached(self, file: BinaryIO) -> Reached:
        _, head = message.checked(file)
        return Reached(head.sender, head.number, head.received, head.bears)

    def hand(self, laid: Sequence[Laid], at: Reached) -> None:
        buyers = self._buyers(laid)
        told = [self._told(one, buyers) for one in sorted(laid, key=lambda one: one.number in buyers, reverse=True)]
        body = message.written(told, message.Head(at.peer, at.number, at.received), peer=self.peer, version=self.version, now=self.clock())
        self.client.loaded(self.client.put(str(uuid.uuid4()), body))

    def _buyers(self, laid: Sequence[Laid]) -> dict[str, Mapping[str, Json]]:
        """Customers whom these orders name."""
        named = [str(whole(one)["Контрагент"]) for one in laid if whole(one).get("Контрагент")]
        return {one.number: whole(one) for one in self.shelf.numbered(CUSTOMERS, list(dict.fromkeys(named)))}

    def _told(self, laid: Laid, buyers: Mapping[str, Mapping[str, Json]]) -> str:
        data = whole(laid)
        if "Товары" in data or "Контрагент" in data:
            return objects.order_xml(laid.number, data, buyers.get(str(data.get("Контрагент"))), self.constants)
        return objects.customer_xml(laid.number, data)

    def checked(self, file: BinaryIO, name: str) -> list[str]:
        return [message.checked(file)[0]]

    def names(self, resource: str, number: str, seen: Mapping[str, Json]) -> list[str] | None:
        return [str(seen["Артикул"])] if resource == GOODS and seen.get("Артикул") else None

    def incomplete(self, resource: str, number: str, seen: Mapping[str, Json]) -> bool:
        return False

    def brought(self, file: BinaryIO, inner: str) -> Iterator[Brought]:
        """Objects of the kinds that are known here; others are passed over. What was deleted is told as no longer current."""
        for piece in message.things(file, inner, frozenset({*objects.RESOURCES, objects.DELETED})):
            node = piece.node
            if piece.trouble:
                yield Brought(trouble=f"{node.name}: {piece.trouble}", line=piece.line)
                continue
            try:
                if node.name == objects.DELETED:
                    yield from (
                        Brought(resource, number, {"archived": True}, line=piece.line, proves=False)
                        for resource, number in objects.deleted(node)
                    )
                else:
                    yield Brought(
                        objects.RESOURCES[node.name], objects.ident(node), objects.shown(node), whole=True, line=piece.line, proves=False
                    )
            except (Unusable, ArithmeticError, LookupError, TypeError, ValueError) as error:
                yield Brought(trouble=f"{node.name}: {error}", line=piece.line)

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        return dict(self.shelf.goods(keys))

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        return self.shelf.names(values)

    def directory(self, name: str) -> list[DirectoryValue]:
        return []

    def fields(self, resource: str) -> list[RemoteField]:
        return [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items()]

    def check(self) -> Health:
        """Whether the service is published, and the base knows our node."""
        if not self.peer:
            fix = CODE.format(self.name)
            return Health((Finding("node", False, "Не задан код узла хаба", "The code of the hub's node is not set", fix, fix),))
        try:
            self.client.test()
        except ConnectorError as error:
            ru, en = PUBLISH if error.code in ("404", "no_service") else NODE
            what = SERVICE if error.code in ("404", "no_service") else self.peer
            text = f"EnterpriseData: {error.message}"
            return Health((Finding("node", False, text, text, ru.format(what), en.format(what)),), self.api.http.clock.skew)
        return Health(
            (Finding("node", True, f"Узел {self.peer}: соединение есть", f"Node {self.peer}: connected"), self._goods()),
            self.api.http.clock.skew,
        )

    def _goods(self) -> Finding:
        last, owed = self.shelf.heard()
        ru, en = (f"ждут отправки: {owed}", f"waiting to be sent: {owed}") if owed else ("всё отправлено", "all is sent")
        return Finding("messages", True, f"Сообщения: {ru}", f"Messages: {en}")


def decided(held: Laid | None, news: Mapping[str, Json]) -> dict[str, Json]:
    """The document after a write. What the base has shown since it had the last one is what this one is over."""
    before = held.document if held is not None and held.document is not None and not held.settled else {}
    wanted = over(before.get(WANTED, {}), news)
    return {WANTED: wanted, BEFORE: stood(wanted, (held.seen if held else None) or {})}


def stood(wanted: Mapping[str, Json], seen: Mapping[str, Json]) -> dict[str, Json]:
    """What the base shows at the places that are to be written."""
    return {
        name: stood(value, there) if isinstance(value, Mapping) and isinstance(there := seen.get(name), Mapping) else seen.get(name)
        for name, value in wanted.items()
    }


def look(laid: Laid) -> dict[str, Json]:
    """The object as it is, as far as is known: what was laid out stands where the base has shown nothing else since."""
    seen = dict(laid.seen or {"Ссылка": laid.number, "archived": False})
    if laid.document is not None and not laid.settled:
        seen = dict(laid_over(seen, laid.document[WANTED], laid.document[BEFORE]))
    return {**seen, "hub_key": laid.key if laid.key == laid.number else ""}


def laid_over(seen: Mapping[str, Json], wanted: Mapping[str, Json], before: Mapping[str, Json]) -> dict[str, Json]:
    """``wanted`` over ``seen``, but for what is not as it was ``before``: that somebody has changed, or the base has put into a form of its own."""
    both = dict(seen)
    for name, value in wanted.items():
        there, was = seen.get(name), before.get(name)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            both[name] = laid_over(there, value, was if isinstance(was, Mapping) else {})
        elif there == was:
            both[name] = value
    return both


def whole(laid: Laid) -> Mapping[str, Json]:
    """All of an object as it is to be told."""
    return over(laid.seen or {}, laid.document[WANTED]) if laid.document else laid.seen or {}
