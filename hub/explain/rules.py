"""Why a record is not passed on: which rule keeps it from a system, with the value of the record that decided."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jmespath

from hub.language import N_
from hub.language.shown import Shown
from hub.sync.draft import MADE_THERE, UNSAID
from hub.sync.erased import ERASED
from hub.sync.lacking import UNPOSTED
from hub.sync.places import REFUSED
from hub.sync.realms import REASON
from mappings import nested

Json = Any
NAME = re.compile(r"(?<![\w.'\"`])[a-z_][\w.]*(?![\w(])")
SAID = re.compile(r"'[^']*'|`[^`]*`|\"[^\"]*\"")  # what an expression compares with
PARTS = re.compile(r"\[\?[^\]]*\]")  # a filter speaks of the parts of a value, not of the record
KEYWORDS = frozenset({"and", "or", "not", "true", "false", "null"})
BEFORE, AT_BRAKE = "from before ", "refused at the brake by "  # how such reasons begin

PLAIN = {
    ERASED: N_("Not passed on: the person was erased on request."),
    "made there and only read from there": N_("Is only read from: the document was made in this system, and the hub does not write it."),
    MADE_THERE: N_("Not passed on: the hub makes none of these here. Once it is made here, the hub finds it by its identifier or barcode."),
    "nothing is known of it: it means nobody": N_("Means nobody: a customer whose receipts are without customer (Review → Nobody)."),
    UNSAID: N_("Not passed on yet: it is called as nobody is, and cannot be reached. Say under Review → Nobody whether it is a person."),
    "not in the pilot": N_("Not passed on: the system is in the pilot, and this is not among its stores and phones."),
    "came while the system was in the pilot": N_("Not passed on: it came while the system was in the pilot, and is old news now."),
    "came while the system was observed": N_("Not passed on: it came while the system was observed, and is old news now."),
    REASON: N_("Not passed on: this system is told of the stores of its realm and of who bought there, and this is of neither."),
    UNPOSTED: N_("Not passed on: the purchase that it is of was not posted here."),
    REFUSED: N_("Not passed on: somebody else posts the receipts of this store, a person has decided."),
    "not mapped": N_("Not passed on: no mapping writes records of this kind to this system."),
    "the object there is gone": N_("Not passed on: the object was deleted here, and the hub never makes a deleted object again."),
    "the object there is stand_in": N_("Means nobody here: receipts that name it are without customer (Review → Nobody)."),
    "the object there is archived": N_("Not passed on: the object here is in the archive."),
    "the object there is out_of_scope": N_("Not passed on: the object here is outside of what the hub may see."),
}


def rule(reason: str, entity: str, data: Mapping[str, Json], shown: Shown) -> str:
    """Which rule keeps a record from a system, with the value that decided."""
    say = shown.say
    if reason in PLAIN:
        return say(PLAIN[reason])
    kind, _, rest = reason.partition(": ")
    if kind == "not routed" and NAME.fullmatch(rest):
        return say(
            "Not passed on: this system takes only what has the field “%(field)s” filled, and here it is empty.",
            field=shown.label(entity, rest),
        )
    if kind == "not routed" and rest:
        return say(
            "Not passed on by the rule “%(rule)s” of the routes: here %(values)s.", rule=rest, values=deciding(rest, entity, data, shown)
        )
    if kind == "not routed":
        return say("Not passed on: by the routes this system takes none of these.")
    if kind == "not applicable":
        fields = shown.labels(entity, rest.removeprefix("no ").split(", "))
        return say("Not passed on: this system cannot hold a record without %(fields)s, and here there is none. It is created once there is.", fields=fields)  # fmt: skip
    if kind == "settled":
        return say("Not passed on any more: the system will never let this document change (%(text)s).", text=shown.told(rest))
    if kind in PLAIN:  # with what a vendor said of it
        return say(PLAIN[kind])
    if reason.startswith(BEFORE):
        return say("Not passed on: it is from before %(day)s, and what is older is not passed on.", day=reason.removeprefix(BEFORE))
    if reason.startswith(AT_BRAKE):
        return say("Not passed on: %(who)s refused it at the brake.", who=reason.removeprefix(AT_BRAKE))
    return say("Not passed on: %(reason)s.", reason=shown.private(reason).rstrip(".")) if reason else say("Not passed on.")


def by_rule(reason: str) -> bool:
    """Whether a rule keeps it back, which a replay would only meet again; else a person did."""
    kind = reason.partition(": ")[0]
    return reason in PLAIN or kind in PLAIN or kind in ("not routed", "not applicable", "settled") or reason.startswith(BEFORE)


def deciding(expression: str, entity: str, data: Mapping[str, Json], shown: Shown) -> str:
    """The values of the record that a JMESPath condition speaks of."""
    bare = PARTS.sub("", SAID.sub(" ", expression))
    names = [name for name in dict.fromkeys(NAME.findall(bare)) if name not in KEYWORDS]
    found = []
    for name in names:
        value = data.get(name) if name in data else jmespath.search(name, nested(data))
        text = shown.value(entity, name, value) or shown.say("empty")
        found.append(f"{shown.label(entity, name)} = {text}")
    return ", ".join(found) or expression
