"""Connectors themselves: which there are, where each stands on the quality scale, and beginning a new one."""

from __future__ import annotations

from pathlib import Path

import click

from connectors import registry
from hub import scaffold
from hub.cli.shared import Group, as_json, say_json, screen, speech, t
from hub.entities import SCHEMAS
from hub.systems import quality as scale
from hub.systems import standing


@click.group(cls=Group)
def connector() -> None:
    """Which connectors there are, and begin one of your own: docs/connector-guide.md goes from nothing to one that works."""


@connector.command("list")
def listing() -> None:
    """Every connector with the package that it comes from; last, packages that promise one and cannot be used.

    \b
    Example:
      sverka connector list
    """
    for name, package in registry.CONNECTORS.items():
        screen().print(f"{name}: {registry.manifest(name).title} ({package.__name__})")
    for one in registry.INSTALLED.broken:
        screen().print(t("cannot be used: %(what)s", what=str(one)))


@connector.command()
@click.argument("name")
@click.option("--title", default="", help="What people call the vendor; the name where nothing is said.")
@click.option("--resource", default="customers", show_default=True, help="The vendor's own name of its first collection.")
@click.option(
    "--entity", type=click.Choice(sorted(SCHEMAS)), default="customer", show_default=True, help="What the hub calls what is in it."
)
@click.option(
    "--package", "folder", type=click.Path(file_okay=False, path_type=Path), help="Make a package that others install, in this folder."
)
def new(name: str, title: str, resource: str, entity: str, folder: Path | None) -> None:
    """Write the files of a new connector, mapping, stand-in and tests. Nothing that is there is overwritten. The tests run at once, and each
    failure says what to write next.

    \b
    Examples:
      sverka connector new teashop --title Teashop --resource clients
      sverka connector new teashop --title Teashop --resource clients --package sverka-teashop
    """
    if not scaffold.NAME.match(name):
        raise click.ClickException(t("%(name)s: use small Latin letters, digits and _, a letter first, 2 to 31", name=name))
    if name in registry.CONNECTORS:
        raise click.ClickException(t("there is a connector %(name)s already", name=name))
    asked = scaffold.Asked(name, title or name, resource, entity, folder is not None)
    made = scaffold.files(asked)
    place = folder or Path(".")
    if there := [path for path in made if (place / path).exists()]:
        raise click.ClickException(t("%(files)s exist already: nothing was written", files=", ".join(there)))
    for path, text in made.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
        screen().print(str(place / path))
    for line in scaffold.remains(asked):
        screen().print(t("still to do: %(what)s", what=line))
    tests = (place / asked.places()["test"]).parent if folder else Path(asked.places()["test"])
    screen().print(t("next: python -m pytest -x %(tests)s", tests=str(tests)))


@connector.command()
@as_json
def quality(machine: bool) -> None:
    """Where each connector stands: bronze, silver or gold, and what it lacks. Markdown, in the language of SVERKA_LANGUAGE.

    \b
    Examples:
      sverka connector quality
      SVERKA_LANGUAGE=en sverka connector quality > docs/quality.md
    """
    found = standing.verdicts()
    if machine:
        say_json([{"connector": one.vendor, "level": one.level, "lacks": one.lacks} for one in found])
    else:
        click.echo(scale.page(found, speech()), nl=False)


COMMANDS = [connector]
