"""What two records have alike, and what each decision does, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from hub.decisions.duplicates import NO_NAME, OTHER_NAME, SAME_NAME, Group
from hub.language import N_, Speech
from hub.language.shown import Shown
from hub.sync.goods import LATER, OTHER_GUID, SEVERAL_BARCODES, TWICE_THERE
from hub.sync.identify import PHONE_ALONE, SEVERAL, TOLD_LATER
from hub.sync.references import AGAINST, ANOTHER_HERE, KEYS_ELSEWHERE, SEVERAL_NAMED
from hub.sync.uniting import BY_HAND, MERGED_IN

ALIKE = {"phone": N_("same phone"), "email": N_("same e-mail"), "card": N_("same card")}
NAME = {SAME_NAME: N_("same first name"), OTHER_NAME: N_("other first name"), NO_NAME: N_("first name not known")}
OF = {"phone": N_("the phone"), "email": N_("the e-mail")}
SUGGESTED = {SAME_NAME: "same", OTHER_NAME: "different"}  # by default nobody is merged whose name is not known
ANSWERS = {"same": N_("one person"), "different": N_("different people")}

FIXED = {
    SEVERAL: N_("its keys belong to several people"),
    BY_HAND: N_("made two by hand"),
    AGAINST: N_("another program's cross-reference says that they are one, and everything that can be compared says otherwise"),
    SEVERAL_NAMED: N_("another program's cross-references lead to both"),
    KEYS_ELSEWHERE: N_("another program's cross-reference leads to one, phone, e-mail or card to the other"),
    ANOTHER_HERE: N_("another program's cross-references of two objects of one system name the same object"),
    OTHER_GUID: N_("the same barcode, and 1C knows them as two products"),
    TOLD_LATER: N_("the same phone, e-mail or card, and one of them got it later"),
    LATER: N_("the same barcode, and one of them got it later"),
    TWICE_THERE: N_("the same barcode on two products of one system"),
    SEVERAL_BARCODES: N_("its barcodes belong to several products"),
    PHONE_ALONE: N_("the same phone alone, and a phone is not a person here"),
}
OTHERS = {"another first name": NAME[OTHER_NAME], "name not known": NAME[NO_NAME]}


def why(say: Speech, reason: str) -> str:
    """The reason of a pair, as identification wrote it, in the reader's language."""
    if reason in FIXED:
        return say(FIXED[reason])
    if reason.startswith("card of one, "):
        others = reason.removeprefix("card of one, ").removesuffix(" of another").split(" and ")
        return say("the card belongs to one, %(kinds)s to another", kinds=" + ".join(say(OF[kind]) for kind in others))
    kinds, _, name = reason.removeprefix("same ").partition(", ")
    if reason.startswith("same ") and name in OTHERS and set(kinds.split(" and ")) <= ALIKE.keys():
        return ", ".join([*(say(ALIKE[kind]) for kind in kinds.split(" and ")), say(OTHERS[name])])
    return reason


def decider(say: Speech, actor: str) -> str:
    """Who decided: a person by name, or the system in which people merged the two objects."""
    system = actor.removeprefix(MERGED_IN)
    return say("merged in %(system)s", system=system) if actor.startswith(MERGED_IN) else actor


def heading(group: Group, shown: Shown) -> str:
    """Over a group: what its pairs have alike; of goods, what they are."""
    return alike(shown.say, group.kinds, group.name) if group.name else shown.entities(group.key)


def alike(say: Speech, kinds: Sequence[str], name: str) -> str:
    """As a heading: what is the same, then how the first names stand."""
    first = [say(ALIKE[kind]) for kind in kinds] or [say("nothing in common")]
    text = ", ".join([*first, say(NAME[name])])
    return text[:1].upper() + text[1:]
