"""Duplicates: pairs that may be one person, decided one by one or by rule; records merged and split by hand, and both undone."""

from __future__ import annotations

import sys
from typing import Any

import click
from sqlalchemy import Connection

from hub.app import Hub
from hub.cli.records import one_of
from hub.cli.ruling import Ruling, apply, preview
from hub.cli.shared import Group, as_json, config, fail, hub_at, refusals, say_json, speech, t, who
from hub.decisions import duplicates as rules
from hub.language import N_
from hub.language.shown import Shown
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage import unions, views
from hub.sync import uniting
from hub.words import duplicates as duplicate_words

Json = Any
DONE = {"merge": N_("made one"), "split": N_("made two"), "kept apart": N_("kept apart")}
DECISIONS = click.Choice([unions.SAME, unions.DIFFERENT])


@click.group(cls=Group)
def duplicates() -> None:
    """Pairs of customers that may be one person: shown by what they have alike, decided one by one or by rule."""


@duplicates.command("list")
@config
@click.option("--alike", default="", help="Only pairs of this group, as phone+same-name.")
@as_json
def listing(path: str, alike: str, machine: bool) -> None:
    """Open pairs, by what they have alike, the largest group first.

    \b
    Examples:
      sverka duplicates list
      sverka duplicates list --alike phone+no-name --json
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        found = [g for g in rules.groups(at) if alike in ("", g.key)]
        names, shown = _names(at, found), Shown(speech(hub), views.titles(at))
    if machine:
        say_json([{"alike": g.key, "count": len(g.pairs), "pairs": [_short(pair) for pair in g.pairs]} for g in found])
        return
    for group in found:
        click.echo(f"{group.key}: {len(group.pairs)}  ({duplicate_words.heading(group, shown)})")
        for pair in group.pairs if alike else group.samples:
            one, other = (shown.name(pair["entity"], names.get(pair[key], {})) for key in ("record_a", "record_b"))
            click.echo(f"  {pair['id']}  {one} | {other}  ({duplicate_words.why(shown.say, pair['reason'])})")
    if not found:
        click.echo(shown.say("No two records look like one person."))


@duplicates.command()
@config
@click.argument("pair")
@click.argument("decision", type=DECISIONS)
def decide(path: str, pair: str, decision: str) -> None:
    """Decide one PAIR: `same` makes the two records one, `different` keeps them apart and is never asked again.

    \b
    Examples:
      sverka duplicates decide 3f0c… same
      sverka duplicates decide 3f0c… different
    """
    hub = hub_at(path)
    with refusals():
        rules.decide(hub, pair, decision, actor=who())
    click.echo(f"{pair}: {t(duplicate_words.ANSWERS[decision])}")


@duplicates.command()
@config
@click.argument("alike")
@click.argument("decision", type=DECISIONS)
@click.option("--apply", "really", is_flag=True, help="Do it; without, the pairs are counted and a sample is shown.")
@as_json
def rule(path: str, alike: str, decision: str, really: bool, machine: bool) -> None:
    """Decide all pairs that have the same ALIKE. Without --apply nothing changes: the count and a sample are shown.

    \b
    Examples:
      sverka duplicates rule phone+same-name same
      sverka duplicates rule phone+other-name different --apply
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        group = next((g for g in rules.groups(at) if g.key == alike), None)
        names, shown = _names(at, [group] if group else []), Shown(speech(hub), views.titles(at))
    if group is None:
        raise fail("no open pair has “%(alike)s” alike: sverka duplicates list", alike=alike)
    lines = [" | ".join(shown.name(pair["entity"], names.get(pair[key], {})) for key in ("record_a", "record_b")) for pair in group.samples]
    ruling = Ruling(
        {"alike": alike, "decision": decision},
        shown.say(duplicate_words.ANSWERS[decision]),
        len(group.pairs),
        [_short(pair) for pair in group.samples],
        lines,
    )
    if really:
        apply(ruling, lambda: rules.decide_group(hub, alike, decision, actor=who()), machine)
    else:
        preview(ruling, machine)


