"""Directories: what each system calls the shop's stores, people, statuses and kinds."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import click
from rich.table import Table

from hub.app import Hub
from hub.cli.shared import Group, as_json, config, fail, hub_at, known_system, say_json, screen, speech, t, who
from hub.decisions import directories, directory_csv
from hub.decisions.directories import Said, Sheet, Wrong
from hub.storage.directories import Twin
from hub.sync import lists

NAME = click.argument("name")
SYSTEM, REMOTE = click.argument("system"), click.argument("remote")


@click.group("directory", cls=Group)
def directory() -> None:
    """Directories: what each system calls the shop's stores, people, statuses and kinds.

    A value that nobody has mapped waits in its field only; mapping it lets go on what waited. What is mapped here counts at once, in
    every process, and stands above the configuration.
    """


@directory.command("list")
@config
@click.argument("name", required=False)
@click.option("--unmapped", is_flag=True, help="Only what nobody has mapped, with suggestions.")
@as_json
def listing(path: str, name: str | None, unmapped: bool, machine: bool) -> None:
    """Values and each system's words for them; then the words that nobody has mapped, those that records wait for first.

    \b
    Examples:
      sverka directory list
      sverka directory list order_status --unmapped
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        found = [directories.sheet(hub, at, name)] if name else directories.sheets(hub, at)
        if name and not found[0].values and not found[0].unmapped:
            raise fail("there is no directory “%(name)s”; there are: %(known)s", name=name, known=", ".join(directories.names(hub, at)))
    if machine:
        say_json([as_data(sheet) for sheet in found])
        return
    for sheet in found:
        print_sheet(hub, sheet, unmapped)


def print_sheet(hub: Hub, sheet: Sheet, unmapped: bool) -> None:
    say, out = speech(hub), screen()
    out.print(sheet.name, style="bold")
    if not unmapped and sheet.values:
        table = Table(say("Value"), say("title"), *sheet.systems, box=None)
        for value in sheet.values:
            cells = [", ".join(told(twin) for twin in value.twins.get(system, ())) for system in sheet.systems]
            table.add_row(value.value, say.pick(value.ru, value.en), *cells)
        out.print(table)
    if sheet.unmapped:
        table = Table(say("Not mapped"), say("System"), say("Records waiting"), say("suggestion"), box=None)
        for twin, best in sheet.unmapped:
            table.add_row(told(twin), twin.system, str(twin.waiting or ""), f"{best.value} ({best.score:.0%})" if best else "")
        out.print(table)


def told(twin: Twin) -> str:
    return twin.told if twin.active else t("%(word)s (not active)", word=twin.told)


def as_data(sheet: Sheet) -> dict[str, Any]:
    """A directory for programs."""

    def word(twin: Twin) -> dict[str, Any]:
        told = {"active": twin.active, "written": twin.preferred, "by": twin.by}
        return {"system": twin.system, "remote": twin.plain, "title": twin.title, **told}

    values = [
        {"value": v.value, "ru": v.ru, "en": v.en, "twins": [word(t) for some in v.twins.values() for t in some]} for v in sheet.values
    ]
    unmapped = [word(t) | {"waiting": t.waiting, "suggestion": best.value if best else None} for t, best in sheet.unmapped]
    return {"name": sheet.name, "values": values, "unmapped": unmapped}


@directory.command("map")
@config
@NAME
@SYSTEM
@REMOTE
@click.argument("value")
@click.option("--title", default="", help="Its title in Russian, for a VALUE that is new.")
@click.option("--title-en", default="", help="Its title in English; default: the Russian one.")
@click.option("--written", is_flag=True, help="Of several words of the system, write this one.")
def map_(path: str, name: str, system: str, remote: str, value: str, title: str, title_en: str, written: bool) -> None:
    """Say that SYSTEM's word REMOTE (its value or its name) means VALUE. What waited for it goes on.

    \b
    Examples:
      sverka directory map order_status sklad "На примерке" packed
      sverka directory map employee crm 5 olga --title "Ольга Ким"
    """
    hub = hub_at(path)
    known_system(hub, system)
    try:
        with hub.store.read() as at:
            remote = directories.find(at, name, system, remote).plain
        changed = directories.say(hub, [Said(name, system, remote, value, title, title_en, written or None)], actor=who())
    except Wrong as error:
        raise click.ClickException(error.told(speech())) from error
    told_count(changed, directories.settle(hub))


@directory.command()
@config
@NAME
@SYSTEM
@REMOTE
@click.option("--as-configured", is_flag=True, help="Forget what people said of it: the configuration decides again.")
def unmap(path: str, name: str, system: str, remote: str, as_configured: bool) -> None:
    """Take a mapping back: the word means nothing until it is mapped again, and fields that bear it wait.

    \b
    Examples:
      sverka directory unmap order_status sklad "На примерке"
      sverka directory unmap order_status sklad "Собран" --as-configured
    """
    hub = hub_at(path)
    known_system(hub, system)
    try:
        if as_configured:
            after = directories.as_configured(hub, name, system, remote, actor=who())
            click.echo(t("%(word)s: %(meaning)s, as configured", word=f"{name} {system} {remote}", meaning=after or t("not mapped")))
            directories.settle(hub)
            return
        with hub.store.read() as at:
            remote = directories.find(at, name, system, remote).plain
        changed = directories.say(hub, [Said(name, system, remote, None)], actor=who())
    except Wrong as error:
        raise click.ClickException(error.told(speech())) from error
    told_count(changed, directories.settle(hub))


def told_count(changed: int, records: int) -> None:
    if changed:
        click.echo(t("changed: %(n)s; records merged again: %(m)s", n=changed, m=records))
    else:
        click.echo(t("it is so already: nothing changed"))


@directory.command("read")
@config
@click.argument("system", required=False)
def read(path: str, system: str | None) -> None:
    """Read the systems' own lists now; the hub does so by itself every quarter of an hour, and when it meets a new value.

    \b
    Example:
      sverka directory read crm
    """
    hub = hub_at(path)
    for name in [known_system(hub, system)] if system else hub.settings.systems:
        lists_of = ", ".join(lists.names(hub, name)) or t("no lists")
        click.echo(t("%(system)s: values read: %(n)s (%(lists)s)", system=name, n=lists.read(hub, name), lists=lists_of))


@directory.command()
@config
@click.argument("name", required=False)
@click.option("--output", "-o", type=click.File("w", encoding="utf-8-sig"), default="-", help="A file; standard output without it.")
def export(path: str, name: str | None, output: IO[str]) -> None:
    """One directory, or all, as CSV for a spreadsheet: one row for each word of a system. Fill the column `value` and import it again.

    \b
    Example:
      sverka directory export -o directories.csv
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        found = [directories.sheet(hub, at, name)] if name else directories.sheets(hub, at)
    output.writelines(directory_csv.lines(found))


@directory.command("import")
@config
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(path: str, file: Path) -> None:
    """Take the column `value` of a CSV file as what the words mean. Rows that are wrong are named and cost the others nothing.

    \b
    Example:
      sverka directory import directories.csv
    """
    hub = hub_at(path)
    try:
        said, wrong = directory_csv.read(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise fail("%(file)s is not UTF-8: save it as CSV UTF-8", file=file) from error
    changed, refused = directories.bring(hub, said, actor=who())
    for line in (*(one.told(speech()) for one in wrong), *(f"{word}: {why.told(speech())}" for word, why in refused)):
        click.echo(line, err=True)
    told_count(changed, directories.settle(hub))
    if wrong or refused:
        raise SystemExit(1)


COMMANDS = [directory]
