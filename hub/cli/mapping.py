"""The mappings: lint, test, try, fields."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import click
from rich.table import Table

import mappings
from hub import declared, field_table
from hub.cli.shared import as_json, config, say_json, screen, settings_at
from hub.settings import Settings
from mappings.examples import Echo, run_examples
from mappings.trial import Trial, try_remote


@click.group("mappings")
def mappings_group() -> None:
    """The mappings: lint, test, try; and the fields that they may name."""


def settings_or_none(path: str) -> Settings | None:
    """The configuration, or None where there is none yet: the shipped mappings can be looked at without."""
    return settings_at(path) if Path(path).exists() else None


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
        click.echo(f"{len(errors)} errors")
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
    click.echo(f"{len(failures)} failures")
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


@mappings_group.command("try")
@config
@click.argument("connector")
@click.argument("resource")
@click.argument("file", type=click.File())
@click.option("--record", type=click.File(), help="A record as JSON: show what writing it to this object would change.")
@as_json
def try_(path: str, connector: str, resource: str, file: IO[str], record: IO[str] | None, machine: bool) -> None:
    """Read one remote object from a JSON FILE (- for standard input) and show the record that it makes, field by field.

    \b
    Examples:
      sverka mappings try moysklad counterparty one.json
      sverka mappings try moysklad counterparty one.json --record changed.json
      curl ... | sverka mappings try woocommerce orders - --json
    """
    found = loaded(path)
    mapping = found.by(connector, resource)
    if mapping is None:
        known = ", ".join(f"{m.connector} {m.resource}" for m in found.all)
        raise click.ClickException(f"there is no mapping of {connector} {resource}; there are: {known}")
    remote, wanted = one_object(file, "one remote object, as the vendor's API shows it"), None
    if record:
        wanted = one_object(record, "the fields of a record, as docs/mappings.md names them")
    try:
        trial = try_remote(mapping, remote, Echo(), wanted)
    except (ValueError, TypeError) as error:
        raise click.ClickException(f"{file.name}: {error}") from error
    if machine:
        click.echo(json.dumps(asdict(trial), ensure_ascii=False, indent=2))
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


def print_trial(trial: Trial, *, written: bool) -> None:
    table = Table("field", "remote path", "there", "here", "problem", *(["would become"] if written else []), box=None)
    for row in trial.rows:
        cells = [json.dumps(v, ensure_ascii=False) if v is not None else "" for v in (row.raw, row.canonical)]
        back = "" if row.held else json.dumps(row.back, ensure_ascii=False)
        table.add_row(row.field, row.path, *cells, row.problem, *([back] if written else []))
    screen().print(table)
    if not trial.applies:
        click.echo("`when` leaves this object out: the mapping does not speak of it")


COMMANDS = [mappings_group]
