"""Before a person is created: does the system have them already, typed there since the hub last looked? Asked by their match keys, in the batches in
which creates go out; what is found is a look like any other. Not before creates of a run: a first load has read all objects."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from connectors.errors import ConnectorError, Unauthorized, Unavailable
from hub.storage import links as link_rows
from hub.sync.batch import RawLook
from hub.sync.draft import Draft
from hub.sync.endings import Endings, put_off
from hub.sync.faults import is_fault, told
from hub.sync.made import bearing_keys
from hub.sync.scale import Braked
from hub.sync.target import Target
from retry_queue.contract import BULK, Again, Ending, Failure

log = structlog.get_logger()


class Beforehand:
    """Asks one system before it creates."""

    def __init__(self, target: Target, endings: Endings) -> None:
        self.target, self.endings = target, endings
        self.hub, self.system = target.hub, target.system

    def unknown(self, resource: str, drafts: Sequence[Draft]) -> list[Draft]:
        """The drafts without creates of those whom the system has: they are linked by now, and their deliveries come back as changes. Where it does
        not answer, creates wait; a refusal to answer (a right that lacks) holds up none."""
        kinds = self.hub.resource(self.system, resource).found_by
        new = [d for d in drafts if d.link is None and d.delivery.lane != BULK and not d.delivery.run]
        if not kinds or not new:
            return list(drafts)
        started = self.hub.clock()
        try:
            with told(self.target.connector, self.system, resource, "beforehand.escaped"):
                found = bearing_keys(self.target.connector, resource, kinds, new)
            if found:
                self.target.absorb([RawLook(self.system, resource, r.data, r.representation, started) for r in found])
        except (Unavailable, Unauthorized) as error:
            if is_fault(error) and len(drafts) > 1:
                return [draft for one in drafts for draft in self.unknown(resource, [one])]
            self.endings.failed(error)
            return self._without(drafts, new, put_off(error))
        except ConnectorError as error:
            log.warning("beforehand.refused", system=self.system, resource=resource, error=type(error).__name__, code=error.code)
            return list(drafts)
        except Braked as stopped:
            self.endings.stop(stopped, new)
            return [d for d in drafts if d not in new]
        return self._without(drafts, self._linked(new) if found else [], Again(Failure(""), after=0.0, counts=False))

    def _linked(self, drafts: Sequence[Draft]) -> list[Draft]:
        with self.hub.store.read() as at:
            known = link_rows.primaries(at, self.system, [d.delivery.record_id for d in drafts])
        return [d for d in drafts if d.delivery.record_id in known]

    def _without(self, drafts: Sequence[Draft], these: Sequence[Draft], ending: Ending) -> list[Draft]:
        self.endings.end([(d, ending) for d in these])
        ended = {d.delivery.id for d in these}
        return [d for d in drafts if d.delivery.id not in ended]
