"""A person's right to be forgotten: erasing, the certificates, and letting one in again who came back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

import click

from hub.cli.records import one_of, record
from hub.cli.shared import as_json, config, hub_at, refusals, say_json, speech, t, who
from hub.keeping import erasure
from hub.language import Speech
from hub.words.erasure import lines

Json = Any


@record.command()
@config
@click.argument("key")
@click.option("--reason", default="", help="Why, for the certificate: the request's number and day. No name: it is kept.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--output", "-o", type=click.File("w"), help="Also write the certificate to this file, as JSON.")
@click.option("--no-proof", is_flag=True, help="Do not look through all tables afterwards (minutes in a base of millions).")
@as_json
def erase(path: str, key: str, reason: str, yes: bool, output: IO[str] | None, no_proof: bool, machine: bool) -> None:
    """Erase a customer by law: from records, links, match keys, inbox, queue, samples of brakes and the values of the audit log, and the
    personal fields of her orders and calls. The chain of the audit log stays proven.

    The systems' own objects are left: erase them there, the certificate names them. Until then nothing of the person is read in again.
    Backups made before still hold her: delete them when their time is over; put back, they are erased again.

    \b
    Examples:
      sverka record erase "8 (903) 123-45-67" --reason "request 14 of 25.11.2026" -o certificate.json
      sverka record erase 0193… --yes --json
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        ident = one_of(hub, at, "customer", key)
        person = erasure.person_of(hub, at, ident)
    if not yes and not machine:
        about = {"id": ident, "objects": len(person.objects), "others": len(person.others)}
        click.confirm(
            t("Erase customer %(id)s (objects %(objects)s, orders and calls %(others)s)? It cannot be taken back", **about), abort=True
        )
    with refusals():
        told = erasure.erase(hub, ident, actor=who(), reason=reason, prove=not no_proof)
    if output:
        output.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    if machine:
        say_json(told)
    else:
        show(told, speech(hub))


def show(told: Mapping[str, Json], say: Speech) -> None:
    """The certificate in words."""
    for line in lines(told, say):
        click.echo(line)
    for one in told["objects"]:
        click.echo(f"  {one['system']} {one['resource']} {one['id']}")


@record.command("erased")
@config
@as_json
def listing(path: str, machine: bool) -> None:
    """The certificates of those who were erased, and how many of their objects were kept out since.

    \b
    Example:
      sverka record erased --json
    """
    hub = hub_at(path)
    with hub.store.read() as at:
        rows = erasure.erased(at)
    if machine:
        say_json(rows)
        return
    say = speech(hub)
    for row in rows:
        state = say("let in again") if row["readmitted"] else say("objects kept out since: %(n)s", n=say.number(row["kept_out"]))
        click.echo(f"{row['certificate']}  {say.moment(row['at'])}  {row['actor']}  {state}  {row.get('reason', '')}".rstrip())
    if not rows:
        click.echo(say("Nobody was erased."))


@record.command()
@config
@click.argument("certificate")
def readmit(path: str, certificate: str) -> None:
    """Let an erased person in again, who came back and agreed anew: what the systems have is read as of somebody unknown.

    \b
    Example:
      sverka record readmit 0193…
    """
    hub = hub_at(path)
    with refusals():
        count = erasure.readmit(hub, certificate, actor=who())
    click.echo(t("Objects that are looked at anew: %(n)s", n=count))


COMMANDS: list[click.Command] = []  # they belong to the group of records
