"""Records by any business key, and the audit log."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import IO, Any

import click
from rich.table import Table
from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.cli.shared import Group, as_json, config, fail, hub_at, refusals, say_json, screen, speech, t, who
from hub.entities import FIELDS, SCHEMAS
from hub.explain.found import find, only_there
from hub.explain.record import explain
from hub.explain.unfound import reasons
from hub.language import N_
from hub.language.refused import Refused
from hub.language.shown import Shown
from hub.language.typed import typed
from hub.storage import views
from hub.sync import manual
from mappings.phones import numbers

Json = Any
KEYS = N_(
    "a phone in any spelling or its last four digits, a surname, an e-mail address, a card, the number of an order, a receipt with its store and day (17 25.11 Lenina), or the id of a record, a delivery or a remote object"
)


def pages_of(hub: Hub, at: Connection, key: str) -> list[dict[str, Json]]:
    """The records that a business key finds, each with everything about it, and under ``apart`` which second object alone has that key; a
    ClickException where there is none."""
    rows, say = find(hub, at, key, numbers(key)), speech(hub)
    apart = only_there(hub, at, rows, key, say)
    pages = [page | {"apart": apart.get(row["id"], "")} for row in rows if (page := views.record_page(at, row["id"]))]
    if not pages:
        lines = [say("Nothing is known of %(key)s.", key=key), *reasons(hub, at, key, say), say("Look by %(keys)s.", keys=say(KEYS))]
        raise click.ClickException("\n".join(lines))
    return pages


@click.group("record", cls=Group)
def record() -> None:
    """Records."""


@record.command()
@config
@click.argument("key")
@as_json
def show(path: str, key: str, machine: bool) -> None:
    """A record by id, phone, e-mail, card, order number or remote id: what each system holds, then every field with who said it.

    \b
    Examples:
      sverka record show "8 (903) 123-45-67"
      sverka record show 10234 --json
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        shown = Shown(speech(hub), views.titles(at))
        pages = pages_of(hub, at, key)
        if machine:
            say_json([as_data(hub, at, page, shown) for page in pages])
            return
        for page in pages:
            print_record(hub, at, page, shown)


def as_data(hub: Hub, at: Connection, page: Mapping[str, Json], shown: Shown) -> dict[str, Json]:
    """A record for programs."""
    row = page["record"]
    names = ("system", "resource", "external_id", "role", "state")
    return {
        "id": row["id"],
        "entity": row["entity"],
        "version": row["version"],
        "data": row["data"],
        "said_by": {name: {"system": said[0], "at": said[2]} for name, said in row["provenance"].items()},
        "links": [{name: link[name] for name in names} for link in page["links"]],
        "systems": [{"system": s.system, "state": s.state, "text": s.text, "next": s.next} for s in explain(hub, at, page, shown)],
    }


def print_record(hub: Hub, at: Connection, page: Mapping[str, Json], shown: Shown) -> None:
    row, say, out = page["record"], shown.say, screen()
    entity = row["entity"]
    out.print(f"{shown.entity(entity)} {shown.name(entity, row['data'])}  {row['id']}", style="bold")
    if page["apart"]:
        out.print(f"  {page['apart']}")
    for one in explain(hub, at, page, shown):
        out.print(f"  {one.system}: {one.text}")
    table = Table(say("Field"), say("Value"), say("Said by"), say("When"), box=None)
    for name, value in row["data"].items():
        said = row["provenance"].get(name)
        when = say.moment(said[2]) if said and said[2] else say("from the beginning") if said else ""
        if text := in_words(at, shown, entity, name, value):
            table.add_row(shown.label(entity, name), text, said[0] if said else "", when)
    out.print(table)


def in_words(at: Connection, shown: Shown, entity: str, name: str, value: Json) -> str:
    """A value as a line of text: a customer by name, goods as people read them, everything else as on the pages."""
    if name == "customer" and value:
        data = views.data_of(at, [value]).get(value)
        return f"{shown.name('customer', data)}  {value}" if data is not None else str(value)
    if name == "lines" and value:
        return "; ".join(f"{x.get('sku') or x.get('name') or '?'} × {x.get('quantity')} = {shown.say.money(x.get('sum'))}" for x in value)
    return shown.value(entity, name, value)


