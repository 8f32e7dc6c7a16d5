"""The first day: init, doctor, check; and the configuration's schema."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from connectors.contract import Checks, Health
from connectors.errors import ConnectorError
from hub.app import Hub
from hub.cli.shared import EXAMPLE, as_json, config, did, hub_at, known_system, say_json, screen, speech
from hub.config_schema import json_schema
from hub.doctor import BAD, TITLES, WARN, examine
from hub.storage import states

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
        target.write_text(EXAMPLE.read_text())
        if not (overlays / "README.txt").exists():
            (overlays / "README.txt").write_text(OVERLAYS)
    except OSError as error:
        raise click.ClickException(f"{target} cannot be written: {error.strerror}") from error
    click.echo(f"Wrote {target} and {overlays}/. Name your systems in it, set the environment variables it names, then run: sverka doctor")


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
            out.print(f"[{colour}]{mark}[/] {say(TITLES[f.name])}: ", end="")
            out.print(f.text, markup=False)
            if f.fix:
                out.print(f"    → {f.fix}", markup=False)
        bad, warned = sum(f.level == BAD for f in found), sum(f.level == WARN for f in found)
        out.print(say("All is well.") if not bad + warned else say("%(bad)s to mend, %(warned)s to look at.", bad=bad, warned=warned))
    sys.exit(1 if any(f.level == BAD for f in found) else 0)


@click.command()
@config
@click.option("--system", "systems", multiple=True, help="Only this system; may be repeated.")
@as_json
def check(path: str, systems: tuple[str, ...], machine: bool) -> None:
    """Ask every system whether the credentials work; a paused system that answers well is resumed. Exit status 1 where one does not.

    \b
    Examples:
      sverka check
      sverka check --system sklad --json
    """
    hub = hub_at(path)
    say, result, good = speech(hub), {}, True
    for name in [known_system(hub, s) for s in systems] or hub.connectors:
        health = health_of(hub, name)
        well = isinstance(health, Health) and health.ok
        good &= well
        resumed = well and resume(hub, name)
        lines = health.findings if isinstance(health, Health) else ()
        result[name] = {
            "ok": well,
            "resumed": resumed,
            "clock_skew": health.clock_skew if isinstance(health, Health) else None,
            "error": health if isinstance(health, str) else "",
            "findings": [{"name": f.name, "ok": f.ok, "text": say.pick(f.ru, f.en), "fix": say.pick(f.fix_ru, f.fix_en)} for f in lines],
        }
    say_json(result) if machine else print_checks(result)
    sys.exit(0 if good else 1)


def health_of(hub: Hub, name: str) -> Health | str:
    """What the system says of itself, or why it could not be asked."""
    connector = hub.connectors[name]
    try:
        health = connector.check() if isinstance(connector, Checks) else Health(())
    except ConnectorError as error:
        return error.message
    with hub.store.write() as at:
        states.saw_clock(at, name, health.clock_skew)
    return health


def resume(hub: Hub, name: str) -> bool:
    """Go on with a system that is well; True where it was paused."""
    with hub.store.write() as at:
        paused = bool(states.get(at, name)["paused"])
        states.set_values(at, name, paused="", breaker_failures=0, breaker_until=0.0)
        if paused:
            did(hub, at, "resume", system=name, cause="sverka check")
    return paused


def print_checks(result: dict[str, Any]) -> None:
    out = screen()
    for name, one in result.items():
        for f in one["findings"]:
            mark, colour = MARKS["ok" if f["ok"] else "bad"]
            out.print(f"[{colour}]{mark}[/] {name}: ", end="")
            out.print(f"{f['text']} {'' if f['ok'] else f['fix']}".rstrip(), markup=False)
        if one["error"]:
            out.print(f"[red]✗[/] {name}: ", end="")
            out.print(f"{one['error']}. Look at its url, at the network, and at the vendor's own status page.", markup=False)
        if one["resumed"]:
            out.print(f"  {name} was paused and goes on now", markup=False)


@click.group("config")
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
