"""The ``sverka`` command: one file a group of commands."""

from __future__ import annotations

import click

from hub.cli import (
    alerts,
    audiences,
    backups,
    brakes,
    calls,
    capability,
    conflicts,
    connector,
    directory,
    discovering,
    duplicates,
    erasure,
    loading,
    mapping,
    modes,
    people,
    queue,
    records,
    running,
    segments,
    setup,
    stand_ins,
    upkeep,
    verifying,
)
from hub.cli.shared import Group
from hub.processes.logs import configure


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Sverka: every system sees the same customers, orders and call outcomes.

    \b
    The first day:
      sverka init .             write a commented config.yaml
      sverka doctor             what is wrong with this machine and the configuration
      sverka check              do the systems let us in
      sverka backfill           read everything for the first time
      sverka plan               what would be written
      sverka mode sklad live    let the hub write
    """
    configure()


MODULES = (
    running,
    setup,
    loading,
    verifying,
    modes,
    brakes,
    queue,
    records,
    erasure,
    duplicates,
    conflicts,
    discovering,
    segments,
    calls,
    stand_ins,
    directory,
    mapping,
    capability,
    connector,
    people,
    alerts,
    audiences,
    backups,
    upkeep,
)

for module in MODULES:
    for command in module.COMMANDS:
        main.add_command(command)

__all__ = ["main"]
