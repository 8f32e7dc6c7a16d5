"""Facts about InSales (insales docs: InSales API; its Ruby and PHP clients), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling

WHOLE = Representation()
VIEWS = {"list": WHOLE, "fetch": WHOLE, "answer": WHOLE}
ALONE = Representation(lacks=frozenset({"name", "images", "options", "updated_at"}))  # a variant without its product, as a write answers
LETTERS = (
    "InSales → Настройки → Уведомления: выключите письма и SMS покупателю о заказе и смене статуса",
    "InSales → Settings → Notifications: switch the mails and SMS to the buyer about orders and statuses off",
)
RIGHTS = (
    "InSales → Приложения → Разработчикам → ключ хаба: отметьте права на клиентов, заказы и товары",
    "InSales → Applications → Developers → the hub's key: tick the rights to clients, orders and products",
)
FIELD = (
    "InSales → Настройки → Дополнительные поля: заведите текстовое поле sverka_client_id у клиента и sverka_id у заказа (имя в поле «Идентификатор»)",
    "InSales → Settings → Additional fields: add a text field sverka_client_id to clients and sverka_id to orders (the name goes into 'Handle')",
)
HUB_FIELDS = {"clients": "sverka_client_id", "orders": "sverka_id"}  # own fields in which the hub keeps its key, by handle
NO_FIELD = "no_hub_field"
STATUS, MONEY = "custom_status.permalink", "financial_status"

MANIFEST = Manifest(
    vendor="insales",
    title="InSales",
    resources={
        "clients": ResourceManifest(
            entity="customer",
            operations={
                # no idempotency key and no filter: a lost create is looked for among what changed lately, by the hub's own field
                "create": Operation("findable", find_by="hub", settles_after=60.0),
                "update": Operation("safe", settles_after=60.0),
            },
            representations=VIEWS,
            telling=Telling(
                frozenset({"changed"}), source="insales docs: webhooks client/create, client/update; nothing tells of a deletion"
            ),
        ),
        "orders": ResourceManifest(
            entity="order",
            operations={
                "create": Operation(
                    "findable",
                    find_by="hub",
                    settles_after=60.0,
                    side_effects=("mail: new order", "sms: new order", "stock"),
                    switch=LETTERS,
                ),
                # lines and discounts bear ids: those that are there are named by them, and new ones are added after a look at the order
                "update": Operation(
                    "safe",
                    settles_after=60.0,
                    side_effects=("mail: order status", "sms: order status", "stock"),
                    effect_paths=frozenset({STATUS, MONEY}),
                    switch=LETTERS,
                ),
            },
            representations=VIEWS,
            effect_paths=frozenset({STATUS, MONEY}),
            telling=Telling(frozenset({"changed", "deleted"}), gone=True, source="insales docs: webhooks orders/*, parameter deleted"),
        ),
        # made by the shop's people and by feeds; prices and stock are absolute: said twice they are the same
        "products": ResourceManifest(
            entity="product",
            operations={"update": Operation("safe", settles_after=60.0)},
            representations=VIEWS | {"answer_alone": ALONE},
            fetch_batch=100,
            telling=Telling(gone=True, source="insales docs: products, parameter deleted; products/* are not subscribed to"),
        ),
    },
    lookups=("goods_by_sku",),
    # 500 requests in 5 minutes of a key and shop, in windows that begin with the first request of a series (insales docs: readme): 45 at once
    # and then 1.5 a second are at most 495 in any 5 minutes
    limits=(Limit("bucket", 45, 30.0), Limit("parallel", 4)),
    directories={
        "order_status": "custom_statuses by permalink",
        "payment_kind": "payment_gateways by id",
        "delivery_kind": "delivery_variants by id",
        "employee": "users by id",
    },
    cures={"403": RIGHTS, NO_FIELD: FIELD},
)
