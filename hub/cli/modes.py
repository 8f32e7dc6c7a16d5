"""The modes of systems: observe, pilot, live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from hub.app import Hub
from hub.cli.shared import as_json, config, did, hub_at, known_system, refusals, say_json, speech, t, who
from hub.language import Speech
from hub.storage import views
from hub.systems import modes
from hub.words.problems import pause_of
from hub.words.states import WORDS

Json = Any


@click.command()
@config
@click.argument("system", required=False)
@click.argument("mode", required=False, type=click.Choice(list(modes.MODES)))
@click.option("--store", "stores", multiple=True, help="A store of the pilot, by its name in `directories`; may be repeated.")
@click.option("--phone", "phones", multiple=True, help="A customer's phone of the pilot; may be repeated.")
@click.option("--base-is-right", "accept", is_flag=True, help="After an alarm: the base was restored, or has moved, on purpose.")
@as_json
def mode(
    path: str, system: str | None, mode: str | None, stores: tuple[str, ...], phones: tuple[str, ...], accept: bool, machine: bool
) -> None:
    """Show the modes, or put a SYSTEM into another one; effective at once, no restart, kept in the audit log.

    observe reads, links and shows; pilot writes only what belongs to the chosen stores and phones; live writes everything that is routed
    there. Look at `sverka plan` before you leave observe: what waits by then is written as one run, counted first and asked about where it
    is more than the brakes let through.

    \b
    Examples:
      sverka mode
      sverka mode sklad pilot --store mega --phone "+7 903 123-45-67"
      sverka mode sklad live
      sverka mode site live --base-is-right
    """
    hub = hub_at(path)
    if (stores or phones) and mode != "pilot":
        raise click.UsageError(t("--store and --phone choose a pilot: sverka mode SYSTEM pilot --store NAME"))
    if system and mode:
        put(hub, known_system(hub, system), mode, stores, phones, accept)
    show(hub, system, machine)


def put(hub: Hub, system: str, mode: str, stores: tuple[str, ...], phones: tuple[str, ...], accept: bool) -> None:
    with hub.store.write() as at:
        if stores or phones:
            with refusals():
                modes.set_pilot(hub, at, system, stores, phones, actor=who())
            did(hub, at, "pilot", system=system, cause=f"stores {', '.join(stores)}; phones {', '.join(phones)}")
        before = modes.change(hub, at, system, mode, actor=who(), accept=accept)
        cause = f"{before} -> {mode}" + (", the base is right" if accept else "")
        did(hub, at, "mode", system=system, cause=cause, outcome=mode)


def show(hub: Hub, system: str | None, machine: bool) -> None:
    if system:
        known_system(hub, system)
    with hub.store.read() as at:
        rows = {row["system"]: row for row in views.systems(at)}
        pilots = {name: modes.pilot(hub, at, name) for name in hub.settings.systems if system in (None, name)}
    found = {name: str(rows.get(name, {}).get("mode", "")) for name in pilots}
    if machine:
        say_json(found)
        return
    say = speech(hub)
    for name, value in found.items():
        word = value if say.language == "en" else f"{say(WORDS.get(value, value))} ({value})"
        click.echo(f"{name}: {word}{_more(rows.get(name, {}), pilots[name] if value == 'pilot' else None, say)}")
        if alarm := rows.get(name, {}).get("alarm"):
            click.echo(f"  {say.pick(alarm['ru'], alarm['en'])}")


def _more(row: Mapping[str, Json], pilot: Any, say: Speech) -> str:
    pause = say("paused: %(reason)s", reason=pause_of(say, str(row["paused"]))) if row.get("paused") else ""
    paused = f" ({pause})" if pause else ""
    if pilot is None:
        return paused
    chosen = ", ".join([*pilot.stores, *pilot.phones]) or say("nothing is chosen, so nothing is written: --store, --phone")
    return f" ({chosen}){paused}"


COMMANDS = [mode]