@record.command("set")
@config
@click.argument("entity", type=click.Choice(list(SCHEMAS)))
@click.argument("key")
@click.argument("field")
@click.argument("value")
@click.option("--reason", default="", help="Why, for the audit log.")
def set_value(path: str, entity: str, key: str, field: str, value: str, reason: str) -> None:
    """Set a FIELD by hand: it counts as the latest edit and is written to all systems. An empty VALUE empties it. `record undo` takes it back.

    \b
    Examples:
      sverka record set customer "8 (903) 123-45-67" first_name Мария
      sverka record set customer 0193… phones "+7 903 123-45-67, +7 926 765-43-21"
      sverka record set order 10234 status completed --reason "paid at the till"
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        ident, titles = one_of(hub, at, entity, key), views.titles(at)
    with refusals():
        if not FIELDS[entity].get(field) and not field.startswith("custom."):
            raise Refused(N_("%(entity)s has no field “%(field)s”; `sverka record show --json` names them"), entity=entity, field=field)
        manual.set_field(hub, ident, field, typed(entity, field, value, titles), actor=who(), reason=reason)
    click.echo(
        t(
            "%(entity)s %(id)s: %(field)s is set; `sverka record undo %(entity)s %(id)s %(field)s` takes it back",
            entity=entity,
            id=ident,
            field=field,
        )
    )


@record.command()
@config
@click.argument("entity", type=click.Choice(list(SCHEMAS)))
@click.argument("key")
@click.argument("field")
def undo(path: str, entity: str, key: str, field: str) -> None:
    """Give a FIELD back what it was before the last word by hand (`record set`, a conflict decided). Refused where it was edited since.

    \b
    Example:
      sverka record undo customer "8 (903) 123-45-67" first_name
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        ident = one_of(hub, at, entity, key)
    with refusals():
        manual.undo(hub, ident, field, actor=who())
    click.echo(t("%(field)s is what it was before", field=field))


def one_of(hub: Hub, at: Connection, entity: str, key: str) -> str:
    """The id of the one record of an entity that a business key finds; a ClickException where there are none or several."""
    rows = {row["id"]: row for row in find(hub, at, key, numbers(key)) if row["entity"] == entity}
    if key in rows:
        return key
    if len(rows) == 1:
        return str(next(iter(rows)))
    if not rows:
        raise fail("no %(entity)s is known by %(key)s. Look by %(keys)s.", entity=entity, key=key, keys=t(KEYS))
    raise fail("%(key)s finds %(n)s records; name one by its id: %(ids)s", key=key, n=len(rows), ids=", ".join(sorted(rows)[:5]))


@click.group("audit", cls=Group)
def audit_group() -> None:
    """The audit log: every write and every action of a person."""


@audit_group.command()
@config
@as_json
def verify(path: str, machine: bool) -> None:
    """Prove that no sealed row was changed or removed. Exit status 1 where one was. Rows whose values were erased by law, or are kept no
    more, are proven without them.

    \b
    Example:
      sverka audit verify
    """
    hub = hub_at(path)
    with hub.store.state() as at:
        while audit.seal(at, now=hub.clock()):
            pass
        found = audit.prove(at)
    wrong = found.faults
    if machine:
        say_json({"whole": not wrong, "faults": wrong, "rows": found.rows, "without_values": found.erased})
    else:
        for line in wrong:
            click.echo(line)
        say = speech()
        whole = say(
            "the audit log is whole: %(n)s rows, %(m)s of them without the values that they had",
            n=say.number(found.rows),
            m=say.number(found.erased),
        )
        click.echo(
            whole
            if not wrong
            else say("%(n)s faults: restore the rows from a backup, and find out who changed them", n=say.number(len(wrong)))
        )
    sys.exit(1 if wrong else 0)


@audit_group.command()
@config
@click.option("--output", "-o", type=click.File("w"), default="-", help="A file; standard output without it.")
@click.option("--without-values", is_flag=True, help="Leave personal values out: rows, digests and blocks alone.")
def export(path: str, output: IO[str], without_values: bool) -> None:
    """The audit log as JSON lines: rows oldest first, then the sealed blocks. All of it can be proven from the file alone: `values_digest` is
    the SHA-256 of `values_salt` and [before, after]; `digest` that of [salt, [at, actor, action, system, entity, record_id, cause, outcome],
    values_digest]; a block's that of the block before it and its rows' digests, a line each.

    \b
    Examples:
      sverka audit export -o audit.jsonl
      sverka audit export --without-values | gzip > audit.jsonl.gz
    """
    hub = hub_at(path)
    for row in rows_of(hub):
        if without_values:
            row = {key: value for key, value in row.items() if key not in ("before", "after", "values_salt")}
        output.write(json.dumps({"kind": "row", **row}, ensure_ascii=False, sort_keys=True) + "\n")
    with hub.store.read() as at:
        for block in views.audit_blocks(at):
            output.write(json.dumps({"kind": "block", **block}, sort_keys=True) + "\n")


def rows_of(hub: Hub) -> Iterator[dict[str, Json]]:
    """Every row, batch by batch, so that memory stays flat."""
    last = 0
    while True:
        with hub.store.read() as at:
            rows = views.audit_since(at, last)
        if not rows:
            return
        yield from rows
        last = rows[-1]["id"]


COMMANDS = [record, audit_group]
