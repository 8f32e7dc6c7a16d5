"""F9: every call and message counts on its customer, whoever made it: once, in Mindbox as on the hub's own page; no channel sees fewer than happened."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.judge.flows.spoken import Spoken
from sandbox.judge.purchases import Talk

Json = Any
CODES = {"200": True, "304": False, "486": False, "603": False}  # the CRM's outcome of a call -> whether somebody talked
WRITTEN = {"Email": "email", "Sms": "sms", "Viber": "viber", "Mobilepush": "push"}
DELIVERED, FAILED = 1, 2  # SMS Aero docs: statuses
FIELDS = {
    "calls_made": "callsMade", "calls_received": "callsReceived", "calls_talked": "callsTalked", "messages_sent": "messagesSent",
    "messages_email": "messagesEmail", "messages_sms": "messagesSms", "messages_viber": "messagesViber", "messages_push": "messagesPush",
}  # fmt: skip


class Contacts(Spoken):
    """``told``: {"people": {phone: {"contact": number or 0, "owed": {figure: count}, "actions": {"Sverka.Call": n, "Sverka.Message": n}}}, "calls": n,
    "open": [numbers of SMS of which nothing is known yet]}."""

    def before(self) -> None:
        self.told |= {"people": {}, "calls": 0, "open": {}, "written": []}
        for number in range(self.size):
            phone = f"9{self.rng.randrange(10, 99)}{5_670_001 + number:07d}"
            known = self.rng.random() < 0.8  # others call, or are written to, before anybody knows them
            self.told["people"][phone] = {"contact": self.contact(phone) if known else 0, "owed": {}, "actions": {}}

    def work(self) -> None:
        """Sellers and customers call, Mindbox and the site's module write, and what became of messages is told a round later."""
        self.flows_come_through()
        self._reported()
        for phone, one in self.told["people"].items():
            if not one["contact"] and self.told["calls"]:
                one["contact"] = self.contact(phone)
        self._called()
        for phone in self.rng.sample(sorted(self.told["people"]), max(1, self.size // 2)):
            self._written(phone)
        for phone in self.rng.sample(sorted(self.told["people"]), max(1, self.size // 2)):
            self._sent(phone)

    def _called(self) -> None:
        talks = []
        for phone, one in sorted(self.told["people"].items()):
            for _ in range(self.rng.choice((0, 1, 1, 2))):
                self.told["calls"] += 1
                number, code, way = self.told["calls"], self.rng.choice(sorted(CODES)), self.rng.choice(("in", "out", "out"))
                start = datetime.now(UTC) - timedelta(minutes=3 * number)  # within a minute two would be told apart by their system alone
                talk = Talk(f"judge-{number}", 2, f"+7{phone}", way, code, 60 if CODES[code] else 0, start.isoformat(timespec="seconds"))
                talks.append((talk, str(one["contact"] or "")))
                self._owes(phone, "calls_received" if way == "in" else "calls_made", *(["calls_talked"] if CODES[code] else []))
                self._told_in_mindbox(phone, "Sverka.Call")
        self.rings(talks)

    def _written(self, phone: str) -> None:
        """By Mindbox itself: its flow tells the hub, and nothing is told back."""
        profile = self.profile(phone)
        if profile:
            channel = self.rng.choice(sorted(WRITTEN))
            self.desks["cdp"].api.control("message", {"customer": profile["ids"]["mindboxId"], "channel": channel, "campaign": "spring"})
            self.told["written"].append([phone, str(profile["ids"]["mindboxId"]), channel])

    def _sent(self, phone: str) -> None:
        """By the site's module, through the gateway."""
        made = self.desks["sms"].api("POST", "sms/send", {"number": f"7{phone}", "sign": "SHOP", "text": "Заказ готов"})["data"]
        self.told["open"][str(made["id"])] = phone
        self.desks["sms"].api.control("report", {"id": made["id"], "status": 3})
        self._owes(phone, "messages_sent", "messages_sms")
        self._told_in_mindbox(phone, "Sverka.Message")

    def _reported(self) -> None:
        for ident, phone in list(self.told["open"].items()):
            status = self.rng.choice((DELIVERED, DELIVERED, FAILED))
            self.desks["sms"].api.control("report", {"id": int(ident), "status": status})
            del self.told["open"][ident]
            if status == FAILED:  # it spoke to nobody
                self._owes(phone, "messages_sent", "messages_sms", count=-1)

    def _owes(self, phone: str, *figures: str, count: int = 1) -> None:
        owed = self.told["people"][phone]["owed"]
        owed |= {name: owed.get(name, 0) + count for name in figures}

    def _told_in_mindbox(self, phone: str, template: str) -> None:
        actions = self.told["people"][phone]["actions"]
        actions[template] = actions.get(template, 0) + 1

    def _heard(self) -> None:
        """What Mindbox wrote is owed where somebody took its flow's call: after three repeats it gives up, and no export tells of it here."""
        taken = {row["transactionalId"]: row for row in self.desks["cdp"].shows("delivered") if row["event"] == "message.sent"}
        heard = Counter((str(row["mindboxId"]), str(row["channel"])) for row in taken.values())
        for phone, ident, channel in self.told["written"]:
            if heard[ident, channel]:
                heard[ident, channel] -= 1
                self._owes(phone, "messages_sent", f"messages_{WRITTEN[channel]}")
        self.told["written"] = []

    @property
    def ran(self) -> int:
        return sum(sum(one["owed"].values()) for one in self.told["people"].values())

    @property
    def owed(self) -> dict[str, Json]:
        """What the hub's own page must show: phone -> figures."""
        return {
            f"+7{phone}": {name: one["owed"].get(name, 0) for name in FIELDS}
            for phone, one in self.told["people"].items()
            if one["contact"]
        }

    def violations(self) -> list[str]:
        self._heard()
        actions = Counter(
            (str(row["customer"]["ids"]["mindboxId"]), row["actionTemplate"]["name"]) for row in self.desks["cdp"].shows("actions")
        )
        return [
            f"{phone}: {wrong}"
            for phone, one in self.told["people"].items()
            if one["contact"]
            for wrong in self._of_person(phone, one, actions)
        ]

    def _of_person(self, phone: str, one: Json, actions: Counter[tuple[str, str]]) -> list[str]:
        profile = self.profile(phone)
        if not profile:
            return ["nobody in Mindbox"]
        shown, found = profile.get("customFields") or {}, []
        for name, field in FIELDS.items():
            wanted, held = one["owed"].get(name, 0), int(shown.get(field) or 0)
            found += [f"{field} is {held} in Mindbox, {wanted} happened"] if held != wanted else []
        for template in ("Sverka.Call", "Sverka.Message"):
            wanted, held = one["actions"].get(template, 0), actions[str(profile["ids"]["mindboxId"]), template]
            found += [f"{held} actions {template} in Mindbox, {wanted} happened"] if held != wanted else []
        return found
