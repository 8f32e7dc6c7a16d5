"""What would be written: counts and samples of every kind, and all of it as CSV. Nothing is written by looking."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Blueprint, Response, abort, render_template, request, stream_with_context

from hub.explain import planning
from hub.explain.in_words import Words
from hub.explain.plan_table import lines
from hub.explain.planning import Planned
from hub.explain.rules import rule
from hub.web.here import hub, needs, shown

plan = Blueprint("plan", __name__)
PATIENCE = 4.0  # seconds that a page counts; all of a big shop is in the CSV
SAMPLES = 4
MODES = ("live", "pilot")
ALWAYS = (planning.CREATES, planning.CHANGES, planning.LINKED)  # columns that say something where they are empty, too


class Bounded:
    """The plans that come within some seconds. ``whole``: those were all."""

    def __init__(self, found: Iterator[Planned], seconds: float) -> None:
        self._found, self._end, self.whole, self.records = found, time.monotonic() + seconds, True, 0

    def __iter__(self) -> Iterator[Planned]:
        for one in self._found:
            yield one
            self.records += 1
            if time.monotonic() > self._end:
                self.whole = False
                return


def chosen() -> tuple[list[str], list[str], str]:
    """Systems, entities and mode that the address asks for."""
    system, entity, mode = (request.args.get(name, "") for name in ("system", "entity", "mode"))
    if (system and system not in hub().settings.systems) or (entity and entity not in hub().settings.routes) or mode not in ("", *MODES):
        abort(404)
    return [system] if system else [], [entity] if entity else [], mode or "live"


@plan.get("/plan")
@needs("viewer")
def listing() -> str:
    systems, entities, mode = chosen()
    bounded = Bounded(planning.plan(hub(), systems, entities, mode), PATIENCE)
    counts, samples = planning.count(iter(bounded), samples=SAMPLES)
    with hub().store.read() as at:
        return render_template(
            "plan.html",
            counts=counts,
            samples={key: rows for key, rows in samples.items() if rows and key[2] not in (planning.LINKED, "ambiguous")},
            kinds=[kind for kind in (*planning.KINDS, "ambiguous") if kind in ALWAYS or any(row[kind] for row in counts.values())],
            bounded=bounded,
            asked={"system": systems[0] if systems else "", "entity": entities[0] if entities else "", "mode": mode},
            systems=list(hub().settings.systems),
            entities=list(hub().settings.routes),
            modes=MODES,
            rule=rule,
            shown=(show := shown(at)),
            words=Words(hub(), at, show),
        )


@plan.get("/plan.csv")
@needs("support")
def table() -> Response:
    """Every write as a table, sent as it is thought: a million records take no more memory than a hundred."""
    systems, entities, mode = chosen()
    with hub().store.read() as at:
        show = shown(at)
    found = planning.plan(hub(), systems, entities, mode)
    name = "-".join(["plan", *systems, *entities]) + ".csv"
    answer = Response(stream_with_context(lines(found, show)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
