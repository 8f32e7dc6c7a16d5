"""The parts of a record's page: its fields with who said them, the lines of an order, and the time line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.entities import FIELDS
from hub.explain.in_words import Words
from hub.explain.standing import ELSEWHERE
from hub.language import Speech
from hub.language.shown import Shown
from hub.sync.statement import HUB
from hub.sync.sums import DERIVED
from hub.sync.welcome import WITHHELD
from hub.words import welcome
from hub.words.audit import of_write

Json = Any
APART = frozenset({"lines", "customer", "product", "consents", "consent_history"})  # shown in places of their own


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field. ``at`` None: known since the first load, without a date. ``problem``: why a system's value was not used. ``mend``: another
    value would help, since that one cannot be read or a system does not take it. ``by_hand``: a person said it here."""

    name: str
    title: str
    value: str
    system: str
    at: float | None
    said: bool
    problem: str = ""
    mend: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. ``kind``: said (a system changed the field) | write | person | failed | other. ``changes``: (title, before, after)."""

    at: float
    kind: str
    system: str
    action: str
    actor: str
    outcome: str
    changes: Sequence[tuple[str, str, str]]


def fields_of(page: Mapping[str, Json], shown: Shown, zone: str = "", blamed: Set[str] = frozenset(), city: str = "") -> list[FieldRow]:
    """Every field that is filled or could not be used, in the order of the entity. ``zone``: of the record's store, where its clock is
    another than the pages'. ``blamed``: fields that a system refuses. ``city``: of the record's store."""
    row = page["record"]
    entity, data, provenance = row["entity"], row["data"], row["provenance"]
    wrong = {x["field"]: f"{x['system']}: {shown.private(shown.say.pick(x['ru'], x['en']))}" for x in page["problems"]}
    unread = {x["field"] for x in page["problems"] if x["code"] not in ELSEWHERE} - {x["field"] for x in page["waiting"]} | set(blamed)
    hands = {name for link in page["links"] if link["system"] == HUB for name, entry in link["contribution"].items() if "before" in entry}
    order = {name: i for i, name in enumerate(FIELDS[entity])}
    names = sorted({name for name, value in data.items() if value not in (None, "", [])} | set(wrong), key=lambda n: (order.get(n, 999), n))
    found = []
    for name in names:
        if name in APART and name not in wrong:
            continue
        said = provenance.get(name) or ("", "", None)
        value = shown.value(entity, name, data.get(name)) if name not in APART else ""
        value += f", {city}" if name == "store" and city and city not in value else ""
        value += _at_the_store(shown, entity, name, data.get(name), zone)
        derived = len(said) > DERIVED
        by_hand = said[0] == HUB and name in hands
        system = shown.say("follows from the total") if derived else shown.say("by hand") if by_hand else said[0]
        dated = name in provenance and not derived
        found.append(FieldRow(name, shown.label(entity, name), value, system, said[2], dated, wrong.get(name, ""), name in unread, by_hand))
    return found


def _at_the_store(shown: Shown, entity: str, name: str, value: Json, zone: str) -> str:
    """A moment by the store's own clock, in brackets; empty for what is no moment."""
    moment = shown.moment_of(entity, name, value) if zone else None
    if moment is None:
        return ""
    there = shown.say("at the store %(time)s", time=Speech(shown.say.language, zone).moment(moment))
    return f" ({there})"


def lines_of(page: Mapping[str, Json], shown: Shown) -> list[dict[str, str]]:
    """The lines of an order as text: sku, name, quantity, price, sum."""
    say, found = shown.say, []
    for line in page["record"]["data"].get("lines") or ():
        row = {"sku": str(line.get("sku") or ""), "name": str(line.get("name") or "")}
        row["quantity"] = say.number(Decimal(str(line["quantity"])).normalize() + 0) if line.get("quantity") else ""
        row |= {key: say.money(line[key]) if line.get(key) not in (None, "") else "" for key in ("price", "discount", "sum")}
        found.append(row)
    return found


