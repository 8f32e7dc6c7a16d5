"""Rows whose time is over."""

from __future__ import annotations

import click
from rich.table import Table

from hub.cli.shared import as_json, config, hub_at, say_json, screen, speech, who
from hub.keeping import purge as purging


@click.command()
@config
@click.option("--preview", is_flag=True, help="Show what is over its time, and delete nothing.")
@as_json
def purge(path: str, preview: bool, machine: bool) -> None:
    """Delete rows whose time by the section `retention` is over. A hub that runs does it by itself every hour; this is the same at once.

    The files are tidied up too: what was deleted stands in no journal of the database afterwards.

    \b
    Examples:
      sverka purge --preview
      sverka purge --json
    """
    hub = hub_at(path)
    found = purging.due(hub)
    gone = {} if preview else purging.purge(hub, actor=who())
    settled = preview or hub.store.settle_files()
    if machine:
        rows = [{"kind": one.kind, "days": one.days, "over": one.rows, "deleted": gone.get(one.kind, 0)} for one in found]
        say_json({"kinds": rows, "files_settled": settled})
        return
    say, out = speech(hub), screen()
    table = Table(say("kind"), say("kept, days"), say("over their time") if preview else say("deleted"), box=None)
    for one in found:
        days = say.number(one.days) if one.days else say("for ever")
        table.add_row(one.kind, days, say.number(one.rows if preview else gone.get(one.kind, 0)))
    out.print(table)
    if not settled:
        out.print(
            say("Somebody is reading the database, so its journal could not be emptied: run sverka purge once that is over."), markup=False
        )


COMMANDS = [purge]
