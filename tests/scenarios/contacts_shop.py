"""A shop that calls and writes: the CRM's telephony, an exchange that knows the same calls, and Mindbox; and what its people see of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.storage.tables import record
from sandbox.bitrix24.app import Bitrix24
from sandbox.judge.bitrix24 import Exchange
from sandbox.judge.purchases import Talk
from sandbox.mindbox.app import HUB, Mindbox
from sandbox.sms.app import Sms
from sandbox.smsc.app import Smsc
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios import cdp_shop
from tests.scenarios import shop as scene
from tests.scenarios.opening import hub_between

Json = Any
CONTACTS = scene.EXAMPLE.parent / "examples" / "contacts.yaml"
PHONE = "+79031234567"
WORD = "cb-secret"  # SMSC_CALLBACK


class Shop(cdp_shop.Shop):
    """``crm`` and ``ats`` are portals; of ``ats`` only the telephony is used."""

    exchanges: dict[str, Exchange]
    sms_app: Sms
    smsc_app: Smsc

    def person_of_the_crm(self, phone: str = PHONE, name: str = "Анна") -> str:
        made = self.crm(
            "crm.contact.add", fields={"NAME": name, "LAST_NAME": "Орлова", "PHONE": [{"VALUE": phone, "VALUE_TYPE": "MOBILE"}]}
        )
        return str(made)

    def rings(self, key: str, url: str = "", contact: str = "", **said: Json) -> None:
        """A call that is over, as an exchange tells a portal of it."""
        exchange = self.exchanges.setdefault(url or self.crm_url, Exchange(url or self.crm_url))
        told = {"phone": PHONE, "direction": "out", "code": "200", "duration": 42, "start": "2026-03-12T16:05:00+05:00"} | said
        exchange.ended(Talk(key, 1, told["phone"], told["direction"], told["code"], told["duration"], told["start"]), contact)

    def records(self, entity: str) -> list[dict[str, Json]]:
        with self.hub.store.read() as at:
            return [
                dict(row) for row in at.execute(select(record).where(record.c.entity == entity, record.c.merged_into.is_(None))).mappings()
            ]

    def figures(self) -> dict[str, Json]:
        """What the one customer's record counts."""
        (one,) = self.records("customer")
        return {name: value for name, value in one["data"].items() if name.startswith(("calls_", "messages_", "last_contact")) and value}

    def in_mindbox(self, phone: str = PHONE) -> dict[str, Json]:
        return self.person(mobilePhone=phone[1:]).get("customFields") or {}


@contextmanager
def opened(folder: Path, url: str = "", *, ats: bool = False, smsc: bool = False, **changes: Json) -> Iterator[Shop]:
    vendors: dict[str, Any] = {
        "crm": Bitrix24(allow_loopback_webhooks=True, allow_http=True),
        "site": Woocommerce(allow_loopback_webhooks=True),
        "cdp": Mindbox(allow_loopback_webhooks=True),
        "sms": Sms(allow_loopback_webhooks=True),
    }
    if ats:
        vendors["ats"] = Bitrix24(allow_loopback_webhooks=True, allow_http=True)
        vendors["ats"].limits.enforce = False
    if smsc:
        vendors["smsc"] = Smsc(allow_loopback_webhooks=True)

    def configured(urls: dict[str, str]) -> dict[str, Json]:
        raw = scene.example(urls, CONTACTS)
        raw["systems"]["sms"]["url"] += "/v2"
        raw["systems"]["cdp"]["options"] |= {"endpoint": HUB, "brand": "sandbox", "export_pace": 0.001}
        if ats:
            crm = deepcopy(raw["systems"]["crm"])
            raw["systems"]["ats"] = crm | {"url": urls["ats"], "options": crm["options"] | {"oauth_url": urls["ats"]}}
            raw["routes"]["call"]["ats"] = {"give": True, "take": False}
            for values in raw["directories"].values():
                for row in values.values():
                    row |= {"ats": row["crm"]} if "crm" in row else {}
        if smsc:
            secrets = {"api_key": {"env": "SMSC_KEY"}, "callback": {"env": "SMSC_CALLBACK"}}
            raw["systems"]["smsc"] = raw["systems"]["sms"] | {
                "connector": "smsc",
                "url": f"{urls['smsc']}/sys",
                "secrets": secrets,
                "poll": {"message": 300},
            }
            raw["routes"]["message"]["smsc"] = {"give": True, "take": False}
        return raw | {"reference_wait": 5.0} | changes

    with hub_between(vendors, configured, folder, url) as (hub, urls):
        made = Shop(hub, urls, vendors)
        made.exchanges, made.sms_app, made.smsc_app = {}, vendors["sms"], vendors.get("smsc")
        made.cdp_url, made.cdp_app, made.ats_url, made.sms_url = urls["cdp"], vendors["cdp"], urls.get("ats", ""), urls["sms"]
        yield made
