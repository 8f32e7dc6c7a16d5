"""The people of the flows of contacts: known to the CRM, the site and Mindbox, called and written to by several programs."""

from __future__ import annotations

from typing import Any

from sandbox.judge.bitrix24 import Exchange
from sandbox.judge.flows.desks import CONTACT
from sandbox.judge.flows.flow import Flow
from sandbox.judge.people import LAST, WOMEN
from sandbox.judge.purchases import Talk

Json = Any
SITE = "sandbox.Website"
CONSENTS = "UF_CRM_CONSENTS"


class Spoken(Flow):
    """What both flows of contacts do alike. ``told["refresh"]``: the exchange's token, which is good once."""

    def crm(self, method: str, **body: Json) -> Json:
        return self.desks["crm"].api("POST", method, body)["result"]

    def cdp(self, operation: str, **body: Json) -> Json:
        return self.desks["cdp"].api("POST", "", body, endpointId=SITE, operation=operation)

    def profile(self, phone: str) -> Json:
        """Who has this phone in Mindbox; empty where nobody is known yet."""
        found: Json = self.cdp("Website.GetCustomerInfo", customer={"mobilePhone": f"7{phone}"})["customer"]
        return found if found.get("ids") else {}

    def contact(self, phone: str, name: str = "") -> int:
        """Somebody is typed into the CRM. ``name``: the first one, where another system knows her by it; under another name she would be somebody else."""
        fields = {
            "name": name or self.rng.choice(WOMEN),
            "lastName": self.rng.choice(LAST),
            "fm": [{"typeId": "PHONE", "valueType": "MOBILE", "value": f"+7{phone}"}],
        }
        return int(self.crm("crm.item.add", entityTypeId=CONTACT, fields=fields, useOriginalUfNames="Y")["item"]["id"])

    def rings(self, talks: list[tuple[Talk, str]]) -> None:
        """Calls that are over, as the exchange tells the CRM of them; with the contact, where it knows one."""
        exchange = Exchange(self.desks["crm"].api.url)
        exchange.refresh = self.told.get("refresh", exchange.refresh)
        for one, contact in talks:
            exchange.ended(one, contact)
        self.told["refresh"] = exchange.refresh

    def flows_come_through(self) -> None:
        """Calls of Mindbox's flows come twice at times, and again soon where nobody took them. What is lost on the way is made up for by an export five
        minutes later, or by nothing: longer than a round lasts."""
        self.desks["cdp"].api.control("webhooks", {"duplicate": 0.3, "wait": 5.0})
