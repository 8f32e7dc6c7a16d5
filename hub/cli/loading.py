"""Reading everything, planning what would be written, and comparing afterwards."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import IO, Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from hub import backfill as loads
from hub.app import Hub
from hub.cli.queue import as_data, print_planned
from hub.cli.shared import as_json, config, did, fail, hub_at, known_system, say_json, screen, speech, t
from hub.entities import SCHEMAS
from hub.explain import planning
from hub.explain.in_words import Words
from hub.explain.plan_table import COLUMNS, rows_of
from hub.explain.planning import Planned
from hub.language import Speech, apart
from hub.language.shown import Shown
from hub.storage import views
from hub.words.states import WORDS

SHOWN = 50
chosen_systems = click.option("--system", "systems", multiple=True, help="Only this system; may be repeated.")


class Rate(ProgressColumn):
    """Objects a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="cyan")


@click.command()
@config
@chosen_systems
@click.option("--again", is_flag=True, help="Read everything once more, also what was read to the end.")
@click.option("--alone", is_flag=True, help="Do not wait for systems that cannot be read now: they are loaded by themselves, later.")
@as_json
def backfill(path: str, systems: tuple[str, ...], again: bool, alone: bool, machine: bool) -> None:
    """Read everything of every system, with progress. Killed or stopped, it goes on from the same place when called again.

    Systems that are connected together are all read before any of their objects is identified: so it does not matter who answers first.
    Where the hub runs (`sverka up`), its workers read and this command shows how far they are; where it does not, it reads itself.
    Nothing is written to any system by it.

    \b
    Examples:
      sverka backfill
      sverka backfill --system sklad --again
      sverka backfill --system sklad --alone
    """
    hub = hub_at(path)
    chosen = loads.places(hub, [known_system(hub, name) for name in systems])
    if again:
        loads.begin_again(hub, chosen)
        with hub.store.write() as at:
            did(hub, at, "backfill", cause=", ".join(f"{s} {r}" for s, r in chosen), outcome="begun again")
    if alone and loads.running(hub):
        loads.go_without(hub, chosen)
    whole = follow(hub, chosen, quiet=machine, alone=alone)
    rows, depth = loads.progress(hub, chosen)
    if machine:
        say_json({"whole": whole, "not_merged": depth, "resources": [progress(row) for row in rows]})
    else:
        say = speech(hub)
        for row in rows:
            click.echo(f"{row.place[0]} {row.place[1]}: {how_far(row, say)}")
        if whole:
            click.echo(say("everything is read and merged"))
        else:
            click.echo(say("not finished: mend what is named above (sverka check), then call it again; it goes on from here. What is read waits for the systems that are not; --alone identifies it without them"))  # fmt: skip
    sys.exit(0 if whole else 1)


def progress(row: loads.Progress) -> dict[str, Any]:
    """How far a resource is, for programs."""
    system, resource = row.place
    figures = {"objects": row.objects, "total": row.total, "loaded": row.loaded, "identified": row.identified}
    return {"system": system, "resource": resource, **figures, "error": apart(row.error)[1]}


def how_far(row: loads.Progress, say: Speech) -> str:
    """What is read of one resource, and what hinders the rest."""
    read = say.many("%(n)s object", "%(n)s objects", row.objects)
    if row.identified:
        return read
    if row.loaded:
        return say("%(read)s: read, not identified yet", read=read)
    return say("%(read)s: stopped (%(error)s)", read=read, error=say.own(row.error) or say("not read to the end"))


def follow(hub: Hub, chosen: list[loads.Place], *, quiet: bool, alone: bool = False) -> bool:
    """Show the progress, reading in this process unless the hub runs. True when all is read, identified and merged."""
    loader = None if loads.running(hub) else loads.Loader(hub, chosen, alone=alone)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    shown = Progress(*columns, console=screen(), disable=quiet)
    tasks = {place: shown.add_task(" ".join(place), total=None) for place in chosen}
    merging = shown.add_task(t("not merged yet"), total=None)

    def show(rows: list[loads.Progress], depth: int) -> None:
        for row in rows:
            shown.update(tasks[row.place], completed=row.objects, total=row.objects if row.loaded else row.total)
        shown.update(merging, completed=depth, total=max(depth, 1))

    if loader:
        loader.start()
    with shown if not quiet else nullcontext():
        try:
            whole = loads.watch(hub, chosen, (lambda: loader.alive) if loader else (lambda: True), show, time.sleep)
        except KeyboardInterrupt:
            whole = False
            if loader:
                loader.stop()
    if loader and loader.failure:
        why = f"{type(loader.failure).__name__}: {loader.failure}"
        raise fail("the load stopped: %(why)s. Call it again: it goes on from the same place.", why=why)
    return whole


@click.command()
@config
@chosen_systems
@click.option("--entity", "entities", type=click.Choice(list(SCHEMAS)), multiple=True, help="Only this entity; may be repeated.")
@click.option("--csv", "table", type=click.File("w", encoding="utf-8-sig"), help="Every write as CSV into a file (- for standard output).")
@click.option("--samples", type=click.IntRange(min=0), default=5, show_default=True, help="Examples of each kind.")
@click.option(
    "--mode", type=click.Choice(["pilot", "live"]), default="live", show_default=True, help="As if the systems were in this mode."
)
@as_json
def plan(
    path: str, systems: tuple[str, ...], entities: tuple[str, ...], table: IO[str] | None, samples: int, mode: str, machine: bool
) -> None:
    """What would be written, before a system goes live: linked, created, changed (old and new value), ambiguous. Nothing is written.

    \b
    Examples:
      sverka plan --system sklad
      sverka plan --csv plan.csv
      sverka plan --system sklad --mode pilot
    """
    hub = hub_at(path)
    found = planning.plan(hub, [known_system(hub, name) for name in systems], entities, mode)
    with hub.store.read() as at:
        shown = Shown(speech(hub), views.titles(at))
    counts, some = planning.count(written(found, table, shown) if table else found, samples=samples)
    if machine:
        cells = [{"system": system, "entity": entity, **numbers} for (system, entity), numbers in counts.items()]
        say_json({"counts": cells, "samples": [as_data(one) for rows in some.values() for one in rows]})
        return
    if table is not None and getattr(table, "name", "<stdout>") == "<stdout>":
        return
    kinds = (*planning.KINDS, "ambiguous")
    say = shown.say
    figures = Table(say("System"), say("Kind of record"), *(say(WORDS[kind]) for kind in kinds), box=None)
    for (system, entity), numbers in counts.items():
        figures.add_row(system, shown.entities(entity), *(say.number(numbers[kind]) if numbers[kind] else "" for kind in kinds))
    screen().print(figures)
    with hub.store.read() as at:
        words = Words(hub, at, shown)
        for (_, _, kind), rows in some.items():
            for one in rows if kind != "ambiguous" else ():
                print_planned(one, words)
    if not counts:
        click.echo(say("no record is known yet: read the systems first, with sverka backfill"))


def written(found: Iterator[Planned], table: IO[str], shown: Shown) -> Iterator[Planned]:
    """The same plans, each write put into the CSV as it passes: memory stays flat."""
    rows = csv.writer(table)
    rows.writerow(COLUMNS)
    for one in found:
        rows.writerows(rows_of(one, shown))
        yield one


COMMANDS = [backfill, plan]
