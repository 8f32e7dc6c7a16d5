"""The customers that mean nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from hub.app import Hub
from hub.cli.shared import Group, as_json, config, hub_at, refusals, say_json, speech, t, who
from hub.decisions import stand_ins as rules
from hub.decisions.stand_ins import NOBODY, PERSON, PROPOSED, StandIn
from hub.language import N_
from hub.language.shown import Shown
from hub.storage import views
from hub.storage.stand_ins import RECEIPTS
from hub.words.states import WORDS

Json = Any


STATES = {PROPOSED: N_("proposed"), NOBODY: N_("nobody"), PERSON: N_("a person")}


@click.group("stand-ins", cls=Group)
def stand_ins() -> None:
    """Customers that mean nobody ("Retail buyer"): their receipts are orders without customer."""


@stand_ins.command("list")
@config
@as_json
def listing(path: str, machine: bool) -> None:
    """Those proposed and those decided, the ones with most receipts first.

    \b
    Example:
      sverka stand-ins list
    """
    print_stand_ins(path, machine, ())


@stand_ins.command()
@config
@click.argument("system")
@click.argument("ident")
@click.argument("decision", type=click.Choice([NOBODY, PERSON]))
def decide(path: str, system: str, ident: str, decision: str) -> None:
    """Say of the customer IDENT of SYSTEM, and of its twins in the other systems, that it is `nobody` or a `person`. It counts at once; the
    other answer takes it back.

    \b
    Examples:
      sverka stand-ins decide sklad 5c1f0000-0000-4000-8000-000000000001 nobody
      sverka stand-ins decide sklad 5c1f0000-0000-4000-8000-000000000001 person
    """
    hub = hub_at(path)
    with refusals():
        rules.decide(hub, system, ident, decision, actor=who())
    click.echo(f"{system} {ident}: {t(WORDS[decision])}")


def print_stand_ins(path: str, machine: bool, states: tuple[str, ...]) -> None:
    hub = hub_at(path)
    with hub.store.read() as at:
        found = rules.listing(at, *states)
    if machine:
        say_json([asdict(one) for one in found])
    elif found:
        print_those(hub, found)
    else:
        click.echo(t("no customer seems to mean nobody"))


def print_those(hub: Hub, found: Sequence[StandIn]) -> None:
    """Each with its objects, and how to answer."""
    with hub.store.read() as at:
        shown = Shown(speech(hub), views.titles(at))
    for one in found:
        click.echo(f"{shown.say(STATES[one.state])}  {one.name}  ({_why(shown, one)})")
        for system, ident in one.objects:
            click.echo(f"  {system} {ident}")
    if any(one.state == PROPOSED for one in found):
        click.echo(t("Answer with: sverka stand-ins decide SYSTEM IDENT nobody|person"))


def _why(shown: Shown, one: StandIn) -> str:
    if one.decided_by:
        return f"{one.decided_by}, {shown.say.moment(one.decided_at)}" if one.decided_at else one.decided_by
    say = shown.say
    return say.many("%(n)s receipt", "%(n)s receipts", one.receipts) if one.why == RECEIPTS else say("a usual name of nobody")


COMMANDS = [stand_ins]