@duplicates.command()
@config
@as_json
def steps(path: str, machine: bool) -> None:
    """The latest merges, splits and pairs kept apart that stand, each with the id by which `sverka duplicates undo` takes it back.

    \b
    Example:
      sverka duplicates steps
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        found, shown = [*unions.steps(at), *map(_as_step, unions.apart(at))], Shown(speech(hub), views.titles(at))
        names = views.data_of(at, [row[key] for row in found for key in ("kept", "other")])
    found.sort(key=lambda row: -row["at"])
    if machine:
        say_json([{name: row[name] for name in ("id", "kind", "kept", "other", "actor", "at")} for row in found])
        return
    for row in found:
        one, other = (shown.name(row["entity"], names.get(row[key], {})) for key in ("kept", "other"))
        kind = shown.say(DONE.get(row["kind"], row["kind"]))
        click.echo(
            f"{row['id']}  {kind}  {one} | {other}  {shown.say.moment(row['at'])}  {duplicate_words.decider(shown.say, row['actor'])}"
        )
    if not found:
        click.echo(t("nothing has been decided, merged or split"))


@duplicates.command()
@config
@click.argument("step")
@click.option("--whole", is_flag=True, help="All that was decided by the same rule as STEP.")
def undo(path: str, step: str, whole: bool) -> None:
    """Take a merge or a split back by its STEP; a pair kept apart is asked about again.

    \b
    Examples:
      sverka duplicates steps
      sverka duplicates undo 0193…
      sverka duplicates undo 0193… --whole
    """
    hub = hub_at(path)
    if whole:
        done, refused = rules.undo_together(hub, step, actor=who())
        click.echo(t("%(n)s undone", n=done))
        for why in refused:
            click.echo(why.told(speech()), err=True)
        sys.exit(1 if refused or not done else 0)
    with hub.store.read() as at:
        of_pair = unions.pair(at, step)
    with refusals():
        if of_pair is not None:
            rules.again(hub, step, actor=who())
        else:
            uniting.undo(hub, step, actor=who())
    click.echo(t("%(step)s: taken back", step=step))


@click.command()
@config
@click.argument("keep")
@click.argument("other")
@as_json
def merge(path: str, keep: str, other: str, machine: bool) -> None:
    """Make one record of two customers: OTHER goes into KEEP with all its objects, orders and calls. Each is named by its id or by what it is
    found by: a phone, a card, an e-mail address.

    \b
    Examples:
      sverka merge 0193a… 0193b…
      sverka merge "8 903 123-45-67" 2700000011
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        kept, gone = _customer(hub, at, keep), _customer(hub, at, other)
    with refusals():
        step = uniting.merge(hub, kept, gone, actor=who())
    say_json({"step": step}) if machine else click.echo(t("merged; to take it back: sverka duplicates undo %(step)s", step=step))


@click.command()
@config
@click.argument("record")
@click.argument("objects", nargs=-1, required=True)
@as_json
def split(path: str, record: str, objects: tuple[str, ...], machine: bool) -> None:
    """Make a record of its own of some OBJECTS of a RECORD, named as system:id: they are another person's. The record is named by its id or by
    what it is found by.

    \b
    Examples:
      sverka split 0193a… site:17 crm:204
      sverka split "8 903 123-45-67" site:17
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        record = _customer(hub, at, record)
        links = link_rows.by_records(at, [record])[record] if record in record_rows.load(at, [record]) else []
    by_name = {f"{x.system}:{x.external_id}": x.id for x in links}
    if unknown := [name for name in objects if name not in by_name]:
        raise fail(
            "record %(record)s has no object %(names)s; it has: %(known)s",
            record=record,
            names=", ".join(unknown),
            known=", ".join(sorted(by_name)) or "—",
        )
    with refusals():
        step = uniting.split(hub, record, [by_name[name] for name in objects], actor=who())
    say_json({"step": step}) if machine else click.echo(t("split; to take it back: sverka duplicates undo %(step)s", step=step))


def _customer(hub: Hub, at: Connection, key: str) -> str:
    """The record that a person means: an id as it stands, else what finds one customer."""
    return key if record_rows.load(at, [key]) else one_of(hub, at, "customer", key)


def _as_step(pair: dict[str, Json]) -> dict[str, Json]:
    """A pair kept apart, as one more thing that can be taken back."""
    return {"id": pair["id"], "entity": pair["entity"], "kind": "kept apart", "kept": pair["record_a"], "other": pair["record_b"], "actor": pair["decided_by"], "at": pair["decided_at"]}  # fmt: skip


def _names(at: Any, found: list[rules.Group]) -> dict[str, Json]:
    return views.data_of(at, [pair[key] for g in found for pair in g.pairs for key in ("record_a", "record_b")])


def _short(pair: dict[str, Json]) -> dict[str, Json]:
    return {name: pair[name] for name in ("id", "record_a", "record_b", "reason", "opened_at")}


COMMANDS = [duplicates, merge, split]
