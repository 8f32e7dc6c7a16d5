"""Brakes: what is held back until a person has looked at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from hub.app import Hub
from hub.cli.shared import Group, as_json, config, did, fail, hub_at, known_system, say_json, speech, t, who
from hub.decisions import brakes
from hub.language.shown import Shown
from hub.storage import brakes as rows
from hub.storage import states, views
from hub.sync import revisions, runs
from hub.sync.scale import MERGE
from hub.words import brakes as brake_words
from hub.words.states import WORDS

Json = Any
NAMES = (
    "id",
    "system",
    "entity",
    "way",
    "run",
    "kind",
    "field",
    "count",
    "most",
    "objects",
    "opened_at",
    "decision",
    "actor",
    "decided_at",
)


@click.group(cls=Group)
def brake() -> None:
    """Brakes: what would change too much waits here until a person has looked at a sample and answered."""


@brake.command("list")
@config
@click.option("--all", "past", is_flag=True, help="The answered ones too.")
@as_json
def listing(path: str, past: bool, machine: bool) -> None:
    """What waits for an answer.

    \b
    Examples:
      sverka brake list
      sverka brake list --all --json
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        found, shown = rows.latest(at) if past else rows.undecided(at), Shown(speech(hub), views.titles(at))
        refused = revisions.standstill(hub, at)
        beside = {row["id"]: brakes.beside(hub, at, row) if not row["decision"] else [] for row in found}
    if machine:
        say_json([{name: row[name] for name in NAMES} | {"beside": [_short(one) for one in beside[row["id"]]]} for row in found])
        return
    for row in found:
        answer = f" [{shown.say(WORDS[row['decision']])}: {row['actor']}]" if row["decision"] else ""
        click.echo(f"{row['id']}  {brake_words.title(row, shown)}{answer}")
        if beside[row["id"]]:
            click.echo(f"    {brake_words.others(beside[row['id']], shown)}")
    if not found:
        click.echo(t("no brake is on"))
    if refused:
        still = "The new configuration was refused by %(name)s: nothing is read, merged or written."
        click.echo(f"{t('The hub stands still.')} {t(still, name=refused['actor'])}")


@brake.command()
@config
@click.argument("ident")
@as_json
def show(path: str, ident: str, machine: bool) -> None:
    """One brake with its sample: field, value before, value after.

    \b
    Example:
      sverka brake show 0193…
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        row, shown = rows.get(at, ident), Shown(speech(hub), views.titles(at))
        run = runs.by_ids(at, [row["run"]]).get(row["run"], {}) if row and row["run"] else {}
        names = views.data_of(at, [one["record"] for one in row["sample"]]) if row else {}
        beside = brakes.beside(hub, at, row) if row else []
    if row is None:
        raise fail("there is no brake %(id)s: sverka brake list", id=ident)
    if machine:
        say_json({name: row[name] for name in NAMES} | {"sample": row["sample"], "beside": [_short(one) for one in beside]})
        return
    click.echo(f"{brake_words.title(row, shown)}. {brake_words.measure(row, shown)}")
    cause = str(run.get("kind", "activation" if row["way"] == MERGE else ""))
    click.echo(f"{brake_words.run_of(cause, shown)}, {shown.say.moment(row['opened_at'])}")
    told = (brake_words.others(beside, shown), brake_words.switch(hub, [row, *beside], shown))
    for text in (*told, *brake_words.answers(row, shown)):
        click.echo(text) if text else None
    for one in row["sample"]:
        click.echo(f"  {one['id']} {shown.name(brake_words.sampled(row), names.get(one['record'], {}))}")
        for name, before, after in one["changes"]:
            label = shown.label(row["entity"], name)
            click.echo(f"    {label}: {shown.remote(row['entity'], [name], before)} → {shown.remote(row['entity'], [name], after)}")


def _short(one: dict[str, Json]) -> dict[str, Json]:
    return {name: one[name] for name in ("kind", "field", "count")}


def answered(decision: str, idents: Sequence[str], path: str, machine: bool) -> None:
    hub = hub_at(path)
    done = [answer(hub, ident, decision) for ident in chosen(hub, idents)]
    if machine:
        say_json([{"id": row["id"], "decision": decision} for row in done])
        return
    for row in done:
        click.echo(f"{row['id']}: {t(WORDS[decision])}")
    if not done:
        click.echo(t("no brake is on"))


def chosen(hub: Hub, idents: Sequence[str]) -> list[str]:
    """The brakes named, or all that are on for ``all``."""
    if list(idents) != ["all"]:
        return list(idents)
    with hub.store.read() as at:
        return [row["id"] for row in rows.undecided(at)]


def answer(hub: Hub, ident: str, decision: str) -> dict[str, Json]:
    try:
        return brakes.decide(hub, ident, decision, actor=who())
    except brakes.Gone as error:
        raise click.ClickException(error.told(speech())) from error


@brake.command()
@config
@click.argument("idents", nargs=-1, required=True)
@as_json
def approve(path: str, idents: tuple[str, ...], machine: bool) -> None:
    """Let what is held back go on; `all` for every brake that is on. Kept in the audit log.

    \b
    Examples:
      sverka brake approve 0193…
      sverka brake approve all
    """
    answered(brakes.APPROVE, idents, path, machine)


@brake.command()
@config
@click.argument("idents", nargs=-1, required=True)
@as_json
def refuse(path: str, idents: tuple[str, ...], machine: bool) -> None:
    """Give up what is held back: what would be written is not; what a system said is not taken, and it gets back what the records say.

    \b
    Example:
      sverka brake refuse 0193…
    """
    answered(brakes.REFUSE, idents, path, machine)


@brake.command()
@config
@click.argument("system")
@click.option("--off", is_flag=True, help="They are switched on there again.")
def hush(path: str, system: str, off: bool) -> None:
    """Say that the side effects (mails, robots) are switched off in a SYSTEM by hand, so that its runs need not ask. `sverka check` names
    the switch. Say --off once they are on again.

    \b
    Examples:
      sverka brake hush site
      sverka brake hush site --off
    """
    hub = hub_at(path)
    with hub.store.write() as at:
        states.set_values(at, known_system(hub, system), hushed="" if off else who())
        did(hub, at, "hush", system=system, outcome="on again" if off else "off by hand")
    say = speech(hub)
    told = say("its runs ask before they set anything off") if off else say("its runs do not ask about side effects")
    click.echo(f"{system}: {told}")


COMMANDS = [brake]
