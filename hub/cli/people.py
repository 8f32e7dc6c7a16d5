"""People who sign in."""

from __future__ import annotations

import click

from hub.cli.shared import Group, as_json, config, did, hub_at, say_json, t
from hub.storage import views
from hub.storage.accounts import set_user
from hub.words.states import WORDS


@click.group(cls=Group)
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
    """Who may sign in.

    \b
    Examples:
      sverka user list
      sverka user list --json
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        rows = views.people(at)
    if machine:
        say_json(rows)
        return
    for row in rows:
        role = t(str(WORDS.get(row["role"], row["role"])))
        told = role if row["active"] else t("%(role)s (may not sign in)", role=role)
        click.echo(f"{row['name']}: {told}")


COMMANDS = [user]
