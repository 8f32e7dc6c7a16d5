"""The contract's methods for CloudPayments. Everything is read: a payment is the buyer's doing, and a refund returns money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.cloudpayments import catalogue, health, webhook
from connectors.cloudpayments.api import Api
from connectors.cloudpayments.manifest import MANIFEST, PAYMENTS, REFUNDS
from connectors.cloudpayments.shape import UNFINISHED, is_refund, moment, remote
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
)
from connectors.errors import Missing, Rejected

Json = Any
PAGE = 100  # rows of a page (cloudpayments docs: v2/payments/list)
OVERLAP = timedelta(minutes=5)
HOLD = timedelta(days=8)  # a hold ends by itself after seven days (cloudpayments docs: two-stage payments)
HISTORY_DAYS = 400  # a payment can be refunded within a year


def create(settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Cloudpayments:
    """The connector of one site's terminal."""
    return Cloudpayments(settings, limiter, clock)


class Cloudpayments:
    """One terminal."""

    manifest = MANIFEST
    acknowledgement = '{"code":0}'  # any other answer is a failure, and the notification comes up to a hundred times

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self.api, self.settings, self.clock = Api(settings, limiter), settings, clock

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Transactions by the time of their creation, the only order there is. Payments that may still be confirmed or cancelled are kept in
        the cursor (``open``: id -> creation) and asked for one by one each time."""
        begin = self.clock().astimezone(UTC) - timedelta(days=int(self.settings.options.get("history_days", HISTORY_DAYS)))
        since, page = str(cursor.get("since") or begin.isoformat(timespec="seconds")), int(cursor.get("page", 1))
        newest, held = str(cursor.get("newest") or since), dict(cursor.get("open") or {})
        finished = self._again(held) if page == 1 and resource == PAYMENTS else []
        while True:
            asked = {"CreatedDateGte": since, "CreatedDateLte": self._end(), "PageNumber": page, "TimeZone": "MSK"}
            rows = self.api.ask("v2/payments/list", **asked) or []
            newest = max([newest, *(f"{moment(row.get('CreatedDate'))}+00:00" for row in rows)])
            objects = [remote(row, "list") for row in rows if is_refund(row) == (resource == REFUNDS)]
            held |= {one.id: one.data["created"] for one in objects if one.data["Status"] in UNFINISHED and resource == PAYMENTS}
            last, page = len(rows) < PAGE, page + 1
            following = {"since": self._trailing(newest, since)} if last else {"since": since, "page": page, "newest": newest}
            yield Page([*finished, *objects], following | ({"open": dict(held)} if held else {}), last)
            finished = []
            if last:
                return

    def _again(self, held: dict[str, str]) -> list[Remote]:
        """Unfinished payments as they are now; those that are finished, or too old to be, leave ``held``."""
        oldest = (self.clock().astimezone(UTC) - HOLD).isoformat(timespec="seconds").removesuffix("+00:00")
        seen = self.fetch(PAYMENTS, list(held))
        still = {one.id for one in seen if one.data["Status"] in UNFINISHED and one.data["created"] > oldest}
        for ident in held.keys() - still:
            del held[ident]
        return [Remote(one.id, one.data, "list") for one in seen]

    def _end(self) -> str:
        """A day ahead: the vendor's clock may be."""
        return (self.clock().astimezone(UTC) + timedelta(days=1)).isoformat(timespec="seconds")

    @staticmethod
    def _trailing(newest: str, since: str) -> str:
        return max(since, (datetime.fromisoformat(newest) - OVERLAP).isoformat(timespec="seconds"))

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """One by one: the API knows one id at a time."""
        found = []
        for ident in ids:
            try:
                row = self.api.ask("payments/get", TransactionId=int(ident)) if ident.isdigit() else None
            except Missing:
                continue
            if row and is_refund(row) == (resource == REFUNDS):
                found.append(remote(row, "fetch"))
        return found

    def directory(self, name: str) -> list[DirectoryValue]:
        return catalogue.KINDS if name == "payment_kind" else []

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """Refused: what is written here moves money."""
        return [Outcome(error=Rejected("the hub writes nothing to an acquirer")) for _ in writes]

    def receive(self, request: WebhookRequest) -> list[Hint]:
        return webhook.receive(request, self.settings.secrets.get("api_secret", ""))

    def subscribe(self, url: str) -> Subscription:
        """The API has no subscriptions: addresses are typed in the cabinet."""
        return Subscription(())

    def fields(self, resource: str) -> list[RemoteField]:
        return [RemoteField(path, kind.lstrip("-"), False) for path, kind in catalogue.STATIC[resource].items()]

    def check(self) -> Health:
        return health.check(self.api)
