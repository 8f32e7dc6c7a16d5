"""F6: whom Mindbox wants called is given to one seller of her store, evenly; nobody is called who refused, bought or was called often enough; and what
became of a task is told in Mindbox once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.judge.bitrix24 import Exchange
from sandbox.judge.flows.desks import CONTACT, DEAL
from sandbox.judge.flows.flow import Flow
from sandbox.judge.people import LAST, WOMEN
from sandbox.judge.purchases import Talk

Json = Any
SITE = "sandbox.Website"
STORES = {"Уфа, Ленина 10": ("1", "2"), "Уфа, Мега": ("3",)}  # title -> users of the CRM who sell there
WORDS = {"отказ": "refused", "обещала зайти": "promised", "поговорили": "talked", "не тот номер": "wrongNumber"}
STAGES = {"refused": "LOSE", "promised": "WON", "talked": "WON", "wrongNumber": "APOLOGY"}  # of a funnel's cards, by what a call came to
CONSENTS = ("marketing/call: да", "marketing/call: да", "marketing/call: да", "", "не звонить")


class CallLoop(Flow):
    """``told``: {"people": {phone: {"contact", "store", "consent", "wanted", "ended": time or None}}, "rounds": [time], "words": {task: outcome},
    "rung": calls, "doubled": who had two open tasks when a round began}."""

    def before(self) -> None:
        self.told |= {"people": {}, "rounds": [], "words": {}, "rung": 0, "doubled": []}
        for number in range(self.size):
            phone, store, consent = (
                f"9{self.rng.randrange(10, 99)}{4_560_001 + number:07d}",
                self.rng.choice(sorted(STORES)),
                self.rng.choice(CONSENTS),
            )
            fields = {
                "name": self.rng.choice(WOMEN),
                "lastName": self.rng.choice(LAST),
                "fm": [{"typeId": "PHONE", "valueType": "MOBILE", "value": f"+7{phone}"}],
                "UF_CRM_STORE": store,
                "UF_CRM_CONSENTS": consent,
            }
            made = self.crm("crm.item.add", entityTypeId=CONTACT, fields=fields, useOriginalUfNames="Y")["item"]
            self.told["people"][phone] = {
                "contact": made["id"],
                "store": store,
                "consent": consent.endswith("да"),
                "wanted": 0,
                "ended": None,
            }

    def work(self) -> None:
        """Sellers work at their lists; some customers buy, some refuse; then Mindbox wants some called, some of them twice."""
        self.told["rounds"].append(time.time())
        people = self.told["people"]
        opened = Counter(task["contact"] for task in self.tasks() if task["open"])
        self.told["doubled"] += [phone for phone, one in people.items() if opened[one["contact"]] > 1]
        self._sell()
        for phone in self.rng.sample(sorted(people), max(1, self.size // 6)):
            if people[phone]["wanted"] and not people[phone]["ended"]:
                (self._buys if self.rng.random() < 0.5 else self._refuses)(phone)
        for phone in self.rng.sample(sorted(people), max(1, self.size // 2)):
            for _ in range(self.rng.choice((1, 1, 2))):
                self._wanted(phone)

    def tasks(self) -> list[Json]:
        """Each with whom to call, whose it is, whether it is open, and since when it is there."""
        return [
            {"id": row["ID"], "contact": int(row["OWNER_ID"]), "seller": row["RESPONSIBLE_ID"], "open": row["COMPLETED"] == "N",
             "made": row["CREATED"], "phone": row["COMMUNICATIONS"][0]["VALUE"], "title": row["SUBJECT"], "text": row["DESCRIPTION"]}
            for row in self.desks["crm"].planned()
        ]  # fmt: skip

    def says(self, task: Json, word: str) -> None:
        """A seller finishes a task with a word in its last line."""
        self.crm("crm.activity.update", id=int(task["id"]), fields={"COMPLETED": "Y", "DESCRIPTION": f"{task['text'].rstrip()} {word}"})

    def crm(self, method: str, **body: Json) -> Json:
        return self.desks["crm"].api("POST", method, body)["result"]

    def cdp(self, operation: str, **body: Json) -> Json:
        return self.desks["cdp"].api("POST", "", body, endpointId=SITE, operation=operation)

    def _wanted(self, phone: str) -> None:
        found = self.cdp("Website.GetCustomerInfo", customer={"mobilePhone": f"7{phone}"})["customer"]
        if found.get("ids"):
            self.desks["cdp"].api.control("wanted", {"customer": found["ids"]["mindboxId"], "campaign": "winback"})
            self.told["people"][phone]["wanted"] += 1

    def _sell(self) -> None:
        """Most tasks are worked at: a call, or none, then a mark with a word."""
        exchange = Exchange(self.desks["crm"].api.url)
        exchange.refresh = self.told.get("refresh", exchange.refresh)
        for task in (one for one in self.tasks() if one["open"]):
            if self.rng.random() < 0.7:
                word = self.rng.choice(sorted(WORDS))
                if self.rng.random() < 0.6:
                    start = datetime.now(UTC).isoformat(timespec="seconds")
                    self.told["rung"] += 1
                    talk = Talk(f"call-{self.told['rung']}", 2, task["phone"], "out", "200", 60, start)
                    exchange.ended(talk, str(task["contact"]))
                self.says(task, word)
                self.told["words"][task["id"]] = WORDS[word]
                if WORDS[word] in ("refused", "wrongNumber"):
                    self._ended(task["contact"])
        self.told["refresh"] = exchange.refresh

    def _ended(self, contact: int) -> None:
        for one in self.told["people"].values():
            if one["contact"] == contact:
                one["ended"] = one["ended"] or time.time()

    def _refuses(self, phone: str) -> None:
        """Said in the CRM, to whomever."""
        one = self.told["people"][phone]
        self.crm(
            "crm.item.update", entityTypeId=CONTACT, id=one["contact"], fields={"UF_CRM_CONSENTS": "не звонить"}, useOriginalUfNames="Y"
        )
        one["ended"] = time.time()

    def _buys(self, phone: str) -> None:
        """At a till, if the tills know her."""
        if self.desks["sklad"].ring_up(phone):
            self.told["people"][phone]["ended"] = time.time()

    @property
    def ran(self) -> int:
        return len(self.tasks())

    def violations(self) -> list[str]:
        tasks, told = self.tasks(), self.desks["cdp"].shows("delivered")
        wanted = Counter(
            row["mindboxId"] for row in {row["transactionalId"]: row for row in told if row["event"] == "call.wanted"}.values()
        )
        found = [text for phone, one in self.told["people"].items() for text in self._of_person(phone, one, tasks, wanted)]
        found += [f"{phone}: two open tasks between two rounds" for phone in self.told["doubled"]]
        return [*found, *self._uneven(tasks), *self._sums(tasks), *self._outcomes(tasks), *self._calls()]

    def _of_person(self, phone: str, one: Json, tasks: Sequence[Json], wanted: Counter[str]) -> list[str]:
        """At most one task for each time that Mindbox was heard, one open at once, none after she ended it or without a yes; and one at all."""
        mine = [row for row in tasks if row["contact"] == one["contact"]]
        opened = [row for row in mine if row["open"]]
        known = self.cdp("Website.GetCustomerInfo", customer={"mobilePhone": f"7{phone}"})["customer"].get("ids")
        times = wanted[str(known["mindboxId"])] if known else 0
        wrong = [f"{len(mine)} tasks for {times} requests"] if len(mine) > times else []
        wrong += [f"{len(opened)} open tasks"] if len(opened) > 1 else []
        if not one["consent"] and mine:
            wrong.append("a task, though she never said yes")
        if one["consent"] and times and not mine and not one["ended"]:
            wrong.append("no task, though she is wanted")
        if one["ended"]:
            wrong += ["an open task, though she bought or refused"] if opened else []
            later = [at for at in self.told["rounds"] if at > one["ended"]]  # the hub had time until then
            wrong += [f"a task of {row['made']} after she bought or refused" for row in mine if later and _seconds(row["made"]) > later[0]]
        return [f"{phone}: {text}" for text in wrong]

    def _uneven(self, tasks: Sequence[Json]) -> list[str]:
        """Open tasks of two sellers of a store differ by one and what was closed."""
        opened = Counter(row["seller"] for row in tasks if row["open"])
        closed = Counter(row["seller"] for row in tasks if not row["open"])
        pairs = [(a, b) for sellers in STORES.values() for a in sellers for b in sellers if opened[a] - opened[b] > 1 + closed[b]]
        return [f"seller {a} has {opened[a]} open tasks, seller {b} {opened[b]}, who closed {closed[b]}" for a, b in pairs]

    @staticmethod
    def _sums(tasks: Sequence[Json]) -> list[str]:
        """One open task of each seller says how many are called and how many remain, and remain do as many as are open."""
        found = []
        for seller in {row["seller"] for row in tasks if row["open"]}:
            mine = [row["title"] for row in tasks if row["open"] and row["seller"] == seller]
            said = [title.partition("осталось ")[2].rstrip(")") for title in mine if "осталось" in title]
            if said != [str(len(mine))]:
                found.append(f"seller {seller} has {len(mine)} open tasks, and reads that there are {', '.join(said) or 'none told'}")
        return found

    def _outcomes(self, tasks: Sequence[Json]) -> list[str]:
        """Each word that a seller wrote is one action of the customer with its result; nothing else is told."""
        actions = [row for row in self.desks["cdp"].shows("actions") if row["actionTemplate"]["name"] == "Sverka.CallTask"]
        owners = {row["id"]: row["contact"] for row in tasks}
        ids = {one["contact"]: phone for phone, one in self.told["people"].items()}
        owed: Counter[tuple[str, str]] = Counter()
        for ident, outcome in self.told["words"].items():
            found = self.cdp("Website.GetCustomerInfo", customer={"mobilePhone": f"7{ids[owners[ident]]}"})["customer"]
            owed[str(found["ids"]["mindboxId"]), outcome] += 1
        held = Counter((str(row["customer"]["ids"]["mindboxId"]), row["customFields"]["callResult"]) for row in actions)
        return [f"{count} outcomes {what} of {who} are not told" for (who, what), count in (owed - held).items()] + [
            f"{count} outcomes {what} of {who} too many" for (who, what), count in (held - owed).items()
        ]

    def _calls(self) -> list[str]:
        """Every call counts in Mindbox, once."""
        count = sum(row["actionTemplate"]["name"] == "Sverka.Call" for row in self.desks["cdp"].shows("actions"))
        return [f"{count} calls in Mindbox, {self.told['rung']} were made"] if count != self.told["rung"] else []


class CallDeals(CallLoop):
    """The same with tasks as deals of a funnel. ``told["funnel"]``: its number. Sellers move cards, and write a word where the stage says too little."""

    def before(self) -> None:
        self.told["funnel"] = self.crm("crm.category.add", entityTypeId=DEAL, fields={"name": "Обзвон"})["category"]["id"]
        super().before()

    def tasks(self) -> list[Json]:
        return [
            {"id": str(row["id"]), "contact": row["contactId"], "seller": str(row["assignedById"]), "open": row["stageSemanticId"] == "P",
             "made": row["createdTime"], "phone": row["UF_CRM_CALL_PHONE"], "title": row["title"], "text": row["comments"]}
            for row in self.desks["crm"].items(DEAL, categoryId=self.told["funnel"])
        ]  # fmt: skip

    def says(self, task: Json, word: str) -> None:
        stage = f"C{self.told['funnel']}:{STAGES[WORDS[word]]}"
        fields = {"stageId": stage} | ({} if WORDS[word] in ("refused", "talked") else {"UF_CRM_CALL_REMARK": word})
        self.crm("crm.item.update", entityTypeId=DEAL, id=int(task["id"]), fields=fields, useOriginalUfNames="Y")


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
