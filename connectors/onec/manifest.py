"""Facts about 1C's standard OData interface (vendor's chapter 17.4, probes of a live УТ 11), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling

# almost nothing is null here and every field is always there: one that is not was renamed, or this configuration does not have it
WHOLE = Representation(absent_is_empty=False)
VIEWS = {"list": WHOLE, "fetch": WHOLE, "answer": WHOLE}
# A guid chosen by the writer makes a repeat harmless where the base keeps it; where it makes its own, the object is found by what was
# written. A request may outlive the web server's patience, hence the long wait.
WRITES = {"create": Operation("findable", find_by="hub", settles_after=60.0), "update": Operation("safe", settles_after=30.0)}

PUBLISHED = (
    "1С → Администрирование → Интернет-поддержка и сервисы → Настройка стандартного интерфейса OData → Состав: отметьте названный объект",
    "1C → Administration → Internet support and services → Standard OData interface → Contents: tick the object that is named",
)
RIGHTS = (
    "1С → Администрирование → Пользователи → sverka → Права доступа: нужна роль «Удаленный доступ OData» и права на названный объект",
    "1C → Administration → Users → sverka → Access rights: the role for OData access and rights on the object that is named",
)
LICENCES = (
    "1С: не хватило клиентской лицензии. config.yaml → systems.<имя>.options.sessions: 1, либо добавьте лицензию",
    "1C: no client licence was left. config.yaml → systems.<name>.options.sessions: 1, or add a licence",
)

# A poll compares the versions of all that it looks over: what differs was edited since the poll before, or was not committed then. Nothing has
# a time of its own, so edits are dated by that, and an edit just after a change of owner must not fall before it.
COMMIT = 2.0
POLLED = Telling(source="vendor's chapter 17.4: the standard interface answers and never calls")
EXCHANGED = Telling(
    frozenset({"changed"}), typed=True, source="vendor's «Протокол обмена с сайтом»; modules ОбменССайтом of УТ 11.5 and УНФ 3.0"
)
MESSAGES = Telling(
    frozenset({"changed", "deleted"}),
    gone=True,
    source="modules EnterpriseDataExchange_1_0_1_1 and ОбменДаннымиXDTOСервер of УТ 11.5 (standard library)",
)
DESCRIBED = Telling(source="a service that was written for the base: its WSDL, and options.soap")
LAID = {"create": Operation("keyed", find_by="hub", settles_after=1.0), "update": Operation("safe", settles_after=1.0)}


def read_only(entity: str) -> ResourceManifest:
    """Documents of a till and of the store. When a shift is closed the program archives its receipts, and may remove them later."""
    return ResourceManifest(
        entity,
        operations={},
        representations=VIEWS,
        fetch_batch=20,
        writable=False,
        gone_is_void=False,
        overlap=COMMIT,
        telling=POLLED,
    )


def told(entity: str, *, writable: bool = True) -> ResourceManifest:
    """What a service of the base tells (``options.soap``). How its writes may be repeated, which ways of changes it has, and what a look of it carries,
    the configuration says: see :meth:`connectors.onec.soap.custom.Custom.manifest`."""
    operations = {"create": Operation("never"), "update": Operation("never")} if writable else {}
    return ResourceManifest(
        entity,
        operations=operations,
        representations=VIEWS,
        fetch_batch=20,
        writable=writable,
        gone_is_void=False,
        telling=DESCRIBED,
        described=True,
        transport="soap",
    )


def sent(entity: str, *, writable: bool = True) -> ResourceManifest:
    """What messages of EnterpriseData bring and take. What is written waits for the next message."""
    return ResourceManifest(
        entity,
        operations=LAID if writable else {},
        representations=VIEWS,
        listed=False,
        writable=writable,
        gone_is_void=False,
        telling=MESSAGES,
        transport="enterprisedata",
        laid_out=writable,
    )


def brought(entity: str) -> ResourceManifest:
    """What the base brings by CommerceML when its schedule says so."""
    return ResourceManifest(
        entity, operations={}, representations=VIEWS, listed=False, writable=False, telling=EXCHANGED, transport="commerceml"
    )


MANIFEST = Manifest(
    vendor="onec",
    title="1С:Предприятие",
    resources={
        "customers": ResourceManifest(
            entity="customer",
            operations=WRITES,
            representations=VIEWS,
            batch=20,
            fetch_batch=20,
            overlap=COMMIT,
            found_by=("phone", "email"),
            telling=POLLED,
        ),
        "orders": ResourceManifest(
            entity="order",
            operations=WRITES,
            representations=VIEWS,
            batch=20,
            fetch_batch=20,
            overlap=COMMIT,
            telling=POLLED,
        ),
        # laid out for the base, which fetches it and says so; what it shows comes with its own exchange. Without a look of the vendor's own
        # nothing is carried but what it showed last.
        "site_orders": ResourceManifest(
            entity="order",
            operations=LAID,
            representations=VIEWS,
            listed=False,
            telling=EXCHANGED,
            transport="commerceml",
            laid_out=True,
            embeds=frozenset({"customer"}),
        ),
        "site_goods": brought("product"),
        "site_stock": brought("stock"),
        "ed_customers": sent("customer"),
        "ed_orders": sent("order"),
        "ed_receipts": sent("order", writable=False),
        "soap_customers": told("customer"),
        "soap_orders": told("order"),
        "soap_receipts": told("order", writable=False),
        # written by OData a receipt would not be fiscalised
        "receipts": read_only("order"),
        "returns": read_only("return"),
        "goods_returns": read_only("return"),
        # money of the bank, the cash desk and cards, as rows of documents: three kinds of documents in one resource. What is taken out of a document
        # was no payment
        "payments": ResourceManifest(
            "order", operations={}, representations=VIEWS, fetch_batch=20, writable=False, overlap=COMMIT, telling=POLLED
        ),
        "goods": ResourceManifest(entity="product", operations={}, representations=VIEWS, fetch_batch=100, writable=False, telling=POLLED),
        # a balance of nothing is no row: what a sweep does not show any more is asked for
        "stock": ResourceManifest(
            entity="stock",
            operations={},
            representations=VIEWS,
            fetch_batch=500,
            writable=False,
            incremental=False,
            vanishes=frozenset({"ВНаличии", "КОтгрузке"}),
            telling=POLLED,
        ),
    },
    lookups=("goods_by_sku",),
    limits=(Limit("parallel", 1, option="sessions"),),  # every session takes a client licence
    cures={"8": PUBLISHED, "20": RIGHTS, "licence": LICENCES},
    directories={
        "order_status": "values of the status, or the list of states in УНФ",
        "store": "Catalog_Склады, Catalog_СтруктурныеЕдиницы or Catalog_Магазины by name",
        "employee": "Catalog_Пользователи or Catalog_Сотрудники by name",
        "organisation": "Catalog_Организации by name",
        "payment_kind": "ways in which a receipt or an order is paid",
        "price_type": "Catalog_ВидыЦен: those that options.price_types names",
    },
)
