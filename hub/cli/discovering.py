"""What the systems have that the hub does not know: customers that mean nobody, and of one system its fields and lists."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from connectors.errors import ConnectorError
from hub.app import Hub
from hub.cli.directory import as_data, print_sheet
from hub.cli.shared import as_json, config, fail, hub_at, known_system, say_json, screen, speech, t
from hub.cli.stand_ins import print_stand_ins, print_those
from hub.decisions import stand_ins as rules
from hub.decisions.stand_ins import PROPOSED
from hub.language.shown import PLURALS
from hub.systems import discovery
from hub.systems.discovery import Collection, Discovery
from mappings import custom

Json = Any


@click.command()
@config
@click.argument("system", required=False)
@click.option(
    "--overlay", type=click.Path(dir_okay=False, path_type=Path), help="Write the lines for custom fields to this mapping overlay."
)
@click.option("--all", "everything", is_flag=True, help="Show mapped fields too.")
@as_json
def discover(path: str, system: str | None, overlay: Path | None, everything: bool, machine: bool) -> None:
    """Without SYSTEM: look through what the systems hold for customers that mean nobody: those with a usual name of nobody and nothing to
    reach them by, and those with more than 50 receipts. They are proposed; `sverka stand-ins decide` answers.

    With SYSTEM: ask it what it has. Its fields with their types, those that nobody has mapped; words of its lists without a meaning;
    customers that may mean nobody; and lines for its custom fields (UF_*, attributes, meta data), ready to be laid over the mappings.

    \b
    Examples:
      sverka discover
      sverka discover sklad --all
      sverka discover sklad --overlay overlays/sklad.yaml
      sverka discover sklad --json
    """
    hub = hub_at(path)
    if system is None:
        if overlay or everything:
            raise fail("--overlay and --all are of one system: sverka discover SYSTEM")
        rules.discover(hub)
        print_stand_ins(path, machine, (PROPOSED,))
        return
    try:
        found = discovery.discover(hub, known_system(hub, system))
    except ConnectorError as error:
        raise fail(
            "%(system)s: its fields cannot be read: %(why)s. sverka check --system %(system)s says more.", system=system, why=error
        ) from error
    written = _written(found, overlay)
    if machine:
        say_json(as_json_of(found) | {"written": [str(file) for file in written]})
    else:
        _print(hub, found, written, everything)


def _written(found: Discovery, overlay: Path | None) -> list[Path]:
    if overlay is None or not found.overlays():
        return []
    try:
        return discovery.write(found.overlays(), overlay)
    except FileExistsError as error:
        raise fail("%(file)s is there already; name another file, or remove it first", file=error) from error


def as_json_of(found: Discovery) -> dict[str, Json]:
    collections = [
        {
            "resource": one.resource,
            "entity": one.entity,
            "fields": [asdict(field.remote) | {"mapped": field.mapped, "custom": field.custom} for field in one.fields],
            "proposals": [asdict(line) for line in one.proposals],
            "refused": dict(one.refused),
        }
        for one in found.collections
    ]
    return {
        "system": found.system,
        "connector": found.connector,
        "collections": collections,
        "directories": [as_data(sheet) for sheet in found.sheets],
        "stand_ins": [asdict(one) for one in found.stand_ins],
        "custom_fields": found.needed,
        "overlays": found.overlays(),
    }


def _print(hub: Hub, found: Discovery, written: list[Path], everything: bool) -> None:
    for one in found.collections:
        _print_fields(one, everything)
    for sheet in found.sheets:
        print_sheet(hub, sheet, unmapped=True)
    if found.stand_ins:
        click.echo(t("Customers that may mean nobody:"))
        print_those(hub, found.stand_ins)
    _print_overlays(found, written)


def _print_fields(one: Collection, everything: bool) -> None:
    count = sum(1 for field in one.fields if field.mapped)
    say = speech()
    told = say("mapped fields: %(n)s of %(total)s", n=count, total=len(one.fields))
    screen().print(f"{one.resource}: {say(PLURALS.get(one.entity, one.entity))}, {told}", style="bold")
    names = {str(line.line["remote"]): say("proposed: %(name)s", name=f"custom.{line.name}") for line in one.proposals}
    table = Table(say("Field"), say("title"), say("type"), say("mapped to"), box=None)
    for field in one.fields:
        if field.mapped and not everything:
            continue
        remote = field.remote
        shape = f"{remote.type}{'[]' if remote.many else ''}"
        kind = shape if remote.writable else say("%(type)s, read only", type=shape)
        meaning = ", ".join(field.mapped) or names.get(remote.path, "") or one.refused.get(remote.path, "")
        table.add_row(remote.path, remote.title, kind, meaning)
    screen().print(table)


def _print_overlays(found: Discovery, written: list[Path]) -> None:
    overlays = found.overlays()
    if not overlays:
        click.echo(t("Every custom field is mapped, or none can be."))
        return
    for text in overlays.values() if not written else ():
        click.echo(f"\n{text}", nl=False)
    if written:
        click.echo(t("Written: %(files)s. Name the folder under `mappings:` in config.yaml.", files=", ".join(map(str, written))))
        if found.needed:
            click.echo(t("Add to config.yaml:"))
            click.echo(custom.as_yaml({"custom_fields": found.needed}))
        click.echo(t("Then: sverka mappings lint"))
    else:
        click.echo()
        click.echo(t("Write it with: sverka discover %(system)s --overlay overlays/%(system)s.yaml", system=found.system))


COMMANDS = [discover]
