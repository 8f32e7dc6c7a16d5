"""Audiences: what became of segments in advertising systems."""

from __future__ import annotations

from dataclasses import asdict

import click
from rich.table import Table

from hub.app import Hub
from hub.audiences.uploading import Uploading
from hub.cli.shared import Group, as_json, config, did, fail, hub_at, known_system, say_json, screen, speech
from hub.config.sections.audiences import Audience
from hub.language import N_
from hub.storage import audiences as rows
from hub.words.audiences import lines

COLUMNS = (N_("Audience"), N_("System"), N_("Segment"), N_("State"), N_("Uploaded"), N_("People"), N_("Left out"), N_("Found there"))


@click.group(cls=Group)
def audience() -> None:
    """Segments that are uploaded to advertising systems, as digests of phones and e-mails."""


@audience.command("list")
@config
@as_json
def listing(path: str, machine: bool) -> None:
    """When each was uploaded last, how many people, who was left out and why. Exit status 1 where one asks for a person.

    \b
    Examples:
      sverka audience list
      sverka audience list --json
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        known = rows.listed(at)
    found = list(lines(hub, known, speech(hub)))
    if machine:
        say_json([asdict(one) | {"figures": known.get((one.name, one.system), {}).get("figures", {})} for one in found])
    else:
        say, table = speech(hub), Table(box=None, pad_edge=False)
        for column in COLUMNS:
            table.add_column(say(column))
        for one in found:
            table.add_row(one.name, one.system, one.segment, one.state, one.uploaded, one.people, one.left, one.matched)
        screen().print(table)
    raise SystemExit(0 if all(one.well for one in found) else 1)


@audience.command()
@config
@click.argument("name")
@click.option("--system", default="", help="One system of those that it goes to.")
def upload(path: str, name: str, system: str) -> None:
    """Make the list anew now, and bring it to the systems as far as they take it at once; the rest goes on while the hub runs.

    \b
    Examples:
      sverka audience upload winback
      sverka audience upload winback --system direct
    """
    hub = hub_at(path)
    chosen = _chosen(hub, name)
    targets = [known_system(hub, system)] if system else list(chosen.to)
    for to in targets:
        if to not in chosen.to:
            raise fail("the audience %(name)s does not go to %(system)s", name=name, system=to)
        with hub.store.write() as at:
            rows.again(at, name, to)
            did(hub, at, "audience", system=to, cause=name)
        Uploading(hub, chosen, to).turn()
    with hub.store.read() as at:
        known = rows.listed(at)
    say = speech(hub)
    for one in lines(hub, known, say):
        if one.name == name and one.system in targets:
            click.echo(f"{one.system}: {one.state}; {say('people')}: {one.people}{'; ' if one.left else ''}{one.left}")


def _chosen(hub: Hub, name: str) -> Audience:
    known = hub.settings.audiences
    if name not in known:
        raise fail("there is no audience “%(name)s”; the configuration has: %(known)s", name=name, known=", ".join(known) or "—")
    return known[name]


COMMANDS = [audience]
