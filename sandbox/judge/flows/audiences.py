"""Audiences: who belongs to a segment and agreed to advertising is in the cabinets once, as digests; who refused or left is out; nobody else ever was in."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from sandbox.judge.flows.flow import Flow
from sandbox.judge.people import LAST, WOMEN

Json = Any
SITE = "sandbox.Website"
SEGMENT, TITLE, TOPIC = "winback", "Sverka: давно не покупали", "advertising"
CROWD, LEAST = 2040, 2000  # the second cabinet takes no list below
LAG = 400.0  # seconds: nothing younger than five minutes is in an export of Mindbox
CABINETS = {"direct": "sha256", "vk": "md5"}
CHANNELS = ("Sms", "Email")


class Audiences(Flow):
    """``told``: {"crowd": phones of who may be told, "people": {number: {"phone", "email", "inside", "said": {channel: yes}, "ever": was to be told at some
    time}}, "offset": seconds}."""

    def before(self) -> None:
        """Two thousand who agreed once and for all, and some who have minds of their own. The cabinets work fast, and have no hours."""
        cdp = self.desks["cdp"].api
        cdp.control("crowd", {"count": CROWD, "segment": SEGMENT, "topic": TOPIC})
        self.told |= {"people": {}, "offset": 0.0, "done": 0, "crowd": [f"7999{number:07}" for number in range(CROWD)]}
        for number in range(self.size):
            self._registers(number)
        self.desks["direct"].api.control("pace", {"seconds": 2.0})
        self.desks["direct"].api.control("quota", {"minute": 10**6, "hour": 10**6, "day": 10**6})
        self.desks["vk"].api.control("pace", {"seconds": 2.0})
        self.desks["vk"].api.control("hourly", {"lists": 10**6})
        self._time_passes()

    def work(self) -> None:
        """Everybody does something that changes who may be told, and some of the crowd leave the segment. Mindbox's flows tell of it at once, and again soon
        where nobody took a call; what is lost all the same is in an export once time has passed."""
        self.desks["cdp"].api.control("webhooks", {"duplicate": 0.3, "wait": 5.0})
        for number in sorted(self.told["people"], key=int):
            one = self.told["people"][number]
            self.rng.choice([self._answers, self._answers, self._moves, self._gets_another_phone, self._is_found_twice])(one)
            self.told["done"] += 1
        for phone in self.rng.sample(self.told["crowd"], 3):
            self._segment(self._known(mobilePhone=phone), False)
            self.told["crowd"].remove(phone)
            self.told["done"] += 1
        self._time_passes()

    def _registers(self, number: int) -> None:
        phone = f"79{self.rng.randrange(10, 90)}{4_560_001 + number:07d}"
        way = self.rng.choice(["both", "phone", "email"])
        one = {"phone": "" if way == "email" else phone, "email": "" if way == "phone" else f"client{number}@example.ru"}
        self.told["people"][str(number)] = one | {"inside": False, "said": {}, "ever": False}
        self._made(one, firstName=self.rng.choice(WOMEN), lastName=self.rng.choice(LAST))
        self._answers(self.told["people"][str(number)])
        self._moves(self.told["people"][str(number)])

    def _made(self, one: Json, **more: Json) -> None:
        given = {name: value for name, value in (("mobilePhone", one["phone"]), ("email", one["email"])) if value}
        self._operation("Website.RegisterCustomer", customer=given | more)

    def _answers(self, one: Json) -> None:
        """Yes or no to advertising, by a channel; or to something else, which is no answer."""
        channel, yes = self.rng.choice(CHANNELS), self.rng.random() < 0.6
        topic = TOPIC if self.rng.random() < 0.8 else "news"
        said = {"pointOfContact": channel, "topic": topic, "isSubscribed": yes}
        self._operation("Website.EditCustomer", customer={"ids": self._ids(one), "subscriptions": [said]})
        if topic == TOPIC:
            one["said"][channel] = yes
        self._noted(one)

    def _moves(self, one: Json) -> None:
        """Into the segment or out of it."""
        one["inside"] = not one["inside"]
        self._segment(self._ids(one), one["inside"])
        self._noted(one)

    def _gets_another_phone(self, one: Json) -> None:
        if one["phone"]:
            ids, one["phone"] = self._ids(one), f"79{self.rng.randrange(10, 90)}{self.rng.randrange(10**7):07d}"
            self._operation("Website.EditCustomer", customer={"ids": ids, "mobilePhone": one["phone"]})
            self._noted(one)

    def _is_found_twice(self, one: Json) -> None:
        """She is in the segment as two people, by her phone and by her e-mail, and becomes one when that e-mail is typed into the other."""
        if not one["email"]:
            ids, one["email"] = self._ids(one), f"also-{one['phone']}@example.ru"
            self._made({"phone": "", "email": one["email"]})
            if one["inside"]:
                self._segment(self._known(email=one["email"]), True)
            self._operation("Website.EditCustomer", customer={"ids": ids, "email": one["email"]})
            self._noted(one)

    def _noted(self, one: Json) -> None:
        one["ever"] = one["ever"] or self._to_be_told(one)

    @staticmethod
    def _to_be_told(one: Json) -> bool:
        """No answer is no yes, and one no outweighs any yes."""
        return bool(one["inside"] and True in one["said"].values() and False not in one["said"].values())

    def _operation(self, name: str, **body: Json) -> Json:
        return self.desks["cdp"].api("POST", "", body, endpointId=SITE, operation=name)

    def _known(self, **by: str) -> Json:
        return self._operation("Website.GetCustomerInfo", customer=by)["customer"]["ids"]

    def _ids(self, one: Json) -> Json:
        return self._known(mobilePhone=one["phone"]) if one["phone"] else self._known(email=one["email"])

    def _segment(self, ids: Json, inside: bool) -> None:
        self.desks["cdp"].api.control("segment", {"name": SEGMENT, "customer": ids["mindboxId"], "inside": inside})

    def _time_passes(self) -> None:
        """In Mindbox alone: what was done just now can be exported."""
        self.told["offset"] += LAG
        self.desks["cdp"].api.control("clock", {"offset": self.told["offset"]})

    @property
    def ran(self) -> int:
        return int(self.told["done"])

    def violations(self) -> list[str]:
        return [f"{name}: {wrong}" for name in CABINETS for wrong in self._of_cabinet(name)]

    def _of_cabinet(self, name: str) -> list[str]:
        desk, digest = self.desks[name], hashlib.new
        held = Counter(desk.shows("people").get(TITLE, []))
        ever, hashing = set(desk.shows("ever")), CABINETS[name]

        def of(value: str) -> str:
            return digest(hashing, value.encode()).hexdigest()

        kinds = [self._contacts(kind) for kind in ("phone", "email")]
        owed = {of(value): value for kind in kinds if name != "vk" or len(kind) >= LEAST for value in kind}
        never = {value for one in self.told["people"].values() if not one["ever"] for value in (one["phone"], one["email"]) if value}
        found = [f"{owed.get(part, part)} is in it {times} times" for part, times in held.items() if times > 1]
        found += [f"{owed[part]} is not in it" for part in owed.keys() - held.keys()]
        names = {of(value): value for one in self.told["people"].values() for value in (one["phone"], one["email"]) if value}
        found += [f"{names.get(part, part)} is in it, and may not be" for part in held.keys() - owed.keys()]
        found += [f"{value} was told at some time, without any yes" for value in never if of(value) in ever]
        found += [f"{text} left the hub in clear" for text in desk.shows("plain")]
        counted = desk.shows("counters")
        found += [f"{counted[what]} {what} instead of one" for what in ("segments", "lists") if counted.get(what, 1) != 1]
        return found

    def _contacts(self, kind: str) -> list[str]:
        """Who is owed, by phone or by e-mail."""
        mine = [one[kind] for one in self.told["people"].values() if one[kind] and self._to_be_told(one)]
        return mine + (self.told["crowd"] if kind == "phone" else [])
