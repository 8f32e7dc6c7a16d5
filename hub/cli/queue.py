"""The retry queue: list, why, replay, skip."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click
from rich.table import Table

from hub.app import Hub
from hub.cli.records import pages_of
from hub.cli.shared import Group, as_json, config, did, fail, hub_at, known_system, say_json, screen, speech, t, who
from hub.decisions import lost
from hub.entities import SCHEMAS
from hub.explain import planning
from hub.explain.holds import standing
from hub.explain.in_words import Words
from hub.explain.plan_table import why as why_not
from hub.explain.planning import Planned
from hub.explain.record import explain
from hub.explain.rules import rule
from hub.language.refused import Refused
from hub.language.shown import Shown
from hub.storage import views
from hub.sync import runs
from hub.words.states import WORDS
from retry_queue.outbox import SKIPPABLE

Json = Any
CHUNK = 500
PREVIEWED = 50


@click.group(cls=Group)
def queue() -> None:
    """The retry queue: list, why, replay, skip."""


def filtered(command: Any) -> Any:
    """The options that choose deliveries."""
    for option in (
        click.option("--field", default="", help="Only those that failed for this field."),
        click.option("--code", default="", help="Only those with this code of the vendor, such as sku_unknown."),
        click.option("--error", default="", help="Only those with this class of error, such as Rejected."),
        click.option("--entity", type=click.Choice(list(SCHEMAS)), help="Only this entity."),
        click.option("--system", default="", help="Only deliveries to this system."),
    ):
        command = option(command)
    return command


def checked(hub: Hub, chosen: Mapping[str, Any]) -> None:
    """Raises ClickException where a filter names a system or a delivery that is not there."""
    if chosen.get("system"):
        known_system(hub, chosen["system"])
    if chosen.get("id"):
        with hub.store.read() as at:
            if not views.queue_count(at, most=1, id=chosen["id"]):
                raise fail("there is no delivery %(id)s. List them: sverka queue list", id=chosen["id"])


@queue.command("list")
@config
@filtered
@click.option("--state", type=click.Choice(list(views.STATES)), help="Only deliveries in this state.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@as_json
def listing(path: str, machine: bool, limit: int, **filters: Any) -> None:
    """Deliveries, newest change first.

    \b
    Examples:
      sverka queue list --state dead
      sverka queue list --system sklad --code sku_unknown --json
    """
    hub = hub_at(path)
    checked(hub, filters)
    with hub.store.read() as at:
        rows = views.queue(at, limit=limit, **filters)
        if machine:
            say_json([row | {"error_text": speech().own(row["error_text"])} for row in rows])
            return
        shown, names = Shown(speech(hub), views.titles(at)), views.data_of(at, [row["record_id"] for row in rows])
        holding = standing(hub, at, rows, shown.say)
    say = shown.say
    table = Table("id", say("System"), say("Record"), say("State"), say("Tries"), say("Why"), box=None)
    for r in rows:
        name = f"{shown.entity(r['entity'])} {shown.name(r['entity'], names.get(r['record_id'], {}))}"
        text = (
            rule(r["reason"], r["entity"], names.get(r["record_id"], {}), shown)
            if r["state"] == "skipped"
            else shown.told(r["error_text"]) or holding.get(r["id"]) or str(r["reason"] or "")
        )
        table.add_row(r["id"], r["system"], name, say(str(WORDS.get(r["state"], r["state"]))), str(r["attempts"] or ""), text)
    screen().print(table)
    if len(rows) == limit:
        click.echo(say("%(n)s deliveries or more: --limit shows more of them", n=say.number(len(rows))))
    else:
        click.echo(say.many("%(n)s delivery", "%(n)s deliveries", len(rows)))


@queue.command()
@config
@click.argument("key")
@click.option("--system", default="", help="Only what this system holds.")
@as_json
def why(path: str, key: str, system: str, machine: bool) -> None:
    """Why is it not there? One sentence for each system, from any business KEY: a phone in any spelling or its last four digits, a surname,
    an e-mail address, a card, the number of an order, a receipt with its store and day, or the id of a record, a delivery or a remote object.

    \b
    Examples:
      sverka queue why "8 903 123 45 67"
      sverka queue why 4567
      sverka queue why "receipt 17 25.11 Lenina"
      sverka queue why 10234 --system crm
    """
    hub = hub_at(path)
    if system:
        known_system(hub, system)
    with hub.store.read() as at:
        shown, found, pages = Shown(speech(hub), views.titles(at)), [], pages_of(hub, at, key)
        for page in pages:
            row = page["record"]
            name = f"{shown.entity(row['entity'])} {shown.name(row['entity'], row['data'])}"
            if len(pages) > 1:  # several of one name
                name += apart(row)
            if page["apart"] and not machine:
                click.echo(page["apart"])
            found += [(row, name, one) for one in explain(hub, at, page, shown) if system in ("", one.system)]
    if machine:
        keys = ("system", "state", "text", "who", "next", "external_id", "delivery")
        say_json([{"record": row["id"], "entity": row["entity"]} | {k: getattr(one, k) for k in keys} for row, _, one in found])
        return
    for _, name, one in found:
        more = f" {one.who}. {one.next}." if one.who else ""
        click.echo(f"{name} → {one.system}: {one.text}{more}")


@queue.command()
@config
@click.option("--id", "ident", default="", help="One delivery.")
@filtered
@click.option("--preview", is_flag=True, help="Show the field changes and put nothing back.")
@click.option("--confirm-effects", "confirmed", is_flag=True, help="Also where writing sets off mails or robots.")
@as_json
def replay(path: str, ident: str, preview: bool, confirmed: bool, machine: bool, **filters: str | None) -> None:
    """Put failed, skipped or waiting deliveries back: one by --id, or all that match. A replay compares again and writes what differs then.

    It writes the quiet way where the vendor has one. Where it has none (mails of a shop, robots of a CRM), nothing is written before somebody
    agrees: with --confirm-effects, or afterwards by `sverka brake approve`.

    \b
    Examples:
      sverka queue replay --system sklad --code sku_unknown --preview
      sverka queue replay --system sklad --code sku_unknown
    """
    chosen = {name: value for name, value in {"id": ident, **filters}.items() if value}
    if not chosen:
        raise click.UsageError(t("say which: --id, --system, --entity, --error, --code or --field"))
    hub = hub_at(path)
    checked(hub, chosen)
    if preview:
        show_preview(hub, chosen, machine)
        return
    count = put_back(hub, chosen, confirmed=confirmed)
    if machine:
        say_json({"replayed": count})
    else:
        say = speech(hub)
        click.echo(
            say.many("%(n)s delivery put back.", "%(n)s deliveries put back.", count)
            if count
            else say("nothing matches: sverka queue list shows what there is")
        )


def apart(row: Mapping[str, Any]) -> str:
    """What tells a customer from others of the same name: the end of the phone, else of the record's id."""
    phone = next((str(p.get("number") or "") for p in row["data"].get("phones") or ()), "")
    return f" (…{(phone or row['id'])[-4:]})" if row["entity"] == "customer" else ""


