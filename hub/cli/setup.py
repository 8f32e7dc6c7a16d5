"""The first day: init, doctor, check; and the configuration's schema."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hub.cli.shared import EXAMPLE, Group, as_json, config, hub_at, known_system, say_json, screen, speech, t, who
from hub.config.editor import json_schema
from hub.language import Speech
from hub.processes.doctor import BAD, TITLES, WARN, examine
from hub.systems import checks
from hub.systems.checks import Checked

MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "bad": ("✗", "red")}
OVERLAYS = """Mapping overlays: a file here is laid over the shipped mapping of the same system and entity, key by key.
Name the folder in config.yaml (`mappings: [overlays]`), then run `sverka mappings lint` and `sverka mappings test`.
docs/mappings.md describes the language.
"""


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
def init(folder: str) -> None:
    """Write a commented config.yaml and a folder for mapping overlays into FOLDER. Files that exist are left as they are.

    \b
    Example:
      sverka init .
    """
    target, overlays = Path(folder) / "config.yaml", Path(folder) / "overlays"
    if target.exists():
        raise click.ClickException(f"{target} exists already; it is left as it is. sverka doctor says whether it is right.")
    try:
        overlays.mkdir(parents=True, exist_ok=True)
        target.write_text(EXAMPLE.read_text().replace("mode: live", "mode: observe"))  # the example itself is the demo's
        if not (overlays / "README.txt").exists():
            (overlays / "README.txt").write_text(OVERLAYS)
    except OSError as error:
        raise click.ClickException(f"{target} cannot be written: {error.strerror}") from error
    told = t(
        "Wrote %(config)s and %(folder)s/. Name your systems in it, set the environment variables it names, then run: sverka doctor",
        config=target,
        folder=overlays,
    )
    click.echo(told)


@click.command()
@config
@as_json
def doctor(path: str, machine: bool) -> None:
    """What is wrong with this machine and the configuration, each with what to do. Exit status 1 where something is.

    Looks at Python, the configuration, secrets, disk, database, Redis, mappings, clock, port and the webhook address. No vendor is called:
    that is `sverka check`.

    \b
    Examples:
      sverka doctor
      sverka doctor --config /etc/sverka/config.yaml --json
    """
    say = speech()
    found = list(examine(Path(path), say))
    if machine:
        say_json([asdict(f) for f in found])
    else:
        out = screen()
        for f in found:
            mark, colour = MARKS[f.level]
            out.print(mark, style=colour, end=" ")
            out.print(f"{say(TITLES[f.name])}: {f.text}")
            if f.fix:
                out.print(f"    → {f.fix}")
        bad, warned = sum(f.level == BAD for f in found), sum(f.level == WARN for f in found)
        out.print(say("All is well.") if not bad + warned else say("%(bad)s to mend, %(warned)s to look at.", bad=bad, warned=warned))
    sys.exit(1 if any(f.level == BAD for f in found) else 0)


@click.command()
@config
@click.argument("names", nargs=-1, metavar="[SYSTEM]...")
@click.option("--system", "systems", multiple=True, help="Only this system; may be repeated.")
@as_json
def check(path: str, names: tuple[str, ...], systems: tuple[str, ...], machine: bool) -> None:
    """Ask every system, or these: credentials, rights, tariff, zone and clock, webhooks, words that no directory knows, and which other integrations
    write there; each with the menu path that mends it. A paused system that is well is resumed. Exit status 1 where one is not.

    \b
    Examples:
      sverka check
      sverka check sklad
      sverka check --system sklad --json
    """
    hub = hub_at(path)
    say = speech(hub)
    found = [checks.check(hub, name, actor=who()) for name in [known_system(hub, s) for s in (*names, *systems)] or hub.connectors]
    if machine:
        say_json({one.system: as_data(one, say) for one in found})
    else:
        for one in found:
            print_checked(one, say)
    sys.exit(0 if all(one.ok for one in found) else 1)


def as_data(one: Checked, say: Speech) -> dict[str, Any]:
    """A check for programs. ``level``: ok | warn | bad."""
    lines = [
        {"name": x.name, "ok": x.level == "ok", "level": x.level, "text": say.pick(x.ru, x.en), "fix": say.pick(x.fix_ru, x.fix_en)}
        for x in one.lines
    ]
    return {"ok": one.ok, "resumed": one.resumed, "clock_skew": one.clock_skew, "error": one.error, "findings": lines}


def print_checked(one: Checked, say: Speech) -> None:
    """Each line with its mark, and under what is not well where to mend it."""
    out = screen()
    for line in one.lines:
        mark, colour = MARKS[line.level]
        out.print(mark, style=colour, end=" ")
        out.print(f"{one.system}: {say.pick(line.ru, line.en)}")
        if line.level != "ok" and line.fix_ru:
            out.print(f"    → {say.pick(line.fix_ru, line.fix_en)}")
    if one.resumed:
        told = say("%(system)s was paused and goes on now.", system=one.system)
        out.print(f"  {told}")


@click.group("config", cls=Group)
def config_group() -> None:
    """The configuration file."""


@config_group.command()
def schema() -> None:
    """Print the JSON Schema of config.yaml, for editors.

    \b
    Example (VS Code, YAML extension: put this first in config.yaml):
      sverka config schema > config.schema.json
      # yaml-language-server: $schema=config.schema.json
    """
    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


COMMANDS = [init, doctor, check, config_group]
