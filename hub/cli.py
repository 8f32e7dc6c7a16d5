"""The ``sverka`` command."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

import mappings
from connectors.contract import Checks
from connectors.errors import ConnectorError
from hub import audit, declared, reconcile
from hub.accounts import set_user
from hub.app import Hub, build, prepare
from hub.demo import Play, judge, show
from hub.logs import configure
from hub.settings import Settings, SettingsError, load, mask
from hub.storage import states, views
from hub.supervisor import Supervisor
from mappings.examples import Echo, run_examples
from mappings.phones import numbers
from mappings.trial import try_remote

out = Console()
EXAMPLE = Path(__file__).parents[1] / "config.example.yaml"


def settings_at(path: str) -> Settings:
    """The configuration, or a message that says what to do."""
    try:
        return load(Path(path))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def hub_at(path: str) -> Hub:
    try:
        hub = build(settings_at(path))
    except mappings.MappingError as error:
        raise click.ClickException(str(error)) from error
    prepare(hub)
    return hub


config = click.option("--config", "path", default="config.yaml", show_default=True, envvar="SVERKA_CONFIG", help="The configuration file.")
as_json = click.option("--json", "machine", is_flag=True, help="Print JSON for programs.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Sverka: every system sees the same customers, orders and call outcomes."""
    configure()


@main.command()
@config
def up(path: str) -> None:
    """Start everything: web, workers, scheduler, and a Redis where REDIS_URL is not set. Example: sverka up --config config.yaml"""
    hub = hub_at(path)
    hub.store.dispose()
    supervisor = Supervisor(hub.settings, Path(path).resolve())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    supervisor.start()
    out.print(f"Sverka: http://{hub.settings.host}:{hub.settings.port}")
    try:
        supervisor.watch()
    except KeyboardInterrupt:
        pass
    finally:
        supervisor.stop()


@main.command(hidden=True)
def worker() -> None:
    """One worker process (started by `up`, or by a container)."""
    from hub import jobs

    jobs.work()


@main.command(hidden=True)
def scheduler() -> None:
    """The scheduler process (started by `up`, or by a container)."""
    from hub import jobs

    jobs.schedule()


@main.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
def init(folder: str) -> None:
    """Write a commented config.yaml and a folder for mapping overlays. Example: sverka init ."""
    target = Path(folder) / "config.yaml"
    if target.exists():
        raise click.ClickException(f"{target} exists already; it is left as it is")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(EXAMPLE.read_text())
    (target.parent / "overlays").mkdir(exist_ok=True)
    click.echo(f"Wrote {target}. Set the environment variables it names, then run: sverka check")


@main.command()
@config
@as_json
def check(path: str, machine: bool) -> None:
    """Ask every system whether the credentials work; a paused system that answers is resumed."""
    hub = hub_at(path)
    result, good = {}, True
    for name, connector in hub.connectors.items():
        health = connector.check() if isinstance(connector, Checks) else None
        result[name] = [{"name": f.name, "ok": f.ok, "ru": f.ru, "fix": f.fix_ru} for f in health.findings] if health else []
        good &= health is None or health.ok
        if health is None or health.ok:
            with hub.store.write() as at:
                states.set_values(at, name, paused="", breaker_failures=0, breaker_until=0.0)
    if machine:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        for name, findings in result.items():
            for f in findings:
                out.print(f"{'[green]✓' if f['ok'] else '[red]✗'}[/] {name}: {f['ru']} {f['fix']}")
    sys.exit(0 if good else 1)


@main.command()
@config
@click.option("--system", "systems", multiple=True, help="Only this system; may be repeated.")
@as_json
def verify(path: str, systems: tuple[str, ...], machine: bool) -> None:
    """Compare every system with the records. Exit status 1 on drift."""
    hub = hub_at(path)
    try:
        report = reconcile.verify(hub, systems)
    except ConnectorError as error:
        raise click.ClickException(f"a system did not answer: {error.message}. Run sverka check.") from error
    if machine:
        click.echo(
            json.dumps(
                {
                    "agrees": report.agrees,
                    "objects": report.objects,
                    "drift": report.drift,
                    "lost": report.lost,
                    "strangers": report.strangers,
                },
                ensure_ascii=False,
            )
        )
    else:
        table = Table("system", "objects")
        for name, count in report.objects.items():
            table.add_row(name, str(count))
        out.print(table)
        for row in [*report.drift, *report.lost, *report.strangers][:50]:
            out.print(row)
        out.print("agrees" if report.agrees else f"drift {len(report.drift)}, lost {len(report.lost)}, not linked {len(report.strangers)}")
    sys.exit(0 if report.agrees else 1)


