"""Starting the hub, its single processes, and the demo."""

from __future__ import annotations

import json
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from hub.cli.shared import as_json, config, fail, hub_at, say_json
from hub.demo import FLOWS, Play, judge, judge_flows, show
from hub.processes.redis_server import NoRedis
from hub.processes.supervisor import Supervisor


@click.command()
@config
def up(path: str) -> None:
    """Start everything: web, workers, scheduler, and a Redis where REDIS_URL is not set.

    \b
    Examples:
      sverka up
      sverka up --config /etc/sverka/config.yaml
    """
    hub = hub_at(path)
    hub.store.dispose()
    supervisor = Supervisor(hub.settings, Path(path).resolve())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        supervisor.start()
        click.echo(f"Sverka: http://{hub.settings.host}:{hub.settings.port}")
        supervisor.watch()
    except NoRedis as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        pass
    finally:
        supervisor.stop()


@click.command(hidden=True)
def worker() -> None:
    """One worker process (started by `up`, or by a container)."""
    from hub.jobs.worker import work

    work()


@click.command(hidden=True)
def scheduler() -> None:
    """The scheduler process (started by `up`, or by a container)."""
    from hub.jobs.scheduler import schedule

    schedule()


@click.command()
@click.option("--headless", is_flag=True, help="Play a whole run, judge it, and end.")
@click.option("--seed", default=1, show_default=True)
@click.option("--customers", type=click.IntRange(min=0), default=300, show_default=True)
@click.option("--orders", type=click.IntRange(min=0), default=300, show_default=True)
@click.option("--calls", type=click.IntRange(min=0), default=30, show_default=True, help="Calls that end in the CRM while the hub runs.")
@click.option("--edits", type=click.IntRange(min=0), default=100, show_default=True)
@click.option("--faults", is_flag=True, help="Broken connections, late effects, pages of HTML, lost webhooks.")
@click.option("--kill", is_flag=True, help="Kill random processes and empty Redis meanwhile.")
@click.option("--dirt", type=click.FloatRange(min=0), default=1.0, show_default=True, help="Multiplies the shares of dirt in the data.")
@click.option("--connected", is_flag=True, help="Another program connected the systems years ago; the first day is judged, too.")
@click.option(
    "--flows",
    default="",
    callback=lambda *given: _flows(given[2]),
    help="Judge these flows of the business instead: F1,F2,F3,F4,F5,F6,F6-DEALS,F7,F8,F9,F10.",
)
@click.option(
    "--systems",
    default="",
    help="The systems or vendors that take part: of the judged shop sklad, crm, site, retail, uchet, loyalty; with --flows, a flow that lacks one fails.",
)
@as_json
def demo(headless: bool, machine: bool, flows: list[str], systems: str, **chosen: Any) -> None:
    """A sandbox shop and a hub between its systems: to look at, or judged and ended with --headless.

    \b
    Examples:
      sverka demo
      sverka demo --headless --seed 7 --customers 200 --orders 200 --edits 50 --faults --json
      sverka demo --headless --systems sklad,crm,site,retail,uchet,loyalty --customers 100 --json
      sverka demo --headless --connected --customers 500 --orders 300 --json
      sverka demo --headless --flows F1,F2,F3,F5 --customers 20 --faults --kill --json
    """
    if find_spec("sandbox") is None:  # so it is in the containers' image
        raise fail("the demo needs the folder sandbox/, which is not here; take a clone of Sverka and run `make run` in it")
    play = Play(**chosen)
    if not headless:
        show(play)
        return
    named = [name for name in systems.split(",") if name]
    try:
        result = judge_flows(play, flows, named) if flows else judge(play, named)
    except KeyError as error:
        raise click.BadParameter(error.args[0], param_hint="--systems") from None
    if machine:
        say_json(result)
    else:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    sys.exit(0 if result["passed"] else 1)


def _flows(text: str) -> list[str]:
    names = [name.strip().upper() for name in text.split(",") if name.strip()]
    if unknown := sorted(set(names) - FLOWS.keys()):
        raise click.BadParameter(f"no flow is called {', '.join(unknown)}; there are {', '.join(FLOWS)}")
    return names


COMMANDS = [up, worker, scheduler, demo]
