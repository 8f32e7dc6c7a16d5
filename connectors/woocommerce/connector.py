"""The contract's methods for WooCommerce."""

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
)  # fmt: skip
from connectors.errors import ConnectorError, Unauthorized, Unknown
from connectors.woocommerce import webhook
from connectors.woocommerce.api import Api
from connectors.woocommerce.manifest import MANIFEST

Json = Any
PER_PAGE = 100
GROUP = 20  # objects in one batch write: what a crash may repeat
KEY = "sverka_id"
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed")


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Woocommerce:
    return Woocommerce(settings, limiter, clock)


class Woocommerce:
    """One shop."""

    manifest = MANIFEST

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.settings, self.clock = settings, clock
        self.api = Api(settings, limiter, clock)

    # reading --------------------------------------------------------------------------------------------

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Orders by time of change with an overlap; customers, which have no such filter, by a sweep in id order."""
        mark, page = str(cursor.get("mark", "")), int(cursor.get("page", 1))
        newest = str(cursor.get("newest", mark))
        while True:
            params: dict[str, Json] = {"per_page": PER_PAGE, "page": page, "order": "asc", "orderby": "id"}
            if resource == "customers":
                params["role"] = "all"
            elif mark:
                params |= {"orderby": "modified", "modified_after": self._before(mark), "dates_are_gmt": "true"}
            rows, headers = self.api.get(resource, params)
            newest = max([newest, *(str(row.get("date_modified_gmt") or "") for row in rows)])
            last = len(rows) < PER_PAGE
            following = {"mark": newest} if last else {"mark": mark, "page": page + 1, "newest": newest}
            total = int(headers["X-WP-Total"]) if headers.get("X-WP-Total", "").isdigit() else None
            yield Page([Remote(str(row.get("id", "")), row, "list") for row in rows], following, last, total)
            if last:
                return
            page += 1

    @staticmethod
    def _before(mark: str) -> str:
        return (datetime.fromisoformat(mark) - timedelta(seconds=60)).isoformat()

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        found: list[Remote] = []
        for start in range(0, len(ids), PER_PAGE):
            chunk = [i for i in ids[start : start + PER_PAGE] if i.isdigit()]
            params: dict[str, Json] = {"include": ",".join(chunk), "per_page": PER_PAGE}
            params |= {"role": "all"} if resource == "customers" else {"status": "any"}
            if chunk:
                found += [Remote(str(row["id"]), row, "fetch") for row in self.api.get(resource, params)[0]]
        return found

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """Customers by e-mail; orders by hub key among those made over the API in the last days (no list filter by meta exists)."""
        found: list[Remote] = []
        if resource == "customers" and key == "email":
            for value in values:
                found += [Remote(str(r["id"]), r, "fetch") for r in self.api.get(resource, {"email": value, "role": "all"})[0]]
        elif resource == "orders" and key == "hub":
            since = (self.clock() - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S")
            page = 1
            while True:
                rows, _ = self.api.get(
                    resource, {"after": since, "dates_are_gmt": "true", "created_via": "rest-api", "per_page": PER_PAGE, "page": page}
                )
                found += [Remote(str(r["id"]), r, "fetch") for r in rows if hub_key(r) in values]
                if len(rows) < PER_PAGE:
                    break
                page += 1
        return found

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """``goods_by_sku``: SKU -> product id (the shop's own lines are recognised by SKU alone)."""
        found: dict[str, Json] = {}
        for start in range(0, len(keys), 50):
            rows, _ = self.api.get("products", {"sku": ",".join(keys[start : start + 50]), "per_page": PER_PAGE})
            found |= {str(row["sku"]): row["id"] for row in rows if row.get("sku")}
        return found

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        rows, _ = self.api.get("products", {"include": ",".join(str(v) for v in values), "per_page": PER_PAGE})
        return {str(row["id"]): str(row["sku"]) for row in rows if row.get("sku")}

    def directory(self, name: str) -> list[DirectoryValue]:
        return [DirectoryValue(s, s) for s in STATUSES] if name == "order_status" else []

    # writing ------------------------------------------------------------------------------------------------

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for start in range(0, len(writes), GROUP):
            outcomes += self._group(resource, writes[start : start + GROUP])
        return outcomes

    def _group(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        creates = [w for w in writes if w.id is None]
        updates = [w for w in writes if w.id is not None]
        body = {"create": [created(w) for w in creates], "update": [updated(w) for w in updates]}
        try:
            answer = self.api.send("POST", f"{resource}/batch", body, safe=False)
        except ConnectorError as error:
            return [Outcome(error=error) for _ in writes]
        results = dict(zip([w.key for w in creates], answer.get("create") or (), strict=False))
        results |= dict(zip([w.key for w in updates], answer.get("update") or (), strict=False))
        return [self._outcome(results.get(w.key)) for w in writes]

    def _outcome(self, row: Json) -> Outcome:
        if not isinstance(row, dict):
            return Outcome(error=Unknown("the batch answer lacks this item"))
        if "error" in row:
            status = row["error"].get("data", {}).get("status", 400) if isinstance(row["error"].get("data"), dict) else 400
            return Outcome(error=self.api.error(row["error"], int(status)))
        return Outcome(Remote(str(row["id"]), row, "answer"))

    # webhooks, subscriptions, health --------------------------------------------------------------------------

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.settings.webhook_secret)

    def subscribe(self, url: str) -> Subscription:
        """Every needed topic active at ``url``; a disabled webhook is revived (the shop disables after failures)."""
        topics = [f"{kind}.{event}" for kind in ("customer", "order") for event in ("created", "updated", "deleted")]
        held = {w["topic"]: w for w in self.api.get("webhooks", {"per_page": PER_PAGE})[0] if w.get("delivery_url") == url}
        repaired = []
        for topic in topics:
            if topic not in held:
                body = {"name": f"Sverka {topic}", "topic": topic, "delivery_url": url, "secret": self.settings.webhook_secret}
                self.api.send("POST", "webhooks", body, safe=False)
                repaired.append(topic)
            elif held[topic].get("status") != "active":
                self.api.send("PUT", f"webhooks/{held[topic]['id']}", {"status": "active"}, safe=True)
                repaired.append(topic)
        return Subscription(tuple(topics), tuple(repaired))

    def check(self) -> Health:
        """Whether the keys may read customers and orders."""
        findings = []
        for resource, ru in (("customers", "клиентов"), ("orders", "заказы")):
            try:
                self.api.get(resource, {"per_page": 1})
                findings.append(Finding(resource, True, f"Ключ читает {ru}", f"The key reads {resource}"))
            except Unauthorized:
                fix = "WooCommerce → Настройки → Дополнительно → REST API: ключ с правами «Чтение/Запись»"
                findings.append(Finding(resource, False, f"Ключ не читает {ru}", f"The key may not read {resource}", fix, fix))
            except ConnectorError as error:
                findings.append(
                    Finding(resource, False, f"Магазин не ответил: {error.message}", f"The shop did not answer: {error.message}")
                )
        return Health(tuple(findings))


def hub_key(row: Mapping[str, Json]) -> str:
    """The hub key inside an object's meta_data, or empty."""
    return next((str(m.get("value")) for m in row.get("meta_data") or () if m.get("key") == KEY), "")


def created(write: Write) -> dict[str, Json]:
    """The body of a create: what is written plus the hub key."""
    body = {k: v for k, v in write.data.items() if v is not None}
    body["meta_data"] = [*(body.get("meta_data") or ()), {"key": KEY, "value": write.key}]
    if "line_items" in body:
        body["line_items"] = [{k: v for k, v in line.items() if k != "id"} for line in body["line_items"]]
    return body


def updated(write: Write) -> dict[str, Json]:
    """The body of an update: lines that went are removed by quantity 0 (woocommerce docs: order lines on update)."""
    body = dict(write.data) | {"id": int(write.id or 0)}
    if "line_items" in body:
        stay = {line["id"] for line in body["line_items"] if line.get("id")}
        gone = [{"id": line["id"], "quantity": 0} for line in (write.held or {}).get("line_items") or () if line["id"] not in stay]
        body["line_items"] = [*body["line_items"], *gone]
    return body
