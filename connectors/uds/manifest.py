"""Facts about UDS (uds docs: Partner API v2, knowledge base), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling

WHOLE = Representation()
VIEWS = {"list": WHOLE, "fetch": WHOLE, "answer": WHOLE}
CREATED_FOR = "created_for"  # not the vendor's: the hub key of the fact that an operation was found for
BY_PHONE = (
    "UDS Бизнес → Настройки → Интеграция: включите «Продажа по номеру телефона»; чтобы покупатели тратили баллы без кода — «Списание по номеру телефона»",
    "UDS Business → Settings → Integration: switch 'Purchase by phone' on, and 'Points by phone' where buyers shall spend points without a code",
)

MANIFEST = Manifest(
    vendor="uds",
    title="UDS",
    resources={
        # joined in the app, or made by a sale by phone: no method makes or changes one
        "customers": ResourceManifest(
            entity="customer",
            operations={},
            representations=VIEWS,
            fetch_batch=1,
            writable=False,
            telling=Telling(
                frozenset({"changed"}), typed=True, source="uds docs: webhooks of new customers and operations, typed in the cabinet"
            ),
        ),
        "operations": ResourceManifest(
            entity="loyalty_operation",
            operations={
                # a nonce guards a sale, and nothing a refund; both are found among the newest operations, before either is repeated
                "create": Operation("findable", find_by="hub", settles_after=30.0, side_effects=("push: operation",)),
            },
            representations=VIEWS,
            fact=True,
            one_by_one=True,
            listed=False,
            fetch_batch=1,
            embeds=frozenset({"customer"}),
            telling=Telling(source="uds docs: webhooks of operations, which say that the customer's points moved"),
        ),
    },
    limits=(Limit("window", 5, 1.0), Limit("parallel", 2)),  # none published: what a careful client keeps to
    cures={"purchaseByPhoneDisabled": BY_PHONE, "withdrawNotPermitted": BY_PHONE},
)
