"""Facts about RetailCRM (the vendor's pages APIRules and WorkingHistoryAPI; constants of its Go client), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling

WHOLE = Representation()
NAMED = Representation(carries=frozenset({"id", "externalId"}), absent_is_empty=False)  # a write is answered with ids
VIEWS = {"list": WHOLE, "fetch": WHOLE, "answer": NAMED}
TRIGGERS = ("RetailCRM → Настройки → Коммуникации → Правила и триггеры: отключите правила с письмами и SMS, после включите",
            "RetailCRM → Settings → Communications → Rules and triggers: switch off those with mails and SMS, afterwards on again")  # fmt: skip
KEY = ("RetailCRM → Настройки → Интеграция → Ключи доступа к API: {}", "RetailCRM → Settings → Integration → API access keys: {}")
CURES = {
    "403": (KEY[0].format("отметьте методы этой сущности и магазин"), KEY[1].format("tick the methods of this entity, and the store")),
    "site": ("config.yaml → systems → options.site: код магазина", "config.yaml → systems → options.site: the code of the store"),
}
# A repeated create is refused by its externalId, and answered here with the object made before
CREATE = Operation("keyed", find_by="hub", settles_after=5.0, side_effects=("mail: trigger", "sms: trigger"), switch=TRIGGERS)

HISTORY = Telling(
    frozenset({"changed", "deleted"}),
    typed=True,
    gone=True,
    echo="history: apiKey.current",
    source="vendor's pages: WorkingHistoryAPI, triggers",
)
LINES = Telling(
    frozenset({"changed"}),
    echo="history: apiKey.current",
    source="vendor's pages: WorkingHistoryAPI (order_product.status), orders: items[].status",
)
SILENT = Telling(source="vendor's page APIRules: calls have neither history nor triggers")
SWEPT = Telling(source="vendor's page on customers: filter[segment]; who left a segment is in no list")
SHELVED = Telling(source="vendor's page on the store methods: neither history nor triggers")

MANIFEST = Manifest(
    vendor="retailcrm",
    title="RetailCRM",
    resources={
        "customers": ResourceManifest(
            entity="customer",
            operations={"create": CREATE, "update": Operation("safe", settles_after=5.0)},
            representations=VIEWS,
            batch=50,  # as the vendor's own modules do
            fetch_batch=100,
            found_by=("phone", "email"),
            telling=HISTORY,
        ),
        "orders": ResourceManifest(
            entity="order",
            operations={
                "create": CREATE,
                "update": Operation(
                    "safe",
                    settles_after=5.0,
                    side_effects=("mail: trigger", "sms: trigger"),
                    effect_paths=frozenset({"status", "returned"}),
                    switch=TRIGGERS,
                ),
            },
            representations=VIEWS,
            batch=50,
            fetch_batch=100,
            effect_paths=frozenset({"status", "returned"}),
            telling=HISTORY,
        ),
        "call": ResourceManifest(
            entity="call",
            operations={"create": Operation("keyed", find_by="hub", settles_after=5.0)},  # a repeated one is told as a duplicate
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            batch=50,
            fetched=False,  # no method returns calls
            listed=False,
            fact=True,
            telling=SILENT,
        ),
        # a catalogue file makes offers: the API prices them. Absolute values: the same upload twice is one
        "offers": ResourceManifest(
            entity="product",
            operations={"update": Operation("safe", settles_after=5.0)},
            representations=VIEWS,
            batch=250,
            fetch_batch=100,
            telling=SHELVED,
        ),
        "inventories": ResourceManifest(
            entity="stock",
            operations={"create": Operation("safe", settles_after=5.0), "update": Operation("safe", settles_after=5.0)},
            representations=VIEWS,
            batch=250,
            fetch_batch=100,
            incremental=False,
            telling=SHELVED,
        ),
        # lines whose status says that they came back (options.returned), told by their orders
        "returns": ResourceManifest(
            entity="return",
            operations={},
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            fetch_batch=100,
            writable=False,
            telling=LINES,
        ),
        # the customers of each segment, whole: who is shown no longer is asked for by id
        "segments": ResourceManifest(
            entity="segment_membership",
            operations={},
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            fetch_batch=100,
            writable=False,
            incremental=False,
            every=3600.0,
            vanishes=frozenset({"member"}),
            telling=SWEPT,
        ),
    },
    cures=CURES,
    lookups=("goods_by_sku",),
    limits=(Limit("window", 10, 1.0), Limit("parallel", 4)),  # of one key; telephony has 40 of its own, which is not needed
    directories={
        "order_status": "reference/statuses by code",
        "payment_kind": "reference/payment-types by code",
        "delivery_kind": "reference/delivery-types by code",
        "channel": "reference/order-methods by code",
        "store": "reference/stores by code",
        "organisation": "reference/legal-entities by code",
        "employee": "users by id",
        "price_type": "reference/price-types by code",
    },
)
