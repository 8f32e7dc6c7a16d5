"""What the commands share: options, the hub of a configuration, the language, and errors that name the next step."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

import mappings
from hub import audit, language
from hub.app import Hub, build, prepare
from hub.config.settings import Settings, SettingsError, load
from hub.language import Speech
from hub.language.refused import Refused
from hub.processes.limits import shared
from hub.storage.migrate import Newer

WIDE = 200  # columns of a table that nobody looks at in a terminal
LONGEST = 1000  # letters of a sentence of help
EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"

DEFAULT = "config.yaml"

config = click.option("--config", "path", default=DEFAULT, show_default=True, envvar="SVERKA_CONFIG", help="The configuration file.")
as_json = click.option("--json", "machine", is_flag=True, help="Print JSON for programs.")


class Group(click.Group):
    """A group that lists its commands each by a whole sentence: cut at the right edge, as click does it, half of them would say nothing."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, command.get_short_help_str(LONGEST)) for name, command in found if command is not None and not command.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def screen() -> Console:
    """Where lines and tables go: made anew for each command, so that a test or a pipe sees it. Lines are left to the terminal to wrap: a
    path or a command that is cut in two cannot be copied. In a pipe tables may be as wide as they like. What systems and mappings say is
    shown as it stands: brackets in it are no markup, and ``:smile:`` is no picture."""
    return Console(
        highlight=False, markup=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else WIDE
    )


def settings_at(path: str) -> Settings:
    """The configuration, or a message that says what to do."""
    try:
        return load(Path(path))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def hub_at(path: str) -> Hub:
    """The hub of a configuration, its tables ready."""
    settings = settings_at(path)
    try:
        hub = build(settings, limiters=shared(settings))
    except mappings.MappingError as error:
        more = t("sverka mappings lint shows every error of the mappings.")
        raise click.ClickException(f"{error}\n{more}") from error
    try:
        prepare(hub)
    except Newer as error:
        raise click.ClickException(str(error)) from error
    except SQLAlchemyError as error:
        text = str(getattr(error, "orig", error)).splitlines()[0]
        raise fail("the database cannot be used: %(text)s. sverka doctor says more.", text=text) from error
    return hub


def speech(hub: Hub | None = None) -> Speech:
    """The language of commands: SVERKA_LANGUAGE (ru or en), else that of the locale."""
    return Speech(language.preferred(), hub.settings.timezone if hub else "UTC")


def t(message: str, **values: Any) -> str:
    """A message of the catalogues in the reader's language."""
    return speech()(message, **values)


def fail(message: str, **values: Any) -> click.ClickException:
    """An error of a command in the reader's language; ``message`` is one of the catalogues."""
    return click.ClickException(t(message, **values))


def known_system(hub: Hub, name: str) -> str:
    if name not in hub.settings.systems:
        raise fail("there is no system “%(name)s”; the configuration has: %(known)s", name=name, known=", ".join(hub.settings.systems))
    return name


def who() -> str:
    """Who runs the command, for the audit log."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


def did(
    hub: Hub, at: Connection, what: str, *, system: str = "", entity: str = "", record_id: str = "", cause: str = "", outcome: str = ""
) -> None:
    """The audit row of an operator's action, in the action's own transaction."""
    audit.write(at, [audit.Entry(f"operator.{what}", who(), system, entity, record_id, cause, outcome)], now=hub.clock())


@contextmanager
def refusals() -> Iterator[None]:
    """What is refused inside is the command's error."""
    try:
        yield
    except Refused as why:
        raise click.ClickException(why.told(speech())) from why


def say_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