def show_preview(hub: Hub, chosen: Mapping[str, str], machine: bool) -> None:
    with hub.store.read() as at:
        ids = views.open_ids(at, chosen, views.REPLAYABLE, limit=PREVIEWED)
        rows = views.queue(at, id=ids, limit=PREVIEWED) if ids else []
    planning.ask(hub, rows)
    with hub.store.read() as at:
        total = views.queue_count(at, most=100_000, **chosen, state=list(views.REPLAYABLE))
        found, shown = planning.preview(hub, at, ids), Shown(speech(hub), views.titles(at))
        if machine:
            say_json({"deliveries": total, "previewed": len(found), "changes": [as_data(one) for one in found]})
            return
        words = Words(hub, at, shown)
        for one in found:
            print_planned(one, words)
    say = shown.say
    click.echo(say.many("%(n)s delivery would go back.", "%(n)s deliveries would go back.", total))
    if total > len(found):
        click.echo(say("Above are %(n)s of them.", n=say.number(len(found))))


def put_back(hub: Hub, chosen: Mapping[str, str], *, confirmed: bool) -> int:
    """Replay as a run, in chunks, each with its audit row. Returns how many were put back."""
    now, count, last = hub.clock(), 0, ""
    with hub.store.write() as at:
        run = runs.begin(
            at, "replay", system=chosen.get("system", ""), actor=who(), now=now, building=True, counts={"confirmed": confirmed}
        )
    while True:
        with hub.store.state() as at:
            ids = views.open_ids(at, chosen, views.REPLAYABLE, after=last, limit=CHUNK)
            if not ids:
                runs.built(at, run)
                return count
            done = runs.put_back(hub, at, ids, run)
            cause = json.dumps(dict(chosen), ensure_ascii=False)
            did(hub, at, "replay", system=chosen.get("system", ""), entity=chosen.get("entity", ""), cause=cause, outcome=str(done))
        count, last = count + done, ids[-1]


