"""Facts about MoySklad (moysklad docs: restrictions, general, documents), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling

WHOLE = Representation()
BARE = Representation(lacks=frozenset({"positions.rows"}))  # an answer to which the lines were not opened
VIEWS = {"list": WHOLE, "fetch": WHOLE, "answer": WHOLE}
DOCUMENT = {"list": WHOLE, "fetch": WHOLE, "answer": WHOLE, "answer_bare": BARE}
# syncId: repeating a create answers with the object made before
WRITES = {"create": Operation("keyed", find_by="hub", settles_after=5.0), "update": Operation("safe", settles_after=5.0)}

TARIFF = ("МойСклад → Настройки → Подписка: нужен платный тариф или пробный период; без него хаб только опрашивает",
          "MoySklad → Settings → Subscription: a paid tariff or the trial is needed; without it the hub polls alone")  # fmt: skip
ROLE = "МойСклад → Настройки → Сотрудники → роль сотрудника интеграции: {}"
ROLE_EN = "MoySklad → Settings → Employees → role of the integration's employee: {}"
CURES = {  # moysklad docs, errors: 403 rights and tariff, 300xx webhooks
    "1016": (ROLE.format("разрешите просмотр"), ROLE_EN.format("allow to view")),
    "1017": (ROLE.format("разрешите изменение"), ROLE_EN.format("allow to change")),
    "1045": (ROLE.format("разрешите создание"), ROLE_EN.format("allow to create")),
    "1061": (ROLE.format("разрешите доступ по API"), ROLE_EN.format("allow access by API")),
    "1075": (ROLE.format("разрешите изменение названного поля"), ROLE_EN.format("allow to change the field that is named")),
    "1092": (ROLE.format("разрешите проведение документов"), ROLE_EN.format("allow to post documents")),
    "1043": TARIFF,
    "1070": TARIFF,
    "30004": (ROLE.format("вебхуки заводит только администратор"), ROLE_EN.format("only an administrator makes webhooks")),
    "30005": ("config.yaml → web.public_url: адрес хаба, открытый снаружи", "config.yaml → web.public_url: the hub's address, open from outside"),
    "30006": TARIFF,
    "30007": ("МойСклад → Настройки → Вебхуки: на один вид документов не больше пяти, удалите лишние",
              "MoySklad → Settings → Webhooks: five for one kind of documents at most, remove some"),
}  # fmt: skip

HOOKS = Telling(
    frozenset({"changed", "deleted"}), echo="X-Lognex-WebHook-DisableByPrefix", source="moysklad docs: webhooks, request headers"
)
SHELVED = Telling(source="moysklad docs: webhooks of goods and stocks, which are not subscribed to")
UNTOLD = Telling(source="moysklad docs: webhooks, entity types, which lack notes")

# moysklad docs: retail sales return, sales return. One at a till is fiscal; the other is the store's own paper
RETURN = ResourceManifest(entity="return", operations={}, representations=DOCUMENT, fetch_batch=100, writable=False, telling=HOOKS)

MANIFEST = Manifest(
    vendor="moysklad",
    title="МойСклад",
    resources={
        "counterparty": ResourceManifest(
            entity="customer",
            operations=WRITES,
            representations=VIEWS,
            batch=1000,
            fetch_batch=100,
            found_by=("phone", "email"),
            telling=HOOKS,
        ),
        "customerorder": ResourceManifest(
            entity="order",
            operations=WRITES,
            representations=DOCUMENT,
            batch=1000,
            fetch_batch=100,
            telling=HOOKS,
        ),
        "retaildemand": ResourceManifest(
            entity="order",
            operations={},
            representations=DOCUMENT,
            fetch_batch=100,
            writable=False,
            telling=HOOKS,
        ),
        "retailsalesreturn": RETURN,
        "salesreturn": RETURN,
        # a variant has no syncId: one whose create was lost is found by its external code
        "assortment": ResourceManifest(
            entity="product",
            operations={"create": Operation("findable", find_by="code", settles_after=5.0), "update": Operation("safe", settles_after=5.0)},
            representations=VIEWS,
            batch=50,
            fetch_batch=100,
            telling=SHELVED,
        ),
        # documents change it; the report leaves out what is empty
        "stock": ResourceManifest(
            entity="stock",
            operations={},
            representations=VIEWS,
            fetch_batch=100,
            writable=False,
            incremental=False,
            vanishes=frozenset({"stock", "reserve"}),
            telling=SHELVED,
        ),
        "note": ResourceManifest(
            entity="call",
            # found again by the hub key behind its text, among the newest notes of its counterparty
            operations={"create": Operation("findable", find_by="hub", settles_after=10.0)},
            representations=VIEWS,
            fetch_batch=1,
            listed=False,  # neither a list of all notes nor webhooks exist: notes are written and not read
            fact=True,
            telling=UNTOLD,
        ),
    },
    cures=CURES,
    lookups=("goods_by_sku",),
    limits=(Limit("window", 45, 3.0), Limit("parallel", 4)),  # 5 in parallel are allowed; one is left to people
    directories={
        "order_status": "entity/customerorder/metadata, states by name",
        "store": "entity/store by name",
        "employee": "entity/employee by name",
        "organisation": "entity/organization by name",
        "channel": "entity/saleschannel by name",
        "price_type": "context/companysettings/pricetype by name",
        "payment_kind": "sums of a receipt: cashSum, noCashSum, qrSum ...",
    },
)
