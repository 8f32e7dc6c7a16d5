"""Facts about MoySklad (moysklad docs: restrictions, general, documents), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest

WHOLE = Representation()
VIEWS = {"list": WHOLE, "fetch": WHOLE, "answer": WHOLE}
DOCUMENT = {"list": WHOLE, "fetch": WHOLE, "answer": Representation(lacks=frozenset({"positions.rows"}))}
# syncId: repeating a create answers with the object made before
WRITES = {"create": Operation("keyed", find_by="hub", settles_after=5.0), "update": Operation("safe", settles_after=5.0)}

MANIFEST = Manifest(
    vendor="moysklad",
    title="МойСклад",
    resources={
        "counterparty": ResourceManifest(
            entity="customer", operations=WRITES, representations=VIEWS, batch=1000, fetch_batch=100, id_in_key="externalCode"
        ),
        "customerorder": ResourceManifest(
            entity="order", operations=WRITES, representations=DOCUMENT, batch=1000, fetch_batch=100, id_in_key="externalCode"
        ),
        "retaildemand": ResourceManifest(
            entity="order", operations={}, representations=DOCUMENT, fetch_batch=100, writable=False, id_in_key="externalCode"
        ),
    },
    lookups=("goods_by_sku",),
    limits=(Limit("window", 45, 3.0), Limit("parallel", 4)),  # 5 in parallel are allowed; one is left to people
)
