"""Conflicts: fields in which systems disagree, shown with what each says and when, decided one by one or all that are alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from hub.cli.ruling import Ruling, apply, preview
from hub.cli.shared import Group, as_json, config, fail, hub_at, refusals, say_json, speech, t, who
from hub.decisions import conflicts as disputes
from hub.language.shown import Shown
from hub.language.typed import typed
from hub.storage import views
from hub.words import conflicts as dispute_words

Json = Any


@click.group(cls=Group)
def conflicts() -> None:
    """Fields in which systems disagree and a person decides, by policy or because a status took a step that the table lacks."""


@conflicts.command("list")
@config
@click.option("--group", "chosen", default="", help="Only these, as customer.comment:crm+sklad.")
@as_json
def listing(path: str, chosen: str, machine: bool) -> None:
    """Open conflicts by field and systems, the largest group first: what each system says, and when it said so.

    \b
    Examples:
      sverka conflicts list
      sverka conflicts list --group customer.comment:crm+sklad --json
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        found = [g for g in disputes.groups(hub, at) if chosen in ("", g.key)]
        names = views.data_of(at, [row["record_id"] for g in found for row in g.rows])
        shown = Shown(speech(hub), views.titles(at))
    if machine:
        say_json([{"group": g.key, "why": g.why, "count": len(g.rows), "conflicts": [_short(row) for row in g.rows]} for g in found])
        return
    for group in found:
        click.echo(f"{group.key}: {len(group.rows)}  ({dispute_words.why(shown.say, group.why)})")
        for row in group.rows if chosen else group.samples:
            click.echo(f"  {row['id']}  {shown.name(group.entity, names.get(row['record_id'], {}))}")
            for option in row["options"]:
                value = shown.value(group.entity, group.field, option["value"]) or shown.say("empty")
                click.echo(f"    {dispute_words.who(shown.say, option)}: {value}  ({dispute_words.when(shown.say, option)})")
    if not found:
        click.echo(shown.say("No field waits for an answer."))


@conflicts.command()
@config
@click.argument("conflict")
@click.option("--take", default="", help="A system whose value holds, or `newest`.")
@click.option("--value", help="The value that holds; lists with commas or as JSON, empty to empty the field.")
def decide(path: str, conflict: str, take: str, value: str | None) -> None:
    """Decide one CONFLICT by a side or a value. It is written to all systems and audited.

    \b
    Examples:
      sverka conflicts decide 3f0c… --take sklad
      sverka conflicts decide 3f0c… --value "Мария"
    """
    if bool(take) == (value is not None):
        raise click.UsageError(t("say either --take SYSTEM or --value VALUE"))
    hub = hub_at(path)
    with hub.store.read() as at:
        titles = views.titles(at)
        of = {row["id"]: g for g in disputes.groups(hub, at) for row in g.rows}

    def choose(row: Mapping[str, Json]) -> Json:
        group = of[row["id"]]
        return disputes.side(row, take) if take else typed(group.entity, group.field, value or "", titles)

    with refusals():
        disputes.decide(hub, conflict, choose, actor=who())
    click.echo(t("%(conflict)s: decided", conflict=conflict))


@conflicts.command()
@config
@click.argument("group")
@click.option("--take", required=True, help="The system whose values hold, or `newest`.")
@click.option("--apply", "really", is_flag=True, help="Do it; without, the conflicts are counted and a sample is shown.")
@as_json
def rule(path: str, group: str, take: str, really: bool, machine: bool) -> None:
    """Decide all conflicts of a GROUP by one side. Without --apply nothing changes: the count and a sample are shown.

    \b
    Examples:
      sverka conflicts rule customer.comment:crm+sklad --take sklad
      sverka conflicts rule customer.comment:crm+sklad --take newest --apply
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        found = next((g for g in disputes.groups(hub, at) if g.key == group), None)
        shown = Shown(speech(hub), views.titles(at))
    if found is None:
        raise fail("no open conflict is “%(group)s”: sverka conflicts list", group=group)
    if take not in found.sides:
        raise fail("--take %(take)s: the sides of %(group)s are %(sides)s", take=take, group=group, sides=", ".join(found.sides))
    values = [shown.value(found.entity, found.field, disputes.side(row, take)) or shown.say("empty") for row in found.samples]
    lines = [f"{row['record_id']}  {value}" for row, value in zip(found.samples, values, strict=True)]
    ruling = Ruling({"group": group, "take": take}, take, len(found.rows), [_short(row) for row in found.samples], lines)
    if really:
        apply(ruling, lambda: disputes.decide_group(hub, group, take, actor=who()), machine)
    else:
        preview(ruling, machine)


def _short(row: Mapping[str, Json]) -> dict[str, Json]:
    return {name: row[name] for name in ("id", "record_id", "field", "options", "opened_at")}


COMMANDS = [conflicts]
