"""verify: systems compared with the records, by hand, and what the habit found."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

import click
from rich.table import Table

from connectors.errors import ConnectorError
from hub import backfill as loads
from hub.app import Hub
from hub.cli.loading import SHOWN, chosen_systems
from hub.cli.shared import as_json, config, fail, hub_at, known_system, say_json, screen, speech
from hub.explain.in_words import Words
from hub.language.shown import Shown
from hub.storage import verifications, views
from hub.verify import habit, reconcile
from hub.verify.report import ALONE, SECOND, Report
from hub.words import drift as drift_words
from hub.words.states import WORDS

MOMENT = 5.0  # seconds after which what differs is looked at once more, while the hub runs
OTHERS = ("lost", "stranger", "absent")


@click.command()
@config
@chosen_systems
@click.option(
    "--repair", is_flag=True, help="Compare at once what the habit would compare later: explain, keep and put right what differs."
)
@click.option("--last", is_flag=True, help="What the last comparisons found, each with its reason. No system is asked.")
@as_json
def verify(path: str, systems: tuple[str, ...], repair: bool, last: bool, machine: bool) -> None:
    """Compare every system with the records: drift per system and entity. Exit status 1 on drift.

    The hub compares by itself, as `verify:` in the configuration says; this is the same by hand. Without --repair nothing is changed.

    While the hub runs, what differs is looked at once more after five seconds: an edit that is on its way is no drift.

    A difference with a reason (stored in the system's own form, under way, tolerated, set aside) is counted as explained and is no drift.

    \b
    Examples:
      sverka verify
      sverka verify --system sklad --json
      sverka verify --repair --system site
      sverka verify --last
    """
    hub = hub_at(path)
    chosen = [known_system(hub, name) for name in systems]
    if repair or last:
        found = habits(hub, chosen, compare=repair)
        say_json(found) if machine else print_habits(hub, found)
        sys.exit(1 if repair and any(row["drift"] or row["error"] for row in found["comparisons"]) else 0)
    try:
        report = reconcile.verify(hub, chosen, pause=(lambda: time.sleep(MOMENT)) if loads.running(hub) else None)
    except ConnectorError as error:
        raise fail("a system did not answer: %(text)s. Run sverka check.", text=speech().own(error.kept)) from error
    if machine:
        say_json(
            {
                "agrees": report.agrees,
                "table": list(report.table()),
                "objects": report.objects,
                "drift": [row | ({"why": speech().own(row["why"])} if "why" in row else {}) for row in report.drift],
                "lost": report.lost,
                "strangers": report.strangers,
                "absent": report.absent,
                "explained": report.explained,
                "second": report.second,
                "alone": report.alone,
            }
        )
    else:
        print_report(hub, report)
    sys.exit(0 if report.agrees else 1)


def figures(report: Report, shown: Shown) -> Table:
    """Objects and what differs, a line for each system and kind of record."""
    say = shown.say
    heads = (say("System"), say("Kind of record"), say("Objects"), say("drift"), *(say(drift_words.KINDS[one]) for one in OTHERS))
    table = Table(*heads, say("with a reason"), box=None)
    for row in report.table():
        why = ", ".join(f"{say(drift_words.REASONS.get(reason, reason))} {say.number(n)}" for reason, n in row["explained"].items())
        counts = (str(row[kind] or "") for kind in ("drift", "lost", "strangers", "absent"))
        table.add_row(row["system"], shown.entities(row["entity"]), str(row["objects"]), *counts, why)
    return table


def print_report(hub: Hub, report: Report) -> None:
    out, say = screen(), speech(hub)
    with hub.store.read() as at:
        shown = Shown(say, views.titles(at))
        words = Words(hub, at, shown)
        out.print(figures(report, shown))
        rest = {"lost": report.lost, "stranger": report.strangers, "absent": report.absent}
        some = [row for rows in (report.drift, report.second, report.alone, *rest.values()) for row in rows[:SHOWN]]
        called = views.data_of(at, [row["record"] for row in some if row["record"]])

        def whose(row: Mapping[str, Any]) -> str:
            name = shown.name(row["entity"], called[row["record"]]) if row["record"] in called else ""
            return " ".join(part for part in (row["system"], shown.entity(row["entity"]), name, row["id"] or row["record"]) if part)

        for row in (*report.drift[:SHOWN], *report.second[:SHOWN], *report.alone[:SHOWN]):
            change = words.changes(row["entity"], row["system"], {row["path"]: row["wanted"]}, {row["path"]: row["there"]})
            for title, there, wanted in change:
                text = say("%(field)s: there %(there)s, wanted %(wanted)s", field=title, there=there, wanted=wanted)
                why = f" ({say(WORDS[row['state']])}: {say.own(row['why'])})" if row.get("why") else ""
                more = f"; {say(drift_words.KINDS[row['kind']])}" if row["kind"] in (SECOND, ALONE) else ""
                out.print(f"{whose(row)}, {text}{why}{more}")
        for kind, rows in rest.items():
            for row in rows[:SHOWN]:
                out.print(f"{whose(row)}: {say(drift_words.KINDS[kind])}")
    if report.agrees:
        click.echo(say("everything agrees"))
        if report.second:
            click.echo(say("but for what second objects say otherwise: %(n)s", n=say.number(len(report.second))))
        if report.alone:
            click.echo(say("but for what was refused and stands there alone: %(n)s", n=say.number(len(report.alone))))
        return
    counts = {say("drift"): report.drift} | {say(drift_words.KINDS[kind]): rows for kind, rows in rest.items()}
    click.echo(", ".join(f"{name}: {say.number(len(rows))}" for name, rows in counts.items()))


def habits(hub: Hub, systems: list[str], *, compare: bool) -> dict[str, Any]:
    """The last comparison of each resource and what it found; ``compare``: made now."""
    chosen = [(s, r) for s in systems or hub.settings.systems for r in hub.resources(s)]
    for system, resource in chosen if compare else ():
        habit.whole(hub, system, resource)
    with hub.store.read() as at:
        rows, drifts = verifications.every(at), verifications.drifts(at, limit=1000)
    comparisons: list[dict[str, Any]] = []
    for system, resource in chosen:
        row = rows.get((system, resource), {})
        figures = dict(row.get("last") or {})
        count = sum(int(figures.get(name, 0)) for name in ("changed", "owed", "absent", "stranger", "lost"))
        about = {
            "ended_at": row.get("ended_at"),
            "error": speech().own(row["error"]) if row.get("error") else None,
            "drift": count,
            "figures": figures,
        }
        comparisons.append({"system": system, "resource": resource, **about})
    began = {(c["system"], c["resource"]): c["figures"].get("began_at") or 0.0 for c in comparisons}
    mine = [d for d in drifts if d["found_at"] >= began.get((d["system"], d["resource"]), float("inf"))]
    return {"comparisons": comparisons, "differences": mine}


def print_habits(hub: Hub, found: dict[str, Any]) -> None:
    say, out = speech(hub), screen()
    heads = (say("System"), say("Resource"), say("Last compared"), say("Objects"), say("Differences"), say("trouble"))
    table = Table(*heads, box=None)
    for row in found["comparisons"]:
        objects = str(row["figures"].get("objects", ""))
        table.add_row(
            row["system"], row["resource"], say.moment(row["ended_at"]), objects, str(row["drift"] or ""), say.own(row["error"] or "")
        )
    out.print(table)
    for row in found["differences"][:SHOWN]:
        what = f"{row['system']} {row['entity']} {row['external_id'] or row['record_id']} {row['field']}".rstrip()
        out.print(
            f"{what}: {say(drift_words.KINDS[row['kind']])}. {drift_words.sentence(row, say)} {say(drift_words.DONE[row['done']])}",
        )


COMMANDS = [verify]
