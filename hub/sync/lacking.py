"""What a delivery waits for whose record names others that its system does not have. Reads the queue, changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from hub.entities import FACTS
from hub.storage import views
from hub.sync.pilot import LEFT_OUT
from mappings import FieldProblem
from retry_queue.contract import OPEN, Delivery, Ending, Skip, Wait

Json = Any
RECHECK = 5.0
TURN = 300.0  # seconds after which somebody is looked for again who stands in the same run's queue; who comes wakes what waits
REFUSED = 3600.0  # seconds after which a fact is seen again whose customer was refused there or is not told there; it is woken when they are there after all
AFTER = "after"  # the field of a fact that says only in which order facts go
UNPOSTED = "what it is of was not posted"


class Lacking:
    """Asks how the deliveries of the missing stand. ``reference_wait``: seconds for which a delivery may wait for them. The problems are those of
    fields that name a record which is not there."""

    def __init__(self, at: Connection, system: str, now: float, reference_wait: float) -> None:
        self.at, self.system, self.now, self.reference_wait = at, system, now, reference_wait
        self.piloted = False
        self.rows: dict[str, dict[str, Json] | None] = {}
        self.first: set[str] = set()  # records that a pilot's orders need first, though they were left out before

    def of_money(self, entity: str, problems: Sequence[FieldProblem]) -> Ending | None:
        """What a fact waits for. A return of what is not posted is not posted either; a fact that goes after one that is not goes now."""
        for p in problems:
            _, of, record_id = p.needs or ("", "", "")
            state, _ = self._standing(record_id)
            if of != entity or state != "skipped":
                return Wait({"ref": record_id, "entity": of, "field": p.field}, REFUSED if state in ("dead", "skipped") else RECHECK)
            if p.field != AFTER:
                return Skip(UNPOSTED)
        return None

    def patience(self, delivery: Delivery, problems: Sequence[FieldProblem]) -> Wait | None:
        """To wait: only while what is missing may still come, and no longer than the configured time. As long as it takes waits a fact, which is told
        of nobody or not at all, and what a run brings while the same run has yet to come to what is missing: within a vendor's limits a large
        first load takes hours, and every order that went ahead of its customer would be written twice."""
        waited = self.now - delivery.opened_at
        patient = delivery.entity in FACTS or waited < self.reference_wait
        later = self.later(problems) if patient or delivery.run else None
        if later is None:
            return None
        if delivery.run and self._in_turn(delivery.run, later.on["ref"]):
            return Wait(later.on, TURN)
        return Wait(later.on, RECHECK if waited > RECHECK else 1.0) if patient else None

    def later(self, problems: Sequence[FieldProblem]) -> Wait | None:
        """What may still come completes the object once it does: the delivery waits for it, though the rest is written meanwhile."""
        for p in problems:
            _, entity, record_id = p.needs or ("", "", "")
            state, reason = self._standing(record_id)
            if self.piloted and state == "skipped" and reason == LEFT_OUT:
                self.first.add(record_id)
                state = "pending"
            if state in OPEN:
                return Wait({"ref": record_id, "entity": entity, "field": p.field}, RECHECK)
        return None

    def _in_turn(self, run: str, record_id: str) -> bool:
        """Whether a record stands in the queue of a run, and nothing has failed that is its own."""
        row = self._row(record_id)
        return row is not None and row["run"] == run and row["state"] in OPEN and row["state"] != "waiting" and not row["attempts"]

    def _standing(self, record_id: str) -> tuple[str, str]:
        """(state, reason) of the delivery of a record to the system; empty where there is none."""
        row = self._row(record_id)
        return (row["state"], row["reason"]) if row else ("", "")

    def _row(self, record_id: str) -> dict[str, Json] | None:
        """The delivery of a record, read once: a batch asks of it for each of its orders, and twice of those of a run."""
        if record_id not in self.rows:
            self.rows[record_id] = next(iter(views.queue(self.at, system=self.system, records=[record_id], limit=1)), None)
        return self.rows[record_id]
