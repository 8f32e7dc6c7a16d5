"""The mappings: lint, test, try, diff, fields."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

import click
from rich.table import Table

import mappings
from hub.cli.shared import DEFAULT, Group, as_json, config, fail, say_json, screen, settings_at, speech, t
from hub.config import declared, field_table
from hub.config.fields import secrets_left_out
from hub.config.settings import Settings
from mappings import overlays
from mappings.examples import Echo, run_examples
from mappings.trial import Trial, try_remote


@click.group("mappings", cls=Group)
def mappings_group() -> None:
    """The mappings: lint, test, try, diff; and the fields that they may name."""


def settings_of(path: str) -> Settings:
    """The configuration without its secrets: who writes a mapping needs no key of a shop."""
    with secrets_left_out():
        return settings_at(path)


def settings_or_none(path: str) -> Settings | None:
    """The configuration, or None where there is none yet: the shipped mappings can be looked at without. One that was named must be there."""
    return settings_of(path) if Path(path).exists() or path != DEFAULT else None


def loaded(path: str) -> mappings.Mappings:
    try:
        return declared.load(settings_or_none(path))
    except mappings.MappingError as error:
        raise click.ClickException(f"{error}\nsverka mappings lint shows every error.") from error


@mappings_group.command()
@config
@as_json
def lint(path: str, machine: bool) -> None:
    """All errors of all mappings at once, with file, line, field and fix. Exit status 1 where there is one.

    \b
    Example:
      sverka mappings lint
    """
    errors = declared.lint(settings_or_none(path), Path(path))
    if machine:
        say_json([str(error) for error in errors])
    else:
        for error in errors:
            click.echo(str(error))
        click.echo(speech().many("%(n)s error", "%(n)s errors", len(errors)))
    sys.exit(1 if errors else 0)


@mappings_group.command()
@config
def test(path: str) -> None:
    """Run the examples inside the mappings. Exit status 1 where one fails.

    \b
    Example:
      sverka mappings test
    """
    failures = [f for m in loaded(path).all for f in run_examples(m)]
    for failure in failures:
        click.echo(f"{failure.mapping}: {failure.example}: {failure.text}")
    click.echo(speech().many("%(n)s failure", "%(n)s failures", len(failures)))
    sys.exit(1 if failures else 0)


@mappings_group.command("fields")
@config
@as_json
def fields(path: str, machine: bool) -> None:
    """Every field that a mapping may name, those of your own among them: type, titles, policy. Markdown.

    \b
    Examples:
      sverka mappings fields
      sverka mappings fields --json
    """
    settings = settings_or_none(path)
    around = declared.world(settings)
    if machine:
        say_json(list(field_table.rows(around)))
    else:
        click.echo(field_table.page(around, settings), nl=False)


@mappings_group.command()
@config
@as_json
def diff(path: str, machine: bool) -> None:
    """What your overlays change of the shipped mappings: what goes (-), what comes (+), and which file says so.

    \b
    Examples:
      sverka mappings diff
      sverka mappings diff --json
    """
    settings = settings_of(path)
    known = declared.folders(settings)
    found = overlays.changed([folder for folder in known if folder not in settings.mappings], settings.mappings)
    if machine:
        say_json([asdict(one) for one in found])
        return
    mapping = ""
    for one in found:
        if one.mapping != mapping:
            mapping = one.mapping
            click.echo(mapping)
        for mark, value in (("-", one.was), ("+", one.now)):
            if value is not None:
                where = f"    # {one.file}:{one.line}" if mark == "+" else ""
                click.echo(f"  {mark} {one.key}: {json.dumps(value, ensure_ascii=False)}{where}")
    if not found:
        click.echo(t("No overlay changes anything."))


@mappings_group.command("try")
@config
@click.argument("connector")
@click.argument("resource")
@click.argument("file", type=click.File())
@click.option("--record", type=click.File(), help="A record as JSON: show what writing it to this object would change.")
@as_json
def try_(path: str, connector: str, resource: str, file: IO[str], record: IO[str] | None, machine: bool) -> None:
    """Read one remote object from a JSON FILE (- for standard input) and show the record that it makes, field by field. CONNECTOR may be
    the name of a system, too.

    \b
    Examples:
      sverka mappings try moysklad counterparty one.json
      sverka mappings try moysklad counterparty one.json --record changed.json
      curl ... | sverka mappings try woocommerce orders - --json
    """
    found, settings = loaded(path), settings_or_none(path)
    system = settings.systems.get(connector) if settings else None
    mapping = found.by(connector, resource) or (found.by(system.connector, resource) if system else None)
    if mapping is None:
        known = [m for m in found.all if m.connector in (connector, system and system.connector)] or found.all
        raise fail(
            "there is no mapping of %(connector)s %(resource)s; there are: %(known)s",
            connector=connector,
            resource=resource,
            known=", ".join(f"{m.connector} {m.resource}" for m in known),
        )
    remote, wanted = one_object(file, "one remote object, as the vendor's API shows it"), None
    if record:
        wanted = one_object(record, "the fields of a record, as docs/fields.md names them")
        only_known(wanted, declared.world(settings).entities[mapping.entity], record.name)
    try:
        trial = try_remote(mapping, remote, Echo(), wanted)
    except (ValueError, TypeError) as error:
        raise click.ClickException(f"{file.name}: {error}") from error
    if machine:
        rows = [asdict(row) | {"problem": speech().pick(*row.problem)} for row in trial.rows]
        click.echo(json.dumps(asdict(trial) | {"rows": rows}, ensure_ascii=False, indent=2))
        return
    print_trial(trial, written=record is not None)


def one_object(file: IO[str], what: str) -> dict[str, Any]:
    """The JSON object in a file, or a message that says what belongs there."""
    try:
        found = json.load(file)
    except ValueError as error:
        raise click.ClickException(f"{file.name} is not JSON: {error}. Give {what}.") from error
    if not isinstance(found, dict):
        raise click.ClickException(f"{file.name} holds no JSON object. Give {what}.")
    return found


def only_known(record: Mapping[str, Any], known: Mapping[str, Any], name: str) -> None:
    """Refuse a record with a field that its entity does not have: it would be left out in silence."""
    for field in record:
        if field not in known:
            where = t("; its fields stand in docs/fields.md, and one with a dot is one name")
            close = get_close_matches(field, known, 1)
            told = t("%(file)s: a record has no field “%(field)s”", file=name, field=field)
            raise click.ClickException(told + (t(", did you mean “%(field)s”?", field=close[0]) if close else where))


def print_trial(trial: Trial, *, written: bool) -> None:
    say = speech()
    heads = (say("field"), say("remote path"), say("there"), say("here"), say("problem"), *([say("would become")] if written else []))
    table = Table(*heads, box=None)
    for row in trial.rows:
        cells = [json.dumps(v, ensure_ascii=False) if v is not None else "" for v in (row.raw, row.canonical)]
        back = "" if row.held else json.dumps(row.back, ensure_ascii=False)
        table.add_row(row.field, row.path, *cells, say.pick(*row.problem), *([back] if written else []))
    screen().print(table)
    for one in trial.references:
        click.echo(
            say("It names an object of %(system)s: %(value)s (%(strength)s)", system=one.system, value=one.value, strength=one.strength)
        )
    if not trial.applies:
        click.echo(say("`when` leaves this object out: the mapping does not speak of it"))


COMMANDS = [mappings_group]
