"""Alerts: what is amiss, a test message, and taking care of one."""

from __future__ import annotations

from typing import Any

import click

from hub.cli.shared import Group, as_json, config, did, fail, hub_at, say_json, screen, speech, t, who
from hub.storage import alerts as rows
from hub.watch import alerts as book
from hub.words.alerts import sentence, taker
from hub.words.states import WORDS


@click.group(cls=Group)
def alerts() -> None:
    """States that people are told of: a paused system, a silent store, failed deliveries, a brake, a full disk."""


@alerts.command("list")
@config
@click.option("--all", "everything", is_flag=True, help="Those that are over too: the last hundred.")
@as_json
def listing(path: str, everything: bool, machine: bool) -> None:
    """What is amiss now, and whether each receiver was told. Exit status 1 where something is.

    \b
    Examples:
      sverka alerts list
      sverka alerts list --all --json
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        found = rows.listed(at, closed=100 if everything else 0)
    if machine:
        say_json(found)
    else:
        show(found, speech(hub))
    raise SystemExit(1 if any(row["closed_at"] is None for row in found) else 0)


def show(found: list[dict[str, Any]], say: Any) -> None:
    out = screen()
    for row in found:
        until = say("over at %(time)s", time=say.moment(row["closed_at"])) if row["closed_at"] else say("still so")
        out.print(f"{row['id']}  {say.moment(row['opened_at'])}, {until}: {sentence(row, say)}")
        if row["acknowledged_by"]:
            out.print("    " + say("%(name)s takes care of it.", name=taker(row, say)))
        for one in row["messages"]:
            out.print(
                f"    {one['receiver']}, {say(WORDS.get(one['event'], one['event']))}: {say(WORDS.get(one['state'], one['state']))} {one['error']}".rstrip(),
            )
    if not found:
        click.echo(say("Nothing is amiss."))


@alerts.command()
@config
@click.option("--to", "receiver", default="", help="Only this receiver of the configuration.")
@as_json
def test(path: str, receiver: str, machine: bool) -> None:
    """Send a test message to every receiver. Exit status 1 where one did not take it.

    \b
    Examples:
      sverka alerts test
      sverka alerts test --to telegram
    """
    hub = hub_at(path)
    known = hub.settings.alerts.to
    if not known:
        raise fail("the configuration names no receiver: alerts: {to: {mail: {env: ALERT_MAIL}}}, see config.example.yaml")
    if receiver and receiver not in known:
        raise fail("there is no receiver “%(name)s”; the configuration has: %(known)s", name=receiver, known=", ".join(known))
    found = book.test(hub, receiver)
    with hub.store.write() as at:
        did(hub, at, "alert_test", cause=", ".join(found), outcome="failed" if any(found.values()) else "ok")
    if machine:
        say_json({name: {"ok": not error, "error": error} for name, error in found.items()})
    else:
        for name, error in found.items():
            click.echo(f"{name}: {error or t('sent')}")
    raise SystemExit(1 if any(found.values()) else 0)


@alerts.command()
@config
@click.argument("ident")
def acknowledge(path: str, ident: str) -> None:
    """Say that you take care of an alert: whoever was not told yet is not told any more.

    \b
    Example:
      sverka alerts acknowledge 4f0c2d...
    """
    hub = hub_at(path)
    with hub.store.write() as at:
        row = rows.get(at, ident)
        if row is None:
            raise fail("there is no alert %(id)s. List them: sverka alerts list", id=ident)
        if not book.acknowledge(hub, at, ident, who()):
            raise fail("%(name)s takes care of it already", name=taker(row, speech(hub)))
    click.echo(t("taken care of"))


COMMANDS = [alerts]
