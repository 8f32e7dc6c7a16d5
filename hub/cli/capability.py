"""What each vendor can do with each entity."""

from __future__ import annotations

import click

from hub.cli.shared import as_json, say_json, speech
from hub.systems import capabilities as table


@click.command()
@as_json
def capabilities(machine: bool) -> None:
    """What each vendor can do with each entity: read, write, webhooks, polls, deletions, repeated creates, echoes, side effects. Markdown, in
    the language of SVERKA_LANGUAGE; needs no configuration.

    \b
    Examples:
      sverka capabilities
      SVERKA_LANGUAGE=en sverka capabilities > docs/capabilities.md
    """
    say, shipped = speech(), table.shipped()
    if machine:
        say_json(table.as_json(shipped, say))
    else:
        click.echo(table.page(shipped, say), nl=False)


COMMANDS = [capabilities]