@main.group()
def queue() -> None:
    """The retry queue: list, why, replay, skip."""


@queue.command("list")
@config
@click.option("--state", default="", help="pending, retrying, waiting, unknown, dead, done, skipped")
@click.option("--system", default="")
@as_json
def queue_list(path: str, state: str, system: str, machine: bool) -> None:
    """Deliveries, newest change first. Example: sverka queue list --state dead"""
    hub = hub_at(path)
    with hub.store.read() as at:
        rows = views.queue(at, system=system, state=state)
    if machine:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("id", "system", "entity", "record", "state", "attempts", "why")
    for r in rows:
        table.add_row(r["id"], r["system"], r["entity"], r["record_id"], r["state"], str(r["attempts"]), r["error_text"] or r["reason"])
    out.print(table)


@queue.command()
@config
@click.argument("ident")
def why(path: str, ident: str) -> None:
    """Why a delivery is where it is. Example: sverka queue why 4f0c..."""
    hub = hub_at(path)
    with hub.store.read() as at:
        row = next((r for r in views.queue(at, limit=100_000) if r["id"] == ident), None)
    if row is None:
        raise click.ClickException(f"no delivery {ident}. List them: sverka queue list")
    for name in (
        "system",
        "entity",
        "record_id",
        "state",
        "attempts",
        "error_class",
        "error_code",
        "error_field",
        "error_text",
        "reason",
        "waits_for",
    ):
        click.echo(f"{name}: {row[name]}")


@queue.command()
@config
@click.option("--id", "ident", default="")
@click.option("--system", default="")
@click.option("--entity", default="")
@click.option("--code", default="")
def replay(path: str, ident: str, system: str, entity: str, code: str) -> None:
    """Put failed deliveries back: one by --id, or all that match. Example: sverka queue replay --system sklad --code sku_unknown"""
    filters = {"id": ident, "system": system, "entity": entity, "code": code}
    if not any(filters.values()):
        raise click.ClickException("say which: --id, --system, --entity or --code")
    _operate(path, "replay", filters, "")


@queue.command()
@config
@click.argument("ident")
@click.option("--reason", required=True, help="Why it need not be delivered; kept in the audit log.")
def skip(path: str, ident: str, reason: str) -> None:
    """Stop trying one delivery."""
    _operate(path, "skip", {"id": ident}, reason)


def _operate(path: str, what: str, filters: dict[str, str], reason: str) -> None:
    hub = hub_at(path)
    now = hub.clock()
    with hub.store.write() as at:
        ids = views.open_ids(at, filters, ("dead", "skipped", "waiting", "retrying", "pending"))
        count = hub.outbox.replay(at, ids, now=now) if what == "replay" else hub.outbox.skip(at, ids, reason, now=now)
        cause = json.dumps({k: v for k, v in {**filters, "reason": reason}.items() if v}, ensure_ascii=False)
        audit.write(
            at,
            [audit.Entry(f"operator.{what}", os.environ.get("USER", "cli"), filters.get("system", ""), "", "", cause, str(count))],
            now=now,
        )
    click.echo(f"{count} deliveries")


@main.group("record")
def record_group() -> None:
    """Records."""


@record_group.command("show")
@config
@click.argument("key")
def record_show(path: str, key: str) -> None:
    """A record by id, phone, e-mail, card, order number or remote id. Example: sverka record show "8 903 123-45-67" """
    hub = hub_at(path)
    with hub.store.read() as at:
        rows = views.search(at, key, numbers(key))
        found = [page for row in rows if (page := views.record_page(at, row["id"]))]
    if not found:
        raise click.ClickException(f"nothing is known of {mask(key)}")
    for page in found:
        click.echo(
            json.dumps(
                {
                    "id": page["record"]["id"],
                    "data": page["record"]["data"],
                    "links": [{k: x[k] for k in ("system", "resource", "external_id", "role", "state")} for x in page["links"]],
                },
                ensure_ascii=False,
                indent=2,
            )
        )


@main.group("mappings")
def mappings_group() -> None:
    """The mappings: lint, test, try."""


def settings_or_none(path: str) -> Settings | None:
    """The configuration, or None where there is none yet: the shipped mappings can be looked at without."""
    return settings_at(path) if Path(path).exists() else None


