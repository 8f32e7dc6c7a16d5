"""The shop of examples/call-loop.yaml: tills, site, CRM with the sellers, Mindbox; the hub between them, on a clock that a scenario sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests
import yaml
from sqlalchemy import select

from hub.calling import desk
from hub.storage import inbox
from hub.storage.tables import record
from sandbox.bitrix24.app import Bitrix24
from sandbox.judge.bitrix24 import Exchange
from sandbox.judge.purchases import Talk
from sandbox.mango.app import API_KEY, SALT, Mango
from sandbox.mindbox.app import HUB, KEYS, SITE, Mindbox
from sandbox.moysklad.app import Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.opening import hub_between
from tests.scenarios.shop import Shop, example

EXAMPLE = Path(__file__).parents[2] / "examples" / "call-loop.yaml"
MANGO = EXAMPLE.parent / "mango.yaml"
UFA = ZoneInfo("Asia/Yekaterinburg")
CALLABLE = {"brand": "sandbox", "pointOfContact": "Call", "isSubscribed": True}
FUNNEL = {"entityTypeId": 2, "fields": {"name": "Обзвон"}}
WON = {"campaign": "winback", "reason": "cycle"}


class CallingShop(Shop):
    """``cdp``: Mindbox as its marketers and the site's module have it. ``ats``: the exchange, where there is one."""

    ats_url = ""

    def __init__(self, hub: Any, urls: dict[str, str], vendors: dict[str, Any]) -> None:
        super().__init__(hub, urls, vendors)
        self.cdp_url, self.cdp_app = urls["cdp"], vendors["cdp"]
        self.exchange = Exchange(self.crm_url)
        self.exchange.refresh = "telephony-refresh-token"
        self.number = 0

    def person(self, number: int = 1, *, store: str = "lenina", consent: bool | None = True, last: str = "Орлова") -> int:
        """A customer of Mindbox, whom the CRM then has too. Returns her number there."""
        said = {
            "mobilePhone": f"7903000{number:04d}",
            "firstName": "Анна",
            "lastName": f"{last}-{number}",
            "customFields": {"store": store} | ({} if consent is None else {"callsAllowed": consent}),
        }
        return int(self.cdp("Website.RegisterCustomer", {"customer": said})["customer"]["ids"]["mindboxId"])

    def cdp(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        params = {"endpointId": SITE, "operation": operation}
        headers = {"Authorization": f"SecretKey {KEYS[SITE]}"}
        answer = requests.post(f"{self.cdp_url}/v3/operations/sync", json=body, params=params, headers=headers, timeout=10)
        assert answer.json()["status"] == "Success", answer.text
        found: dict[str, Any] = answer.json()
        return found

    def actions(self, operation: str = "Sverka.CallTask") -> list[dict[str, Any]]:
        rows = requests.get(f"{self.cdp_url}/_sandbox/actions", timeout=5).json()
        return [row for row in rows if row["actionTemplate"]["name"] == operation]

    def at(self, hour: int, minute: int = 0) -> None:
        """It becomes that time of day in Ufa, today or tomorrow."""
        now = datetime.fromtimestamp(self.clock(), UFA)
        wanted = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        self.clock.skip((wanted - now).total_seconds() % 86_400)

    def wants(self, customer: int, transaction: str = "", **more: Any) -> None:
        """A flow's webhook, as the ingress has stored it."""
        self.number += 1
        ident, now = transaction or f"t-{self.number}", self.hub.clock()
        at = datetime.fromtimestamp(now, ZoneInfo("UTC")).strftime("%Y-%m-%d %H:%M:%S")
        fact = {"id": ident, "customer": {"ids": {"mindboxId": customer}}, "at": at, **WON, **more}
        row = {"system": "cdp", "resource": "call_request", "external_id": ident, "kind": "fact", "data": fact, "representation": "webhook"}
        with self.hub.store.intake() as at_:
            inbox.put(at_, [row | {"looked_at": now, "received_at": now, "due_at": now}])

    def hint(self, *ids: str, resource: str = "call_deal") -> None:
        """Events of the CRM, as the ingress has stored them."""
        now = self.hub.clock()
        same = {"system": "crm", "resource": resource, "kind": "hint", "looked_at": now, "received_at": now, "due_at": now}
        with self.hub.store.intake() as at:
            inbox.put(at, [{**same, "external_id": one} for one in ids])

    def turn(self, times: int = 1) -> None:
        """The systems are read, what is to be done about tasks is done, and written."""
        for _ in range(times):
            self.sync()
            while desk.step(self.hub):
                self.work()

    def tasks(self, seller: int | None = None, **more: Any) -> list[dict[str, Any]]:
        """Planned calls as a seller sees them in the CRM."""
        chosen = {"TYPE_ID": 2, "COMPLETED": "N", "ORIGINATOR_ID": "sverka", **({"RESPONSIBLE_ID": seller} if seller else {}), **more}
        rows = self.crm("crm.activity.list", filter=chosen, order={"START_TIME": "ASC"}, select=["*", "COMMUNICATIONS"], start=-1)
        return list(rows)

    def records(self, **wanted: Any) -> list[dict[str, Any]]:
        """Tasks as the hub has them."""
        with self.hub.store.read() as at:
            found = list(at.execute(select(record.c.data).where(record.c.entity == "call_task").order_by(record.c.id)).scalars())
        return [one for one in found if all(one.get(name) == value for name, value in wanted.items())]

    def marks(self, task: dict[str, Any], word: str = "") -> None:
        """The seller finishes a task, with a word after the mark."""
        text = f"{task['DESCRIPTION']} {word}".rstrip()
        self.crm("crm.activity.update", id=int(task["ID"]), fields={"COMPLETED": "Y", **({"DESCRIPTION": text} if word else {})})

    def dials(self, task: dict[str, Any], start: float, seconds: int = 90, **more: Any) -> None:
        """A call as the exchange carried it: a seller dials the number of his task."""
        said = {"direction": "out", "number": task["COMMUNICATIONS"][0]["VALUE"].lstrip("+"), "talk": seconds, "ring": 5, "at": start}
        said["extension"] = f"10{task['RESPONSIBLE_ID']}"
        requests.post(f"{self.ats_url}/_sandbox/call", json=said | more, timeout=5).raise_for_status()

    def rings(self, task: dict[str, Any], code: str = "200", seconds: int = 90, ago: float = 0.0) -> None:
        """The telephony's row of a call to the customer of a task."""
        self.number += 1
        fresh = Exchange(self.crm_url)  # its token may have grown old while time was skipped
        fresh.refresh, self.exchange = self.exchange.refresh, fresh
        start = datetime.fromtimestamp(self.clock() - ago, UFA).isoformat(timespec="seconds")
        phone = task["COMMUNICATIONS"][0]["VALUE"]
        self.exchange.ended(Talk(f"call-{self.number}", int(task["RESPONSIBLE_ID"]), phone, "out", code, seconds, start), task["OWNER_ID"])


@contextmanager
def opened(folder: Path, url: str = "", hour: int = 12, *, exchange: bool = False, **changes: Any) -> Iterator[CallingShop]:
    """``exchange``: calls go through Mango Office, and the CRM knows them, too."""
    vendors: dict[str, Any] = {
        "sklad": Moysklad(allow_loopback_webhooks=True), "crm": Bitrix24(allow_loopback_webhooks=True, allow_http=True),
        "site": Woocommerce(allow_loopback_webhooks=True), "cdp": Mindbox(allow_loopback_webhooks=True),
    }  # fmt: skip

    def configured(urls: dict[str, str]) -> dict[str, Any]:
        raw = example(urls, EXAMPLE)
        if exchange:
            raw["systems"]["ats"] = yaml.safe_load(MANGO.read_text())["systems"]["ats"] | {"url": urls["ats"], "mode": "live"}
            raw["routes"]["call"]["ats"] = {"give": True, "take": False}
            for name, extension in (("anna", "101"), ("ruslan", "102")):
                raw["directories"]["employee"][name]["ats"] = [extension]
        raw["systems"]["cdp"]["options"] |= {"endpoint": HUB, "brand": "sandbox", "export_pace": 0.001}
        raw["campaigns"]["winback"] |= changes.pop("campaign", {})
        if stages := changes.pop("funnel", None):
            made = requests.post(f"{urls['crm']}/rest/1/sandboxsecret/crm.category.add", json=FUNNEL, timeout=5).json()["result"][
                "category"
            ]
            raw["systems"]["crm"]["options"]["call_funnel"] = {"category": made["id"], "stages": stages}
        if named := changes.pop("segment", ""):
            raw["systems"]["cdp"]["options"]["segments"] = [named]
            raw["routes"]["segment_membership"] = {"cdp": {"give": True, "take": False}}
        return raw | {"reference_wait": 5.0} | changes

    if exchange:
        vendors["ats"] = Mango(allow_loopback_webhooks=True)
        vendors["ats"].limits.enforce = False
        os.environ |= {"MANGO_KEY": API_KEY, "MANGO_SALT": SALT, "MANGO_WEBHOOK_SECRET": "hook-f"}
    with hub_between(vendors, configured, folder, url) as (hub, urls):
        shop = CallingShop(hub, urls, vendors)
        if exchange:
            hub.connectors["ats"].history.sleep = hub.clock.skip
            shop.ats_url = urls["ats"]
        shop.at(hour)
        yield shop
