"""The mappings: lint, test, try."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO, Any

import click

import mappings
from hub.app import SHIPPED
from hub.cli.shared import as_json, config, say_json, settings_at
from hub.entities import FIELDS
from mappings.examples import Echo, run_examples


@click.group("mappings")
def mappings_group() -> None:
    """The mappings: lint, test, try."""


def folders(path: str) -> tuple[list[Path], Any]:
    """Where mappings are, and the custom fields; without a configuration the shipped ones alone."""
    if not Path(path).exists():
        return [SHIPPED], {}
    chosen = settings_at(path)
    return [SHIPPED, *chosen.mappings], chosen.custom_fields


def loaded(path: str) -> mappings.Mappings:
    where, custom = folders(path)
    try:
        return mappings.load(where, custom)
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
    where, custom = folders(path)
    errors = mappings.lint(where, FIELDS, custom)
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


@mappings_group.command("try")
@config
@click.argument("connector")
@click.argument("resource")
@click.argument("file", type=click.File())
def try_(path: str, connector: str, resource: str, file: IO[str]) -> None:
    """Read one remote object from a JSON FILE (- for standard input) and show the record that it makes.

    \b
    Examples:
      sverka mappings try moysklad counterparty one.json
      curl ... | sverka mappings try woocommerce orders -
    """
    found = loaded(path)
    mapping = found.by(connector, resource)
    if mapping is None:
        known = ", ".join(f"{m.connector} {m.resource}" for m in found.all)
        raise click.ClickException(f"there is no mapping of {connector} {resource}; there are: {known}")
    try:
        remote = json.load(file)
        read = mapping.read(remote, None, frozenset(), True, Echo())
    except (ValueError, TypeError) as error:
        raise click.ClickException(f"{file.name}: {error}") from error
    data, problems = mapping.decode_all(read.values, Echo())
    shown = {
        "id": read.id,
        "canonical": {k: v for k, v in data.items() if v is not None},
        "problems": [f"{p.field}: {p.message_en}" for p in problems],
    }
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


COMMANDS = [mappings_group]