def compiled(path: str) -> mappings.Mappings:
    try:
        return declared.load(settings_or_none(path))
    except mappings.MappingError as error:
        raise click.ClickException(str(error)) from error


@mappings_group.command()
@config
def lint(path: str) -> None:
    """All errors of all mappings at once, with file, line, field and fix."""
    errors = declared.lint(settings_or_none(path), Path(path))
    for error in errors:
        click.echo(str(error))
    click.echo(f"{len(errors)} errors")
    sys.exit(1 if errors else 0)


@mappings_group.command()
@config
def test(path: str) -> None:
    """Run the examples inside the mappings."""
    failures = [f for m in compiled(path).all for f in run_examples(m)]
    for failure in failures:
        click.echo(f"{failure.mapping}: {failure.example}: {failure.text}")
    click.echo(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


@mappings_group.command("try")
@config
@click.argument("connector")
@click.argument("resource")
@click.argument("file", type=click.File())
@click.option("--record", type=click.File(), help="A record as JSON: show what writing it to this object would change.")
@as_json
def try_(path: str, connector: str, resource: str, file: Any, record: Any, machine: bool) -> None:
    """Read one remote object from a JSON file (or - for standard input). Example: sverka mappings try moysklad counterparty one.json"""
    mapping = compiled(path).by(connector, resource)
    if mapping is None:
        raise click.ClickException(f"no mapping of {connector} {resource}")
    try:
        trial = try_remote(mapping, json.load(file), Echo(), json.load(record) if record else None)
    except (ValueError, TypeError) as error:
        raise click.ClickException(f"{file.name}: {error}") from error
    if machine:
        click.echo(json.dumps(asdict(trial), ensure_ascii=False, indent=2))
        return
    table = Table("field", "remote path", "there", "here", "problem", *(["would become"] if record else []))
    for row in trial.rows:
        shown = [json.dumps(v, ensure_ascii=False) if v is not None else "" for v in (row.raw, row.canonical)]
        table.add_row(
            row.field, row.path, *shown, row.problem, *(["" if row.held else json.dumps(row.back, ensure_ascii=False)] if record else [])
        )
    out.print(table)
    if not trial.applies:
        out.print("`when` leaves this object out: the mapping does not speak of it")


@main.group("audit")
def audit_group() -> None:
    """The audit log."""


@audit_group.command("verify")
@config
def audit_verify(path: str) -> None:
    """Prove that no sealed row was changed or removed. Exit status 1 where one was."""
    hub = hub_at(path)
    with hub.store.state() as at:
        audit.seal(at, now=hub.clock())
        wrong = audit.verify(at)
    for line in wrong:
        click.echo(line)
    click.echo("the audit log is whole" if not wrong else f"{len(wrong)} faults")
    sys.exit(1 if wrong else 0)


@main.group()
def user() -> None:
    """People who use the dashboard."""


@user.command("add")
@config
@click.argument("name")
@click.option("--role", type=click.Choice(["viewer", "support", "admin"]), default="viewer", show_default=True)
@click.password_option()
def user_add(path: str, name: str, role: str, password: str) -> None:
    """Add a person or change their role and password. Example: sverka user add anna --role support"""
    hub = hub_at(path)
    with hub.store.write() as at:
        set_user(at, name, password, role)
    click.echo(f"{name}: {role}")


@main.command()
@click.option("--headless", is_flag=True, help="Play a whole run, judge it, and end.")
@click.option("--seed", default=1, show_default=True)
@click.option("--customers", default=300, show_default=True)
@click.option("--orders", default=300, show_default=True)
@click.option("--calls", default=30, show_default=True, help="Calls that end in the CRM while the hub runs.")
@click.option("--edits", default=100, show_default=True)
@click.option("--faults", is_flag=True, help="Broken connections, late effects, pages of HTML, lost webhooks.")
@click.option("--kill", is_flag=True, help="Kill random processes and empty Redis meanwhile.")
@click.option("--dirt", default=1.0, show_default=True, help="Multiplies the shares of dirt in the data.")
@as_json
def demo(headless: bool, machine: bool, **chosen: Any) -> None:
    """A sandbox shop and a hub between its systems. Example: sverka demo --headless --seed 7 --customers 200 --orders 200 --edits 50 --json"""
    play = Play(**chosen)
    if not headless:
        show(play)
        return
    result = judge(play)
    click.echo(json.dumps(result, ensure_ascii=False) if machine else json.dumps(result, ensure_ascii=False, indent=2))
    sys.exit(0 if result["passed"] else 1)
