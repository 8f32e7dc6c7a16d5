"""Facts about CloudPayments (developers.cloudpayments.ru, copy of August 2026), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Representation, ResourceManifest, Telling

PAYMENTS, REFUNDS = "payments", "refunds"
VIEWS = {"list": Representation(), "fetch": Representation(), "answer": Representation()}
TOLD = Telling(
    frozenset({"changed"}), typed=True, source="cloudpayments docs: notifications, whose addresses are typed in the cabinet of each site"
)

MANIFEST = Manifest(
    vendor="cloudpayments",
    title="CloudPayments",
    resources={
        # nothing is written: a payment is the buyer's doing, and a refund returns money
        PAYMENTS: ResourceManifest(
            entity="order", operations={}, representations=VIEWS, fetch_batch=1, writable=False, overlap=300.0, telling=TOLD
        ),
        REFUNDS: ResourceManifest(
            entity="return", operations={}, representations=VIEWS, fetch_batch=1, writable=False, overlap=300.0, telling=TOLD
        ),
    },
    # 5 requests at once for test terminals, 30 for live ones, above it 429 (cloudpayments docs: limits)
    limits=(Limit("parallel", 5),),
    plans={"live": (Limit("parallel", 30),)},
    directories={"payment_kind": "card or sbp, told by whether a transaction has a card"},
)
