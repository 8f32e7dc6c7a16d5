"""Facts about WooCommerce (woocommerce docs and plugin source 11.0.1), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling

WHOLE = Representation()
BARE = Representation(lacks=frozenset({"meta_data"}))  # a key whose user is no administrator is not shown meta_data
ALONE = Representation(lacks=frozenset({"name", "images"}))  # a variation without its product, as a write answers
VIEWS = {"list": WHOLE, "fetch": WHOLE, "answer": WHOLE, "list_bare": BARE, "fetch_bare": BARE, "answer_bare": BARE}
MAILS = (
    "WooCommerce → Настройки → Email: выключите «Новый аккаунт» и письма о заказах; Товары → Запасы: выключите учёт запасов",
    "WooCommerce → Settings → Emails: switch 'New account' and the mails of orders off; Products → Inventory: switch stock management off",
)

# nothing in a delivery names its author; what is deleted past the bin is told by none
HOOKS = Telling(
    frozenset({"changed", "deleted"}), source="woocommerce docs: webhooks, topics (nothing tells of what is deleted past the bin)"
)

MANIFEST = Manifest(
    vendor="woocommerce",
    title="WooCommerce",
    resources={
        "customers": ResourceManifest(
            entity="customer",
            operations={
                # no idempotency key, but an e-mail is unique: a lost create is found again by it (woocommerce docs: customers)
                "create": Operation("findable", find_by="email", settles_after=5.0, side_effects=("mail: new account",), switch=MAILS),
                "update": Operation("safe", settles_after=5.0),
            },
            representations=VIEWS,
            batch=100,
            fetch_batch=100,
            incremental=False,  # GET /customers?modified_after= is silently ignored
            telling=HOOKS,
        ),
        "orders": ResourceManifest(
            entity="order",
            operations={
                "create": Operation("findable", find_by="hub", settles_after=5.0, side_effects=("mail: new order", "stock"), switch=MAILS),
                "update": Operation(
                    "safe",
                    settles_after=5.0,
                    side_effects=("mail: order status", "stock"),
                    effect_paths=frozenset({"status"}),
                    switch=MAILS,
                ),
            },
            representations=VIEWS,
            batch=100,
            fetch_batch=100,
            effect_paths=frozenset({"status"}),
            telling=HOOKS,
        ),
        # listed with their order alone, and told by its webhooks; making one may return money
        "refunds": ResourceManifest(entity="return", operations={}, representations=VIEWS, fetch_batch=20, writable=False, telling=HOOKS),
        # made by the shop's people and plugins; prices and stock are absolute: said twice they are the same
        "products": ResourceManifest(
            entity="product",
            operations={"update": Operation("safe", settles_after=5.0)},
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE, "answer_alone": ALONE},
            batch=100,
            fetch_batch=100,
            telling=Telling(
                frozenset({"changed", "deleted"}),
                source="woocommerce docs: webhooks, topics; subscribed to where options.goods_webhooks says so, since the hub's own prices and stock come back by them",
            ),
        ),
    },
    lookups=("goods_by_sku",),
    limits=(Limit("parallel", 4),),  # no limit in the core: two to four parallel requests a shop are advised
    directories={
        "order_status": "reports/orders/totals by slug",
        "payment_kind": "payment_gateways by id",
        "delivery_kind": "shipping_methods by id",
        "employee": "users with the role administrator or shop_manager, by user name",
    },
)
