"""F8: a no said anywhere holds everywhere: within a minute of the first system that was told of it, whatever else is going on; and for ever.
Some people stand in the CRM twice, and a seller may open either card."""

from __future__ import annotations

import time
from typing import Any

from sandbox.judge.flows.desks import CONTACT
from sandbox.judge.flows.spoken import CONSENTS, Spoken
from sandbox.judge.people import WOMEN

Json = Any
PLACES = ("crm", "card", "site", "cdp", "sms")  # card: the second one in the CRM of who has two
CHANNELS = {
    "crm": ("call", "sms", "email"),
    "card": ("call", "sms", "email"),
    "site": ("call", "sms", "email"),
    "cdp": ("call", "sms", "email"),
    "sms": ("sms",),
}
MINUTE = 60.0
TWICE = 3  # of so many people one has two cards
WATCHED = 150.0  # seconds that a round is watched: what a lost webhook hides from the hub for longer is looked at in the end
BUSY = 5  # edits of others for each refusal
POINTS = {"sms": "Sms", "email": "Email"}


class Refusals(Spoken):
    """``told``: {"people": {phone: {"contact", "card" (of some), "account", "no": {channel: {"where", "at", "held": {system: seconds since it was said}}}}}}."""

    def before(self) -> None:
        self.told["people"] = {}
        for number in range(self.size):
            phone = f"9{self.rng.randrange(10, 99)}{6_780_001 + number:07d}"
            name = self.rng.choice(WOMEN)
            body = {"email": f"client{number}@example.ru", "first_name": name, "billing": {"phone": f"8{phone}"}}
            account = int(self.desks["site"].api("POST", "customers", body)["id"])
            cards = {"contact": self.contact(phone, name)} | ({} if number % TWICE else {"card": self.contact(phone, name)})
            self.told["people"][phone] = {**cards, "account": account, "no": {}}

    def work(self) -> None:
        """Everybody is edited, and in the middle of it some refuse, each in one place. Then all systems are watched until they hold it."""
        self.flows_come_through()
        people = self.told["people"]
        some = [phone for phone in self.rng.sample(sorted(people), max(1, self.size // 4)) if self.profile(phone)]
        for phone in some:
            for other in self.rng.sample(sorted(people), min(BUSY, len(people))):
                self._edited(people[other])
            where = self.rng.choice(self._places(people[phone]))
            channel = self.rng.choice(CHANNELS[where])
            if channel not in people[phone]["no"]:
                self._refuses(phone, where, channel)
                people[phone]["no"][channel] = {"where": where, "at": time.time(), "held": {}}
        self._watch(some)

    @staticmethod
    def _places(one: Json) -> list[str]:
        """Where somebody stands."""
        return [place for place in PLACES if place != "card" or "card" in one]

    def _edited(self, one: Json) -> None:
        self.crm("crm.item.update", entityTypeId=CONTACT, id=one["contact"], fields={"comments": f"зашла {self.rng.randrange(10_000)}"})

    def _refuses(self, phone: str, where: str, channel: str) -> None:
        one = self.told["people"][phone]
        if where in ("crm", "card"):
            card, word = self._card(one, where), "не звонить" if channel == "call" else f"marketing/{channel}: нет"
            text = f"{self._lines(card)}\n{word}".strip()
            self.crm("crm.item.update", entityTypeId=CONTACT, id=card, fields={CONSENTS: text}, useOriginalUfNames="Y")
        elif where == "site":
            said = [row for row in self._of_account(one) if row["channel"] != channel] + [
                {"purpose": "marketing", "channel": channel, "value": False}
            ]
            self.desks["site"].api("PUT", f"customers/{one['account']}", {"meta_data": [{"key": "consents", "value": said}]})
        elif where == "cdp":
            rows = [{"pointOfContact": POINTS[channel], "isSubscribed": False}] if channel in POINTS else []
            fields = {} if rows else {"customFields": {"callsAllowed": False}}
            self.cdp("Website.EditCustomer", customer={"ids": self.profile(phone)["ids"], "subscriptions": rows, **fields})
        else:
            self.desks["sms"].api.control("stopped", {"number": f"7{phone}"})

    def _watch(self, some: list[str]) -> None:
        until = time.time() + WATCHED
        while time.time() < until and self._see(some):
            time.sleep(1.0)

    def _see(self, some: list[str]) -> bool:
        """Note who holds what by now. Whether anything is still not held everywhere."""
        open_ones = False
        for phone in some:
            one = self.told["people"][phone]
            for channel, no in one["no"].items():
                for system in self._owing(one, channel, no):
                    if self._holds(system, phone, one, channel):
                        no["held"][system] = time.time() - no["at"]
                    else:
                        open_ones = True
        return open_ones

    def _owing(self, one: Json, channel: str, no: Json) -> list[str]:
        """Places that must hold a no and were not seen to hold it yet."""
        return [s for s in self._places(one) if s != no["where"] and s not in no["held"] and channel in CHANNELS[s]]

    def _holds(self, system: str, phone: str, one: Json, channel: str) -> bool:
        if system in ("crm", "card"):
            return f"marketing/{channel}: нет" in self._lines(self._card(one, system))
        if system == "site":
            return any(row["channel"] == channel and row["value"] is False for row in self._of_account(one))
        if system == "sms":
            return f"7{phone}" in self.desks["sms"].shows("stops")
        profile = self.profile(phone)
        if channel == "call":
            return (profile.get("customFields") or {}).get("callsAllowed") is False
        return any(row["pointOfContact"] == POINTS[channel] and row["isSubscribed"] is False for row in profile.get("subscriptions") or ())

    @staticmethod
    def _card(one: Json, place: str) -> int:
        return int(one["card" if place == "card" else "contact"])

    def _lines(self, card: int) -> str:
        item = self.crm("crm.item.get", entityTypeId=CONTACT, id=card, useOriginalUfNames="Y")["item"]
        return str(item.get(CONSENTS) or "")

    def _of_account(self, one: Json) -> list[Json]:
        rows = self.desks["site"].api("GET", f"customers/{one['account']}")["meta_data"]
        return next((list(row["value"]) for row in rows if row["key"] == "consents" and row["value"]), [])

    @property
    def ran(self) -> int:
        return sum(len(one["no"]) for one in self.told["people"].values())

    def violations(self) -> list[str]:
        found = []
        for phone, one in self.told["people"].items():
            for channel, no in one["no"].items():
                who, held = f"{phone}: no {channel}, said in {no['where']}", sorted(no["held"].values())
                due = [s for s in self._places(one) if channel in CHANNELS[s] and s != no["where"]]
                lacking = [s for s in due if not self._holds(s, phone, one, channel)]
                found += [f"{who}, is not held by {system}" for system in lacking]
                if len(held) > 1 and held[-1] - held[0] > MINUTE + self.grace:
                    found.append(f"{who}, took {held[-1] - held[0]:.0f} s from the first system to the last")
        return found
