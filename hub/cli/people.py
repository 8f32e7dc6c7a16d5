"""People who sign in, and the modes of systems."""

from __future__ import annotations

import click

from hub import modes
from hub.accounts import set_user
from hub.cli.shared import as_json, config, did, hub_at, known_system, say_json
from hub.storage import views


@click.group()
def user() -> None:
    """People who use the dashboard."""


@user.command("add")
@config
@click.argument("name")
@click.option("--role", type=click.Choice(["viewer", "support", "admin"]), default="viewer", show_default=True)
@click.password_option(help="Asked for when it is not given.")
def user_add(path: str, name: str, role: str, password: str) -> None:
    """Add a person, or change their role and password.

    A viewer reads with personal data masked; support replays and skips too; an admin also changes modes and people.

    \b
    Example:
      sverka user add anna --role support
    """
    hub = hub_at(path)
    with hub.store.write() as at:
        set_user(at, name, password, role)
        did(hub, at, "user", cause=name, outcome=role)
    click.echo(f"{name}: {role}")


@user.command("list")
@config
@as_json
def user_list(path: str, machine: bool) -> None:
    """Who may sign in."""
    hub = hub_at(path)
    with hub.store.read() as at:
        rows = views.people(at)
    if machine:
        say_json(rows)
        return
    for row in rows:
        click.echo(f"{row['name']}: {row['role']}{'' if row['active'] else ' (kept out)'}")


@click.command()
@config
@click.argument("system", required=False)
@click.argument("mode", required=False, type=click.Choice(["observe", "pilot", "live"]))
@as_json
def mode(path: str, system: str | None, mode: str | None, machine: bool) -> None:
    """Show the modes, or put a SYSTEM into another one; effective at once, no restart, kept in the audit log.

    observe reads, links and shows; pilot writes nothing yet; live writes everything that is routed there.
    Look at `sverka plan` before you leave observe.

    \b
    Examples:
      sverka mode
      sverka mode sklad live
    """
    hub = hub_at(path)
    if system and mode:
        with hub.store.write() as at:
            before = modes.change(hub, at, known_system(hub, system), mode)
            did(hub, at, "mode", system=system, cause=f"{before} -> {mode}", outcome=mode)
    with hub.store.read() as at:
        rows = {row["system"]: row for row in views.systems(at)}
    found = {name: str(rows.get(name, {}).get("mode", "")) for name in hub.settings.systems if system in (None, name)}
    if system and not found:
        known_system(hub, system)
    if machine:
        say_json(found)
        return
    for name, value in found.items():
        paused = rows.get(name, {}).get("paused")
        click.echo(f"{name}: {value}{f' (paused: {paused})' if paused else ''}")


COMMANDS = [user, mode]
