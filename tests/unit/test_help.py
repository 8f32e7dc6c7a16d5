"""The help texts of all commands."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from hub.cli import main


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        elif not command.hidden:
            yield f"{name} {word}", command


@pytest.mark.parametrize("name, command", [pytest.param(*found, id=found[0]) for found in commands(main, "sverka")])
def test_the_help_of_a_command_shows_a_call_of_it(name, command):
    said = command.get_help(click.Context(command, info_name=name))
    _, _, examples = said.partition("Example")
    assert f"{name} " in examples or f"{name}\n" in examples


@pytest.mark.parametrize("name", ["", *(name for name, command in main.commands.items() if isinstance(command, click.Group))])
def test_a_group_tells_what_its_commands_do_in_whole_sentences(name):
    group = main.commands[name] if name else main
    listed = " ".join(group.get_help(click.Context(group, info_name="sverka")).partition("Commands:")[2].split())
    assert listed and "..." not in listed
