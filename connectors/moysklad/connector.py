"""The contract's methods for MoySklad."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.contract import (
    DirectoryValue,
    Finding,
    Health,
    Hint,
    Limiter,
    Outcome,
    Page,
    Remote,
    Subscription,
    SystemSettings,
    TokenStore,
    WebhookRequest,
    Write,
)
from connectors.errors import ConnectorError, Unauthorized, Unknown
from connectors.moysklad import webhook
from connectors.moysklad.api import Api
from connectors.moysklad.manifest import MANIFEST
from connectors.moysklad.shape import Shapes

Json = Any
PAGE = 100  # expand is silently ignored above this (moysklad docs: expand)
GROUP = 50  # objects in one array: what a crash may repeat
DOCUMENTS = frozenset({"customerorder", "retaildemand"})
DIRECTORIES = {"store": "store", "organisation": "organization", "employee": "employee"}


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Moysklad:
    return Moysklad(settings, limiter, clock)


class Moysklad:
    """One account."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.api = Api(settings, limiter, clock)
        self.shapes = Shapes(self.api)

    # reading --------------------------------------------------------------------------------------------

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Rows in order of change from the mark on; the next request begins at the last row's time and skips those seen of that time."""
        mark, skip = str(cursor.get("mark", "")), int(cursor.get("skip", 0))
        if cursor.get("done") and mark:
            mark, skip = self._before(mark), 0
        while True:
            params = self._params(resource) | {"limit": PAGE, "offset": skip, "order": "updated,asc"}
            if mark:
                params["filter"] = f"updated>={mark}"
            answer = self.api.get(f"entity/{resource}", params)
            rows = answer["rows"]
            last = len(rows) < PAGE
            if rows:
                newest = rows[-1]["updated"]
                same = sum(1 for row in rows if row["updated"] == newest)
                skip = skip + same if newest == mark else same
                mark = newest
            following: dict[str, Json] = {"mark": mark, "done": True} if last else {"mark": mark, "skip": skip}
            yield Page([self._remote(resource, row, "list") for row in rows], following, last, answer["meta"].get("size"))
            if last:
                return

    @staticmethod
    def _before(mark: str) -> str:
        return (datetime.fromisoformat(mark) - timedelta(seconds=60)).strftime("%Y-%m-%d %H:%M:%S")

    @staticmethod
    def _params(resource: str) -> dict[str, Json]:
        return {"expand": "positions"} if resource in DOCUMENTS else {}

    def _remote(self, resource: str, row: dict[str, Json], view: str) -> Remote:
        return Remote(str(row.get("id", "")), self.shapes.shown(resource, row), view)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        return self._filtered(resource, "id", ids)

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """By hub key (``externalCode``), phone, e-mail or card, as exact text."""
        field = {"hub": "externalCode", "phone": "phone", "email": "email", "card": "discountCardNumber"}[key]
        return self._filtered(resource, field, values)

    def _filtered(self, resource: str, field: str, values: Sequence[str]) -> list[Remote]:
        found: list[Remote] = []
        for start in range(0, len(values), 50):
            condition = ";".join(f"{field}={value}" for value in values[start : start + 50])
            answer = self.api.get(f"entity/{resource}", self._params(resource) | {"limit": PAGE, "filter": condition})
            found += [self._remote(resource, row, "fetch") for row in answer["rows"]]
        return found

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """``goods_by_sku``: SKU -> address of the goods, by code, then by article."""
        found: dict[str, Json] = {}
        for field in ("article", "code"):
            for start in range(0, len(keys), 50):
                condition = ";".join(f"{field}={key}" for key in keys[start : start + 50])
                rows = self.api.get("entity/assortment", {"filter": condition, "limit": 1000})["rows"]
                found |= {str(row[field]): row["meta"]["href"] for row in rows if row.get(field)}
        return found

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        ids = [str(v).rsplit("/", 1)[-1] for v in values]
        for start in range(0, len(ids), 50):
            condition = ";".join(f"id={i}" for i in ids[start : start + 50])
            for row in self.api.get("entity/assortment", {"filter": condition, "limit": 1000})["rows"]:
                found[row["meta"]["href"]] = str(row.get("code") or row.get("article"))
        return found

    def directory(self, name: str) -> list[DirectoryValue]:
        if name == "order_status":
            return [DirectoryValue(s, s) for s in self.shapes.states("customerorder", True)]
        if name in DIRECTORIES:
            return [
                DirectoryValue(n, n, not row.get("archived")) for n, row in self.shapes.rows(f"entity/{DIRECTORIES[name]}", True).items()
            ]
        return []

    # writing ------------------------------------------------------------------------------------------------

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for start in range(0, len(writes), GROUP):
            outcomes += self._group(resource, writes[start : start + GROUP])
        return outcomes

    def _group(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        bodies: dict[int, Json] = {}
        try:
            self.shapes.warm(resource)  # an answer must be readable without another request
        except ConnectorError as error:
            return [Outcome(error=error) for _ in writes]
        for i, write in enumerate(writes):
            try:
                bodies[i] = self.shapes.body(resource, write)
            except ConnectorError as error:
                outcomes[i] = Outcome(error=error)
        try:
            answer = self.api.send("POST", f"entity/{resource}", list(bodies.values())) if bodies else []
        except ConnectorError as error:
            return [outcomes.get(i, Outcome(error=error)) for i in range(len(writes))]
        rows = answer if isinstance(answer, list) else []
        for i, row in zip(bodies, rows, strict=False):
            failed = not isinstance(row, dict) or "errors" in row
            outcomes[i] = Outcome(error=self.api.error(row)) if failed else Outcome(self._remote(resource, row, "answer"))
        return [outcomes.get(i, Outcome(error=Unknown("the answer lacks this item"))) for i in range(len(writes))]

    # webhooks, subscriptions, health --------------------------------------------------------------------------

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request)

    def subscribe(self, url: str) -> Subscription:
        """One webhook for each kind and action at ``url``; a disabled one is enabled."""
        wanted = [(kind, action) for kind in MANIFEST.resources for action in ("CREATE", "UPDATE", "DELETE")]
        held = {(w["entityType"], w["action"]): w for w in self.api.get("entity/webhook", {"limit": 100})["rows"] if w.get("url") == url}
        repaired = []
        for kind, action in wanted:
            if (kind, action) not in held:
                self.api.send("POST", "entity/webhook", {"url": url, "action": action, "entityType": kind})
                repaired.append(f"{kind} {action}")
            elif held[kind, action].get("enabled") is False:
                self.api.send("PUT", f"entity/webhook/{held[kind, action]['id']}", {"enabled": True})
                repaired.append(f"{kind} {action}")
        return Subscription(tuple(f"{k} {a}" for k, a in wanted), tuple(repaired))

    def check(self) -> Health:
        """Whether the token works and sees what is needed."""
        findings = []
        for path, ru, en in (
            ("context/employee", "Токен принят", "The token is accepted"),
            ("entity/counterparty", "Контрагенты видны", "Counterparties are seen"),
        ):
            try:
                self.api.get(path, {"limit": 1} if path.startswith("entity") else None)
                findings.append(Finding(path, True, ru, en))
            except Unauthorized as error:
                fix = "МойСклад → Настройки → Токены: выпустите токен и впишите его в окружение"
                findings.append(Finding(path, False, f"Нет доступа: {error.message}", f"No access: {error.message}", fix, fix))
            except ConnectorError as error:
                findings.append(Finding(path, False, f"Нет ответа: {error.message}", f"No answer: {error.message}"))
        return Health(tuple(findings))
