"""Facts about CDEK (api-docs.cdek.ru, API v2; the vendor's PHP SDK 2.0), as data."""

from __future__ import annotations

from connectors.cdek.states import ENDED
from connectors.contract import Limit, Manifest, Representation, ResourceManifest, Telling

ORDERS = "orders"
WHOLE = Representation()

MANIFEST = Manifest(
    vendor="cdek",
    title="СДЭК",
    resources={
        # no list of orders and no "changed since" exist: known ones are asked for by id, since a webhook that failed is not sent again
        ORDERS: ResourceManifest(
            entity="order",
            operations={},
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            fetch_batch=1,
            listed=False,
            writable=False,
            revisit=1800.0,
            rests={"status": ENDED},
            telling=Telling(frozenset({"changed"}), source="cdek docs: webhooks, ORDER_STATUS; one address a type and account"),
        )
    },
    # none published: what a careful client keeps to
    limits=(Limit("window", 5, 1.0), Limit("parallel", 2)),
    directories={"payment_kind": "card or cash, as the courier took it at the door"},
)
