"""Why a difference was there, and what was done about it: one sentence each, for the page, the command and the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.language import N_, Speech

Json = Any

KINDS = {
    "changed": N_("changed there, unseen"),
    "owed": N_("not written"),
    "absent": N_("not created"),
    "stranger": N_("not linked"),
    "lost": N_("deleted there, unseen"),
    "second": N_("the second object of somebody who stands twice in this system: it is only read. Merge the two there, or mend it by hand"),
    "alone": N_("refused by a person, and the record has nothing to write over it: empty it there by hand"),
}
WHY = {
    "missed": N_("It was changed there after the hub's last look, and neither a webhook nor a poll told of it."),
    "returned": N_("It was gone, and is there again."),
    "no_delivery": N_("The hub owed it and no delivery was open: a row was lost, or the object was changed behind its back."),
    "dead": N_("The delivery failed and waits for a person."),
    "unheard": N_("It is there, and neither a webhook nor a poll told of it."),
    "deleted": N_("It was deleted there, and no webhook told of it."),
}
REASONS = {  # why a path may differ, as a comparison counts it
    "under way": N_("under way"),
    "held at a brake": N_("held at a brake"),
    "newer than the last poll": N_("newer than the last poll"),
    "not readable yet": N_("not readable yet"),
    "in conflict": N_("in conflict"),
    "stored in its own form": N_("stored in its own form"),
    "frozen": N_("frozen"),
    "set aside": N_("set aside"),
    "tolerated": N_("tolerated"),
    "not passed on": N_("not passed on"),
    "erased": N_("erased by law"),
    "second": N_("a second object, only read"),
    "alone": N_("refused, stands there alone"),
    "copy of a document that is not there": N_("copy of a document that is not there"),
}
DONE = {
    "look": N_("It is looked at anew, and the policies decide."),
    "delivery": N_("It is written."),
    "gone": N_("It is asked for once more by its number, and then counts as gone."),
    "none": N_("Nothing was done."),
}


def sentence(row: Mapping[str, Json], say: Speech) -> str:
    """Why, and who said the value or did something last, as the audit log has it."""
    parts = [say(WHY.get(str(row["why"]), ""))]
    if row.get("said"):
        system, moment = row["said"]
        when = say.moment(moment) if moment else say("before anything was dated")
        parts.append(say("The record's value comes from %(system)s, %(time)s.", system=system, time=when))
    if row.get("audit_id"):
        parts.append(say("The log's last word about it is row %(number)s.", number=row["audit_id"]))
    return " ".join(part for part in parts if part)