def story_of(hub: Hub, at: Connection, page: Mapping[str, Json], shown: Shown) -> list[Step]:
    """What systems said, what was written where, and what people did; newest first."""
    words = Words(hub, at, shown)
    steps = [*_said(hub, page, words), *_audited(page, shown, words), *_states(page, shown)]
    return sorted(steps, key=lambda step: -step.at)[:100]


def _said(hub: Hub, page: Mapping[str, Json], words: Words) -> list[Step]:
    """Edits seen in systems, gathered by system and moment; what was so at the first load has no date and is no step."""
    entity, groups = page["record"]["entity"], dict[tuple[str, float], list[tuple[str, str, str]]]()
    for link in page["links"]:
        if link["system"] == HUB:  # what people set here stands in the audit log, with their names
            continue
        mapping = hub.mapping(link["system"], link["resource"]) if link["system"] in hub.settings.systems else None
        for path, entry in link["contribution"].items():
            for before, after, at in entry.get("ops") or [(None, entry["v"], entry.get("t"))]:
                if at is not None:
                    old, new = (words.said(entity, link["system"], mapping, path, value) for value in (before, after))
                    change = (words.title(entity, mapping, path), old if entry.get("ops") else "", new)
                    groups.setdefault((link["system"], at), []).append(change)
    return [Step(at, "said", system, "said", system, "", changes) for (system, at), changes in groups.items()]


def _states(page: Mapping[str, Json], shown: Shown) -> list[Step]:
    """When the record was first seen, and the failures that stand now."""
    first = min(page["links"], key=lambda link: link["id"], default=None)
    steps = [Step(page["record"]["created_at"], "other", first["system"] if first else "", "first", "", "", ())]
    for system, row in page["deliveries"].items():
        if row["error_text"]:
            steps.append(Step(row["changed_at"], "failed", system, "failed", "", shown.told(row["error_text"]), ()))
    return steps


def _audited(page: Mapping[str, Json], shown: Shown, words: Words) -> list[Step]:
    """Rows of the audit log; the outcome of a write joins its intent."""
    steps, outcomes = list[Step](), dict[str, str]()
    for row in page["timeline"]:  # newest first: an outcome comes before its intent
        if row["action"] == "write.outcome":
            outcomes[row["system"]] = row["outcome"]
            continue
        if row["system"] == HUB and row["action"].startswith("operator."):
            steps.append(
                Step(row["at"], "person", "", row["action"].removeprefix("operator."), row["actor"], "", _by_hand(page, row, shown))
            )
            continue
        if row["action"] == "write.intent":
            changes = words.changes(page["record"]["entity"], row["system"], row["after"] or {}, row["before"] or {})
            outcome = of_write(shown.say, outcomes.pop(row["system"], ""))
            steps.append(Step(row["at"], "write", row["system"], "write", row["actor"], outcome, changes))
            continue
        if row["action"] == WITHHELD:
            steps.append(Step(row["at"], "other", row["system"], row["action"], row["actor"], welcome.why(row["cause"], shown.say), ()))
            continue
        kind = "person" if row["action"].startswith("operator.") else "other"
        text = shown.private(row["outcome"] or row["cause"]).removeprefix("ok")
        steps.append(Step(row["at"], kind, row["system"], row["action"].removeprefix("operator."), row["actor"], text, ()))
    return steps


def _by_hand(page: Mapping[str, Json], row: Mapping[str, Json], shown: Shown) -> list[tuple[str, str, str]]:
    """What a person set here: canonical values before and after, and why, where they said it."""
    entity, before = page["record"]["entity"], row["before"] or {}
    found = [
        (shown.label(entity, name), shown.value(entity, name, before.get(name)), shown.value(entity, name, value) or shown.say("empty"))
        for name, value in (row["after"] or {}).items()
    ]
    why = [(shown.say("Why"), "", shown.private(row["cause"]))] if row["cause"] and row["cause"] not in (row["after"] or {}) else []
    return found + why
