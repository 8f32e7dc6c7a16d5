"""Facts about Bitrix24 (bitrix24 docs: limits, crm.item, crm.item.productrow, telephony), as data."""

from __future__ import annotations

from dataclasses import replace

from connectors.contract import Limit, Manifest, Operation, Representation, ResourceManifest, Telling

ORIGINATOR = "sverka"  # the originatorId of everything that the hub makes
REQUEST_SECONDS = 60.0  # the cloud ends a request after this long; until then a lost one may still act
OPERATING = Limit("operating", 480, 600.0, per="method")

WHOLE = Representation()
VIEWS = {"list": WHOLE, "fetch": WHOLE, "answer": WHOLE}
# rows are read back only where they were written: an answer without them says nothing of them
DEAL = {**VIEWS, "answer_bare": Representation(lacks=frozenset({"productRows"}))}
ROBOTS = (
    "Битрикс24 → CRM → Сделки (и Контакты) → Роботы: выключите роботов на стадиях",
    "Bitrix24 → CRM → Deals (and Contacts) → Automation rules: switch the rules of the stages off",
)
CRM_RIGHTS = (
    "Битрикс24 → CRM → Настройки → Права доступа: роль пользователя интеграции, чтение, добавление, изменение и импорт: «Все»",
    "Bitrix24 → CRM → Settings → Access permissions: the role of the integration's user, read, add, update and import: All",
)
SCOPES = (
    "Битрикс24 → Разработчикам → Другое → откройте приложение или вебхук и отметьте недостающее право",
    "Bitrix24 → Developer resources → Other → open the application or webhook and tick the right that lacks",
)
NO_SCOPE = ("insufficient_scope", "invalid_scope")  # the vendor's codes for a right of the key itself
# bitrix24 docs, crm.item.import: starts no automation, unlike crm.item.add; there is no such way to update
# nothing in REST v2 makes a create repeatable, so it is looked up by the hub key first (bitrix24 docs: no Idempotency-Key in v2)
WRITES = {
    "create": Operation(
        "findable",
        find_by="hub",
        settles_after=REQUEST_SECONDS,
        side_effects=("robots: automation of a new item",),
        quiet="crm.item.import",
        switch=ROBOTS,
    ),
    "update": Operation("safe", settles_after=REQUEST_SECONDS, side_effects=("robots: automation of a changed item",), switch=ROBOTS),
}
# the rows of a new deal are set after it, and that is a save like any other
DEAL_WRITES = WRITES | {"create": replace(WRITES["create"], effect_paths=frozenset({"productRows"}))}
HUB_KEY = "originId"
# an online event names an object and never its author
EVENTS = Telling(frozenset({"changed", "deleted"}), source="bitrix24 docs: events of CRM, event.bind (applications alone)")
FINISHED = Telling(frozenset({"changed"}), source="bitrix24 docs: OnVoximplantCallEnd, events of activities")
TASKS = Telling(frozenset({"changed", "deleted"}), source="bitrix24 docs: OnCrmActivityAdd, OnCrmActivityUpdate, OnCrmActivityDelete")

MANIFEST = Manifest(
    vendor="bitrix24",
    title="Битрикс24",
    resources={
        "contact": ResourceManifest(
            entity="customer",
            operations=WRITES,
            representations=VIEWS,
            batch=40,
            fetch_batch=50,
            found_by=("phone", "email"),
            telling=EVENTS,
        ),
        "deal": ResourceManifest(
            entity="order",
            operations=DEAL_WRITES,
            representations=DEAL,
            batch=24,  # an item and its rows are two commands of the fifty in a batch
            fetch_batch=49,
            effect_paths=frozenset({"stageId"}),  # stages start robots, which may write to the buyer
            telling=EVENTS,
        ),
        "call": ResourceManifest(
            entity="call",
            # a register repeated within 30 minutes with the same EXTERNAL_CALL_ID gives the same call; after that the look-up tells
            operations={
                "create": Operation(
                    "findable", find_by="hub", settles_after=REQUEST_SECONDS, side_effects=("activity",), quiet="SHOW=0, ADD_TO_CHAT=0"
                )
            },
            representations={"list": WHOLE, "fetch": WHOLE, "answer": WHOLE},
            batch=12,
            fetch_batch=50,
            fact=True,
            telling=FINISHED,
        ),
        "call_task": ResourceManifest(
            entity="call_task",
            operations={
                "create": Operation(
                    "findable", find_by="hub", settles_after=REQUEST_SECONDS, side_effects=("reminder: the seller",), quiet="NOTIFY_TYPE: 0"
                ),
                "update": Operation("safe", settles_after=REQUEST_SECONDS, side_effects=("reminder: the seller",), quiet="NOTIFY_TYPE: 0"),
            },
            representations=VIEWS,
            batch=20,
            fetch_batch=50,
            telling=TASKS,
        ),
        "call_deal": ResourceManifest(
            entity="call_task",
            operations=WRITES,
            representations=VIEWS,
            batch=20,
            fetch_batch=50,
            transport="call_funnel",  # of its options, which choose this way of tasks or that of planned calls
            effect_paths=frozenset({"stage"}),
            telling=EVENTS,
        ),
        "product": ResourceManifest(
            entity="product",
            operations={},
            representations=VIEWS,
            fetch_batch=50,
            writable=False,
            telling=Telling(source="bitrix24 docs: catalog.product.list; the events of goods are not subscribed to"),
        ),
    },
    # each HTTP request counts one, a batch too; five places are left to people and to other programs behind the same address
    limits=(Limit("bucket", 45, 22.5), OPERATING),
    plans={"enterprise": (Limit("bucket", 245, 49.0), OPERATING)},  # five a second, 250 at once (bitrix24 docs: limits by tariff)
    directories={
        "order_status": "crm.status.list DEAL_STAGE, without the funnel's prefix",
        "employee": "user.get",
        "source": "crm.status.list SOURCE",
        "price_type": "numbers of price groups: those that options.price_types names",
    },
    lookups=("goods_by_sku", "enum:*"),
    cures={"ACCESS_DENIED": CRM_RIGHTS} | dict.fromkeys(NO_SCOPE, SCOPES),
)
