"""A rule that decides many at once: counted and shown by a sample first, done only when told so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from hub.cli.shared import say_json, speech
from hub.language.refused import Refused

Json = Any


@dataclass(frozen=True, slots=True)
class Ruling:
    """``named``: the group and the choice, for programs. ``choice``: for people. ``sample``: some of the ``count`` of them for programs,
    ``lines``: for people."""

    named: dict[str, str]
    choice: str
    count: int
    sample: Sequence[Json]
    lines: Sequence[str]


def preview(ruling: Ruling, machine: bool) -> None:
    """What the rule would decide. Nothing changes."""
    if machine:
        say_json({**ruling.named, "count": ruling.count, "sample": ruling.sample})
        return
    say = speech()
    click.echo(say("Would be decided as “%(choice)s”: %(n)s. A sample:", n=say.number(ruling.count), choice=ruling.choice))
    for line in ruling.lines:
        click.echo(f"  {line}")
    click.echo(say("Nothing has changed. Say --apply to do it."))


def apply(ruling: Ruling, decide: Callable[[], tuple[int, list[Refused]]], machine: bool) -> None:
    """Decide, and tell how many and what was left and why."""
    done, problems = decide()
    if machine:
        say_json({**ruling.named, "decided": done, "refused": [str(why) for why in problems]})
        return
    say = speech()
    click.echo(say("Decided as “%(choice)s”: %(n)s.", n=say.number(done), choice=ruling.choice))
    for why in problems:
        left = say("left: %(why)s", why=why.told(say))
        click.echo(f"  {left}")