def as_data(one: Planned) -> dict[str, Json]:
    """A planned write for programs."""
    changes = [{"path": c.path, "fields": list(c.fields), "old": c.old, "new": c.new} for c in one.changes]
    return {"system": one.system, "entity": one.entity, "record": one.record_id, "id": one.external_id, "kind": one.kind,
            "reason": speech().own(one.reason), "waits_for": dict(one.on), "ambiguous": one.ambiguous, "changes": changes}  # fmt: skip


def print_planned(one: Planned, words: Words) -> None:
    out, shown = screen(), words.shown
    reason = why_not(one, shown)
    kind = shown.say(WORDS.get(one.kind, one.kind))
    head = f"{one.system} {shown.entity(one.entity)} {words.name(one.entity, one.data)}: {kind}"
    out.print(f"{head}. {reason}" if reason else head)
    for label, old, new in words.planned(one):
        out.print(f"    {label}: {old} → {new}")


@queue.command()
@config
@click.argument("ident")
@click.option("--reason", required=True, help="Why it need not be delivered; kept in the audit log.")
def skip(path: str, ident: str, reason: str) -> None:
    """Stop trying one delivery.

    \b
    Example:
      sverka queue skip 4f0c... --reason "the customer asked us to forget the order"
    """
    hub = hub_at(path)
    with hub.store.write() as at:
        row = next(iter(views.queue(at, id=ident, limit=1)), None)
        if row is None:
            raise fail("there is no delivery %(id)s. List them: sverka queue list", id=ident)
        if not runs.skip(hub, at, [ident], reason):
            say = speech()
            raise fail("the delivery cannot be skipped: it is %(state)s; these can be: %(states)s",
                       state=say(WORDS[row["state"]]), states=", ".join(say(WORDS[one]) for one in SKIPPABLE))  # fmt: skip
        did(hub, at, "skip", system=row["system"], entity=row["entity"], record_id=row["record_id"], cause=reason, outcome="skipped")
    click.echo(speech(hub).many("%(n)s delivery skipped.", "%(n)s deliveries skipped.", 1))


@queue.command()
@config
@click.argument("ident")
@click.option("--found", "number", default="", help="It was done: the number of the document there.")
@click.option("--not-done", "again", is_flag=True, help="It was not done: make it now.")
def settle(path: str, ident: str, number: str, again: bool) -> None:
    """Say what became of a create whose answer was lost, where no list of the system shows it (code create_lost): look into the system's pages.

    \b
    Examples:
      sverka queue settle 4f0c... --found 880412
      sverka queue settle 4f0c... --not-done
    """
    if bool(number) == again:
        raise click.UsageError("say one of --found NUMBER and --not-done")
    hub = hub_at(path)
    try:
        if number:
            lost.found(hub, ident, number, actor=who())
        else:
            lost.not_done(hub, ident, actor=who())
    except Refused as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(t("kept") if number else speech().many("%(n)s delivery put back.", "%(n)s deliveries put back.", 1))


COMMANDS = [queue]
