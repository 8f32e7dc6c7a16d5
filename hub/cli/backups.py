"""Backups: taken while everything runs, put back so that nothing is written twice."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from hub.app import Hub
from hub.backfill import places, progress
from hub.cli.shared import as_json, config, fail, hub_at, known_system, refusals, say_json, screen, speech, t, who
from hub.explain import planning
from hub.keeping import backup as backups
from hub.keeping import restoring
from hub.language import N_, Speech
from hub.language.refused import Refused
from hub.storage import restoration
from hub.storage.archive import Archive, Damaged
from hub.storage.restoration import Restoration
from hub.sync import rebuild

STAGES = {
    "collecting": N_("the systems are being read anew; what the hub made since the backup is recognised by its key"),
    "identifying": N_("what bears no key is being recognised by cross-references, match keys and content"),
    "waiting": N_("the links are rebuilt: look at `sverka plan`, then run `sverka restore --approve`"),
    "over": N_("over"),
}
HELD = {
    True: N_("Inside are the credentials that vendors renewed: keep the file like a password."),
    False: N_("Inside are no credentials."),
}
NOT_INSIDE = N_("Not inside: config.yaml, mapping overlays, secrets of the environment, the key that signs sessions and keys tombstones.")


def _moment(say: Speech, text: str) -> str:
    """A time of a manifest as people read it."""
    return say.moment(datetime.fromisoformat(text).timestamp())


@click.command()
@config
@click.argument("target", required=False)
@click.option("--with-tokens", is_flag=True, help="Also the credentials that vendors renewed (OAuth): keep such a file like a password.")
@click.option("--keep", type=click.IntRange(min=1), help="In the hub's own folder of backups: delete all but the newest N.")
@as_json
def backup(path: str, target: str | None, with_tokens: bool, keep: int | None, machine: bool) -> None:
    """Write both databases to one file, as of one moment, while everything runs. TARGET: a file, or a folder, which ends with a slash where it
    is to be made. Without it: into the folder backups/ beside the data.

    The file has a manifest, a checksum for each table and the number of the schema; it can be put back into SQLite and PostgreSQL alike.
    It holds personal data. Secrets are not inside: not the configuration, not the environment, and without --with-tokens no credentials.

    \b
    Examples:
      sverka backup
      sverka backup /mnt/backups/ --json
      sverka backup --keep 14
    """
    hub = hub_at(path)
    try:
        if target and target.endswith("/"):
            Path(target).mkdir(parents=True, exist_ok=True)
        file, manifest = backups.take(hub, Path(target) if target else None, tokens=with_tokens, actor=who())
    except OSError as error:
        raise fail("%(file)s: the backup cannot be written: %(why)s", file=error.filename or target, why=error.strerror or error) from error
    gone = backups.prune(hub.settings.folder / backups.FOLDER, keep) if keep and target is None else []
    rows = sum(about["rows"] for about in manifest["tables"].values())
    if machine:
        say_json({"file": str(file), "bytes": file.stat().st_size, "rows": rows, "deleted": [str(f) for f in gone], "manifest": manifest})
        return
    say = speech(hub)
    when = _moment(say, manifest["taken"])
    about = {
        "file": file,
        "rows": say.number(rows),
        "size": say.number(file.stat().st_size),
        "schema": manifest["schema"],
        "time": when,
    }
    click.echo(say("%(file)s: %(rows)s rows, %(size)s bytes, schema %(schema)s, as of %(time)s", **about))
    click.echo(f"{say(HELD[with_tokens])} {say(NOT_INSIDE)}")


@click.command()
@config
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--status", is_flag=True, help="How far the last restore is, and what it holds.")
@click.option("--approve", is_flag=True, help="Let systems be written again; all of them without --system.")
@click.option("--system", "systems", multiple=True, help="Only this system (with --approve; may be repeated).")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--discard-current", is_flag=True, help="Do not back up first what is there now.")
@click.option("--force", is_flag=True, help="The hub is stopped, whatever its traces in Redis say.")
@as_json
def restore(
    path: str,
    file: Path | None,
    status: bool,
    approve: bool,
    systems: tuple[str, ...],
    yes: bool,
    discard_current: bool,
    force: bool,
    machine: bool,
) -> None:
    """Put a backup back. Stop the hub first.

    Afterwards no system is written. When the hub runs again it reads all systems from their beginning and rebuilds the links: by the hub's
    key inside the objects, by cross-references, by match keys; what may be one or two waits for a person, and so do calls and other facts
    that may have been passed on since the backup. Look at what would be written (sverka plan), then approve.

    \b
    Examples:
      sverka restore backups/sverka-20261125-040000.zip
      sverka restore --status
      sverka restore --approve --system sklad
    """
    hub = hub_at(path)
    if approve:
        return _approve(hub, [known_system(hub, name) for name in systems] or list(hub.settings.systems), machine)
    if status or file is None:
        return _status(hub, machine)
    try:
        archive = Archive(file)
        if not yes and not machine:
            click.confirm(
                t("Replace what the databases hold by the backup of %(time)s?", time=_moment(speech(hub), archive.manifest["taken"])),
                abort=True,
            )
        done = restoring.restore(hub, archive, actor=who(), keep=not discard_current, force=force)
    except Damaged as error:
        raise click.ClickException(str(error)) from error
    except Refused as error:
        raise click.ClickException(error.told(speech())) from error
    if machine:
        say_json({"rows": done.rows, "taken": done.taken, "schema": done.schema, "kept": str(done.kept or ""), "held": done.held})
        return None
    say = speech(hub)
    click.echo(say("Restored %(rows)s rows as of %(time)s.", rows=say.number(done.rows), time=_moment(say, done.taken)))
    if done.kept:
        click.echo(say("What was there before is in %(file)s.", file=done.kept))
    click.echo(say("No system is written until you agree: %(systems)s. Start the hub; sverka restore --status shows when the links are rebuilt.", systems=", ".join(done.held)))  # fmt: skip
    return None


def _approve(hub: Hub, systems: list[str], machine: bool) -> None:
    with refusals():
        freed = rebuild.approve(hub, systems, actor=who())
    if machine:
        say_json({"approved": freed})
    else:
        click.echo(t("Written again: %(systems)s.", systems=", ".join(freed)) if freed else t("No restore holds any of these systems."))


def _status(hub: Hub, machine: bool) -> None:
    with hub.store.read() as at:
        found = restoration.current(at)
    figures = _figures(hub, found)
    if machine:
        say_json(figures)
        return
    if found is None:
        click.echo(t("No restore is under way. To put a backup back: sverka restore FILE"))
        return
    say = speech(hub)
    click.echo(f"{found.stage}: {say(STAGES[found.stage])}.")
    if found.held:
        click.echo(say("Not written until you agree: %(systems)s.", systems=", ".join(found.held)))
    if found.doubt:
        click.echo(
            say(
                "Records that may be another one's twin and are created nowhere: %(n)s. Decide them with sverka duplicates list.",
                n=len(found.doubt),
            )
        )
    if waiting := found.summary.get("facts_waiting"):
        click.echo(
            say("Facts that may have been passed on already: %(n)s. sverka queue list --state dead; replay or skip them.", n=waiting)
        )
    table = Table(say("System"), say("Resource"), say("objects read"), say("whole"), box=None)
    for row in figures["read"]:
        table.add_row(row["system"], row["resource"], say.number(row["objects"]), say("yes") if row["whole"] else "")
    screen().print(table)
    if found.stage == "waiting":
        for row in figures["would_be_written"]:
            what = f"{row['system']} {row['entity']}"
            click.echo(say("%(what)s: to be created %(n)s, to be changed %(m)s", what=what, n=row["creates"], m=row["changes"]))


def _figures(hub: Hub, found: Restoration | None) -> dict[str, Any]:
    if found is None:
        return {"stage": "over", "held": []}
    rows, depth = progress(hub, places(hub))
    read = [{"system": r.place[0], "resource": r.place[1], "objects": r.objects, "whole": r.loaded} for r in rows]
    about = {"stage": found.stage, "held": found.held, "doubt": found.doubt, "summary": found.summary, "read": read, "inbox": depth}
    if found.stage == "waiting":
        counts, _ = planning.count(planning.plan(hub, found.held)) if found.held else ({}, {})
        about["would_be_written"] = [{"system": s, "entity": e, **numbers} for (s, e), numbers in counts.items()]
    return about


COMMANDS = [backup, restore]
