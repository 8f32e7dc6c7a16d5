"""The jobs: one function a kind. Each claims what it works on from the database, for one turn."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from connectors.contract import Subscribes
from connectors.errors import ConnectorError
from hub.app import Hub
from hub.audiences import uploading
from hub.calling import desk, requests
from hub.decisions import directories, stand_ins
from hub.jobs.process import stopping
from hub.jobs.turn import LONGEST, Turn, alone, alone_while_alive
from hub.keeping.purge import purge
from hub.storage import inbox, states
from hub.sync import lists, rounds
from hub.sync.deliver import Deliverer
from hub.sync.intake import BATCH, Intake
from hub.sync.poll import poll
from hub.sync.rebuild import advance
from hub.systems import fingerprints
from hub.verify import habit
from hub.watch import alerts

log = structlog.get_logger()
POLLING = 60  # seconds that the right to poll outlives its holder's last page


def _intake(hub: Hub, system: str) -> None:
    """A system's rows. Those of a load give way after each batch to the others' changes of the day."""

    def batch() -> int:
        taken = Intake(hub).take(system)
        with hub.store.read_intake() as at:
            pressing = inbox.due(at, now=hub.clock(), priorities=[inbox.LIVE]) if taken else []
        return 0 if pressing and system not in pressing else taken

    Turn().repeat(batch, BATCH)


def _identify(hub: Hub) -> None:
    Turn().repeat(Intake(hub).identify, BATCH)


def _files(hub: Hub, system: str) -> None:
    """The files of one system, one after the other: to break off costs reading them again, so only the end of the process does it."""
    rounds.work(hub, system, lambda: not stopping.is_set())


def _drain(hub: Hub, system: str) -> None:
    Deliverer(hub, system).drain(more=Turn().more)


def _poll(hub: Hub, system: str, resource: str) -> None:
    """One turn of a poll. A sweep of a million objects takes many: each goes on from the cursor of the last page, and is woken again by
    the scheduler for as long as the sweep has not come to its end."""
    alone(f"polling:{system}:{resource}", POLLING, lambda more: poll(hub, system, resource, more=more))


def _audience(hub: Hub, name: str, system: str) -> None:
    """One turn of an audience: a killed one is seen at the next look."""
    if audience := hub.settings.audiences.get(name):
        alone_while_alive(f"audience:{name}:{system}", uploading.Uploading(hub, audience, system).turn)


def _verify(hub: Hub, system: str, resource: str) -> None:
    """One turn of a comparison, like one of a poll."""
    alone(f"verifying:{system}:{resource}", LONGEST, lambda more: habit.step(hub, system, resource, more))


def _subscribe(hub: Hub, system: str) -> None:
    chosen, connector = hub.settings.systems[system], hub.connectors[system]
    if chosen.webhooks and chosen.webhook_secret and isinstance(connector, Subscribes):
        outcome: dict[str, str] = {}
        try:
            if repaired := connector.subscribe(_webhook_url(hub, system)).repaired:
                log.info("subscribe.repaired", system=system, topics=repaired)  # the vendor had none of these, or had switched them off
        except ConnectorError as error:
            log.warning("subscribe.failed", system=system, error=type(error).__name__)
            outcome = {"error": error.kept[:600], "code": error.code}
        with hub.store.write() as at:
            states.set_values(at, system, webhooks=outcome)


def _webhook_url(hub: Hub, system: str) -> str:
    """Where a vendor sends this system's webhooks; the last part is its secret."""
    return f"{hub.settings.public_url.rstrip('/')}/webhooks/{system}/{hub.settings.systems[system].webhook_secret}"


def _settle(hub: Hub) -> None:
    turn = Turn()
    directories.settle(hub, turn.more)
    stand_ins.settle(hub, turn.more)


def _discover(hub: Hub) -> None:
    stand_ins.discover(hub, Turn().more, names=False)


def _lists(hub: Hub, system: str) -> None:
    lists.read(hub, system)
    try:
        fingerprints.recognise(hub, system)
    except ConnectorError as error:
        log.warning("base.unknown", system=system, error=type(error).__name__)


def _purge(hub: Hub) -> None:
    purge(hub, more=Turn().more)


def _calls_due(hub: Hub) -> None:
    def work(more: Callable[[], bool]) -> None:
        while desk.step(hub) and more():
            pass

    alone_while_alive("calling", work)


def _wanted(hub: Hub) -> None:
    requests.of_segments(hub)
    requests.of_carts(hub)


JOBS: dict[str, Callable[..., object]] = {
    "intake": _intake,
    "identify": _identify,
    "files": _files,
    "recheck": lambda hub: Intake(hub).recheck(),
    "drain": _drain,
    "poll": _poll,
    "subscribe": _subscribe,
    "settle": _settle,
    "discover": _discover,
    "lists": _lists,
    "watch": alerts.watch,
    "purge": _purge,
    "restore": advance,
    "verify": _verify,
    "calls": _calls_due,
    "wanted": _wanted,
    "audience": _audience,
}
