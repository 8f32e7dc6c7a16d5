"""The call loop by hand: lists of people to call, tasks with their state and why."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, TextIO

import click
from rich.table import Table

from hub.app import Hub
from hub.calling import board, desk
from hub.calling.requests import Wanted, ask, customer_of
from hub.cli.shared import Group, as_json, config, fail, hub_at, say_json, screen, speech, t, who
from hub.language import N_
from mappings.cards import folded_card
from mappings.phones import numbers

Json = Any
COLUMNS = ("phone", "email", "card")


@click.group("calls", cls=Group)
def calls() -> None:
    """The call loop: who is to be called, by whom, and what became of it (docs/flows/call-loop.md)."""


@calls.command("import")
@config
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--campaign", required=True, help="A campaign of the configuration.")
@click.option(
    "--list", "name", help="The list's name: people of a list are asked for once, however often it is brought. Default: the file's."
)
@as_json
def bring(path: str, file: TextIO, campaign: str, name: str | None, machine: bool) -> None:
    """Ask for the people of a CSV file to be called. Columns: phone, email or card; store and comment where they are known.

    \b
    Examples:
      sverka calls import winback.csv --campaign winback
      sverka calls import second.csv --campaign winback --list december
    """
    hub = hub_at(path)
    if campaign not in hub.settings.campaigns:
        raise fail(
            N_("there is no campaign “%(name)s”; the configuration has: %(known)s"), name=campaign, known=", ".join(hub.settings.campaigns)
        )
    wanted, unknown = _wanted(hub, file, campaign, name or Path(file.name).stem)
    count = ask(hub, wanted, actor=who())
    if machine:
        say_json({"asked": count, "known": len(wanted), "unknown": unknown})
        return
    click.echo(t("Asked for: %(count)s, asked for before: %(before)s.", count=count, before=len(wanted) - count))
    for line in unknown:
        click.echo(t("line %(line)s: nobody, or several people, have %(text)s; add the customer, or tell them apart", **line), err=True)


def _wanted(hub: Hub, file: TextIO, campaign: str, name: str) -> tuple[list[Wanted], list[dict[str, str]]]:
    """Those of a file who are known, and the lines of those who are not. Raises ClickException for a file of another shape."""
    sample = file.readline()
    file.seek(0)
    rows = csv.DictReader(file, delimiter=max(";,\t", key=sample.count))
    if not set(rows.fieldnames or ()) & set(COLUMNS):
        raise fail(N_("%(file)s: a column %(columns)s is needed in the first line"), file=file.name, columns=", ".join(COLUMNS))
    found, unknown = list[Wanted](), list[dict[str, str]]()
    with hub.store.read() as at:
        for number, row in enumerate(rows, start=2):
            keys = [(kind, value) for kind in COLUMNS if (value := _key(kind, row.get(kind) or ""))]
            person = next((one for kind, value in keys if (one := customer_of(at, kind, value))), None)
            if person is None:
                unknown.append({"line": str(number), "text": ", ".join(value for _, value in keys) or "—"})
                continue
            more = {column: (row.get(column) or "").strip() for column in ("store", "comment")}
            found.append(Wanted(f"list|{name}|{person}", campaign, "manual", customer=person, **more))
    return found, unknown


def _key(kind: str, text: str) -> str:
    """A cell as the key that records are found by; empty where it is none."""
    if kind == "phone":
        return next(iter(numbers(text)), "")
    return folded_card(text) if kind == "card" else text.strip().casefold()


@calls.command("list")
@config
@click.option("--campaign", default="", help="Of this campaign alone.")
@click.option("--all", "everything", is_flag=True, help="Closed tasks, too, the newest first.")
@as_json
def listing(path: str, campaign: str, everything: bool, machine: bool) -> None:
    """Tasks with their state, and why each is where it is.

    \b
    Examples:
      sverka calls list --campaign winback
      sverka calls list --all --json
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        rows = board.tasks(hub, at, campaign, closed=everything)
    if machine:
        say_json([row.as_json() for row in rows])
        return
    say, out = speech(hub), screen()
    table = Table(*(say(name) for name in ("Campaign", "Customer", "Store", "Seller", "State", "Why", "Tries")), box=None)
    for row in rows:
        table.add_row(row.campaign, row.customer, row.store, row.seller, say(row.state), say(row.why), str(row.tries))
    out.print(table)


@calls.command("deal")
@config
def deal(path: str) -> None:
    """Do now what is to be done about open tasks, as the scheduler does every few seconds.

    \b
    Example:
      sverka calls deal
    """
    hub = hub_at(path)
    click.echo(t("Tasks changed: %(count)s.", count=desk.step(hub)))


COMMANDS = [calls]
