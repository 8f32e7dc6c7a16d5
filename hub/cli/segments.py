"""Who is in a segment that marketers keep in another system."""

from __future__ import annotations

import csv
import sys
from typing import Any

import click

from connectors.contract import Segments
from connectors.errors import ConnectorError
from hub.app import Hub
from hub.cli.shared import as_json, config, fail, hub_at, known_system, say_json
from hub.language import N_
from hub.storage import links as link_rows
from hub.storage import records as record_rows

Json = Any
COLUMNS = ("id", "record", "last_name", "first_name", "phone")


@click.command()
@config
@click.argument("system")
@click.argument("name")
@as_json
def segment(path: str, system: str, name: str, machine: bool) -> None:
    """Who is in a segment of a system, by its id there and as the hub knows them: CSV. Where the system prepares a list first, this waits for it.

    \b
    Examples:
      sverka segment cdp winback > winback.csv
      sverka segment cdp winback --json
    """
    hub = hub_at(path)
    rows = members(hub, known_system(hub, system), name)
    if machine:
        say_json(rows)
        return
    table = csv.DictWriter(sys.stdout, COLUMNS)
    table.writeheader()
    table.writerows(rows)


def members(hub: Hub, system: str, name: str) -> list[dict[str, Json]]:
    """One row a customer; who is not known to the hub has an id alone. Raises ClickException."""
    connector, mapping = hub.connectors[system], hub.giving(system, "customer")
    if not isinstance(connector, Segments) or mapping is None:
        raise fail(N_("%(system)s has no segments."), system=system)
    inside: dict[str, None] = {}
    try:
        for page in connector.segment(name, {}):
            inside |= dict.fromkeys(one.id for one in page.objects)
            inside = {ident: None for ident in inside if ident not in page.gone}
    except ConnectorError as error:
        raise click.ClickException(f"{system}: {error.message}") from error
    with hub.store.read() as at:
        links = link_rows.by_external(at, system, mapping.resource, inside)
        records = record_rows.load(at, [link.record_id for link in links.values() if link.record_id])
    return [_row(ident, records.get(links[ident].record_id) if ident in links else None) for ident in inside]


def _row(ident: str, record: Any) -> dict[str, Json]:
    data = record.data if record else {}
    phones = [one["number"] for one in data.get("phones") or () if not one.get("invalid")]
    named = {name: data.get(name) or "" for name in ("last_name", "first_name")}
    return {"id": ident, "record": record.id if record else "", **named, "phone": phones[0] if phones else ""}


COMMANDS = [segment]
