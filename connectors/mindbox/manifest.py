"""Facts about Mindbox (the vendor's developer pages and help), as data. Which operations a project has is configuration: operations.py."""

from __future__ import annotations

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling

WHOLE = Representation()
EXPORTED = Representation(absent_is_empty=False)  # an export may be told to leave contacts out, and operations to return no blocks
NAMED = Representation(carries=frozenset({"id"}), absent_is_empty=False)
FLOWS = ("Mindbox → Автоматизация → Сценарии: остановите сценарии на «клиент создан» и «статус заказа», после запустите",
         "Mindbox → Automation → Flows: stop those on \"customer created\" and \"order status\", afterwards start them")  # fmt: skip
OPERATIONS = ("Mindbox → Интеграции → Операции", "Mindbox → Integrations → Operations")
CURES = {
    "401": (f"{OPERATIONS[0]} → точка интеграции: выпустите секретный ключ", f"{OPERATIONS[1]} → endpoint: issue a secret key"),
    "403": (f"{OPERATIONS[0]} → операция: разрешите её точке интеграции хаба", f"{OPERATIONS[1]} → the operation: allow it to the hub's endpoint"),
    "404": ("config.yaml → systems → url: адрес API из описания операции", "config.yaml → systems → url: the API's address, from the description of an operation"),
    "operation": (f"{OPERATIONS[0]}: заведите операцию, или впишите её имя в options.operations", f"{OPERATIONS[1]}: make the operation, or put its name into options.operations"),
    "mode": ("config.yaml → options.operations: mode: async", "config.yaml → options.operations: mode: async"),
    "PriceHasBeenChanged": (f"{OPERATIONS[0]}: запись заказа без процессинга", f"{OPERATIONS[1]}: let orders be saved without processing"),
}  # fmt: skip
MAIL = ("mail: flow", "sms: flow")  # a flow may start at any write, whoever made it (mindbox docs: webhooks)

CUSTOMERS = Telling(
    frozenset({"changed"}), typed=True, gone=True, source="mindbox docs: webhooks, export-customers, export-customer-merges"
)
ORDERS = Telling(frozenset({"changed"}), typed=True, source="mindbox docs: webhooks, export-orders-and-lines, which tells of no deletion")
ACTIONS = Telling(source="mindbox docs: export-webhook-logs, error_processing: what an async operation fails at is told to nobody")
MESSAGES = Telling(frozenset({"changed"}), typed=True, source="mindbox docs: webhooks, whose body a marketer writes")
SEGMENTS = Telling(frozenset({"changed"}), typed=True, source="mindbox docs: webhooks, export of changes of segments")
# a queued action that bears a transaction is kept once (mindbox docs: idempotency); a failure of the queue is in the log alone
ACTION = Operation("keyed", find_by="hub", settles_after=5.0)

MANIFEST = Manifest(
    vendor="mindbox",
    title="Mindbox",
    resources={
        "customer": ResourceManifest(
            entity="customer",
            operations={
                # sync operations on customers heed no transaction: a lost create is found by the hub's own id, phone or e-mail are unique
                "create": Operation("findable", find_by="hub phone email", settles_after=20.0, side_effects=MAIL, switch=FLOWS),
                "update": Operation("safe", settles_after=20.0),
            },
            representations={"list": EXPORTED, "fetch": WHOLE, "answer": NAMED},
            fetch_batch=20,
            overlap=600.0,
            by_several_ids=True,
            telling=CUSTOMERS,
        ),
        "order": ResourceManifest(
            entity="order",
            operations={
                # saved by the hub's own id, which makes it where it is not there, under a transaction that is honoured
                "create": Operation("keyed", find_by="hub", settles_after=20.0, side_effects=MAIL, switch=FLOWS),
                "update": Operation("safe", settles_after=20.0, side_effects=MAIL, effect_paths=frozenset({"status"}), switch=FLOWS),
            },
            representations={
                "list": NAMED,
                "fetch": WHOLE,
                "answer": NAMED,
            },  # an export shows no category of a status: orders are read by id
            fetch_batch=20,
            overlap=600.0,
            effect_paths=frozenset({"status"}),
            telling=ORDERS,
        ),
        "call": ResourceManifest(
            entity="call",
            operations={"create": ACTION},
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            fetched=False,  # actions are shown by no operation
            listed=False,
            fact=True,
            telling=ACTIONS,
        ),
        "call_request": ResourceManifest(
            entity="call_request",
            operations={},
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE, "webhook": WHOLE},
            fetched=False,
            listed=False,
            fact=True,
            writable=False,
            telling=MESSAGES,
        ),
        "call_task": ResourceManifest(
            entity="call_task",
            operations={"create": ACTION},
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            fetched=False,
            listed=False,
            telling=ACTIONS,
        ),
        "message": ResourceManifest(
            entity="message",
            operations={"create": ACTION},
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE, "webhook": WHOLE},
            fetched=False,
            listed=False,
            fact=True,
            telling=MESSAGES,
        ),
        # an export tells who entered and who left, each time that it is asked for; one task for a segment
        "segment": ResourceManifest(
            entity="segment_membership",
            operations={},
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            fetch_batch=20,
            writable=False,
            every=900.0,
            overlap=600.0,
            telling=SEGMENTS,
        ),
    },
    # 8000 calls of one operation on one endpoint in a minute (mindbox docs: api-restrictions): 120 at once and 7200 a minute are fewer, and a bucket,
    # unlike a window of a minute, lets the first call of each operation go at once
    limits=(Limit("bucket", 120, 1.0, per="method"), Limit("parallel", 8)),
    cures=CURES,
    directories={"order_status": "options.statuses, by external id", "payment_kind": "none: typed", "store": "none: typed"},
)
