"""What to tell people of a brake: what is held back, how much would have been let through, what each answer does. Pages and commands say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.app import Hub
from hub.language import N_
from hub.language.shown import Shown
from hub.sync.places import POSTED
from hub.sync.scale import EFFECTS, IN, LEFT, MERGE, OUT, POST
from hub.words.effects import named

Json = Any
TITLES = {
    (IN, "created"): N_("%(system)s shows %(n)s new objects within an hour"),
    (IN, "changed"): N_("%(system)s has changed “%(field)s” in %(n)s objects within an hour"),
    (IN, "emptied"): N_("%(system)s has emptied “%(field)s” in %(n)s objects within an hour"),
    (IN, "lost"): N_("%(n)s objects are not in %(system)s any more"),
    (IN, LEFT): N_("%(n)s people have left the segment %(field)s within an hour"),
    (IN, "backwards"): N_("%(n)s objects of %(system)s are older than they were: its base may be a restored copy"),
    (OUT, "created"): N_("%(n)s objects would be created in %(system)s"),
    (OUT, "changed"): N_("%(n)s objects would be changed in %(system)s"),
    (OUT, "emptied"): N_("“%(field)s” would be emptied in %(n)s objects of %(system)s"),
    (OUT, EFFECTS): N_("Writing to %(system)s would set off: %(field)s. Objects: %(n)s"),
    (POST, POSTED): N_("%(system)s holds sales of others already of the receipts that the hub was about to post: %(field)s. Sales: %(n)s"),
    (MERGE, "changed"): N_("The new configuration would change %(n)s records"),
    (MERGE, "emptied"): N_("The new configuration would empty “%(field)s” in %(n)s records"),
}
ANSWERS = {
    IN: (
        N_("Approve: it is taken and passed on to the other systems."),
        N_(
            "Refuse: it is not taken, and the system gets back what the records say. Where people there would notice that (robots, mails), it asks once more."
        ),
    ),
    OUT: (N_("Approve: it is written."), N_("Refuse: it is given up; the records stay as they are.")),
    POST: (
        N_("Approve: the hub posts here from now on. Switch the other one off first, or every receipt earns points twice."),
        N_("Refuse: the hub posts nothing here, whatever the configuration says; set loyalty.stores to till_module."),
    ),
    MERGE: (
        N_("Approve: the configuration is put in force."),
        N_("Refuse: nothing changes, and the hub stands still until the old configuration is back."),
    ),
}
RUNS = {
    "backfill": N_("first load"),
    "replay": N_("replay"),
    "activation": N_("new configuration"),
    "go-live": N_("a system goes live"),
    "pilot": N_("the pilot"),
    "sweep": N_("comparison"),
    "repair": N_("repair"),
    "approved": N_("approved changes"),
    "": N_("changes of the day"),
}


def title(row: Mapping[str, Json], shown: Shown) -> str:
    """What is held back, in one sentence without its full stop."""
    say = shown.say
    name = named([row["field"]], say) if row["kind"] == EFFECTS else place(row["field"], shown) if row["way"] == POST else ""
    name = name or (shown.label(row["entity"], row["field"]) if row["field"] else "")
    values = {"system": row["system"], "n": say.number(row["count"]), "field": name}
    found = say(TITLES.get((row["way"], row["kind"]), "%(system)s: %(n)s"), **values)
    return f"{found} ({shown.entities(row['entity']).lower()})"


def place(name: str, shown: Shown) -> str:
    """A channel and a store (:func:`hub.sync.places.place_of`), as people call them."""
    channel, _, store = name.partition("|")
    told = [shown.value("order", "channel", channel), shown.value("order", "store", store) if store else ""]
    return ", ".join(one for one in told if one)


def sampled(row: Mapping[str, Json]) -> str:
    """The entity of the records that the sample names: of a place its orders, whose purchases are asked about."""
    return "order" if row["way"] == POST else str(row["entity"])


def measure(row: Mapping[str, Json], shown: Shown) -> str:
    """Why it was stopped."""
    say = shown.say
    if row["way"] == POST:
        return say("Somebody else tells the programme of the same receipts, such as the module of the till. Nothing of this place is posted before a person has answered.")  # fmt: skip
    if row["kind"] == EFFECTS:
        return say("A run writes nothing that people would notice before somebody has agreed.")
    values = {"most": say.number(row["most"]), "objects": say.number(row["objects"])}
    return say("Up to %(most)s are let through without asking, where there are %(objects)s.", **values)


def others(rows: Sequence[Mapping[str, Json]], shown: Shown) -> str:
    """What the same answer lets through besides (:func:`hub.decisions.brakes.beside`), in a sentence; empty where there is nothing."""
    return shown.say("The same answer holds for: %(what)s.", what="; ".join(title(row, shown) for row in rows)) if rows else ""


def switch(hub: Hub, rows: Sequence[Mapping[str, Json]], shown: Shown) -> str:
    """Where a person switches the side effects off by hand before agreeing; empty where none are among these questions or nobody can."""
    row = next((one for one in rows if one["kind"] == EFFECTS), None)
    system = row["system"] if row else ""
    if row is None or system not in hub.settings.systems:
        return ""
    for resource in hub.resources(system):
        manifest = hub.resource(system, resource)
        paths = [op.switch for op in manifest.operations.values() if op.switch] if manifest.entity == row["entity"] else []
        if paths:
            before = shown.say("To avoid them, switch them off by hand first: %(path)s.", path=shown.say.pick(*paths[0]))
            after = shown.say("Switch them on again afterwards.")
            return f"{before} {after}"
    return ""


def answers(row: Mapping[str, Json], shown: Shown) -> tuple[str, str]:
    """What approving and refusing do."""
    yes, no = ANSWERS[row["way"]]
    return shown.say(yes), shown.say(no)


def run_of(kind: str, shown: Shown) -> str:
    """What a run is called."""
    return shown.say(RUNS.get(kind, kind))
