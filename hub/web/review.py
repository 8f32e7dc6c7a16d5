"""What waits for a person's decision (duplicates, conflicts, unread objects), and the audit log. Read only."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from hub.decisions import stand_ins
from hub.storage import views
from hub.web.here import PAGE, hub, needs, shown
from hub.words.audit import because
from hub.words.conflicts import who
from hub.words.duplicates import why

review = Blueprint("review", __name__)


@review.get("/review")
@needs("viewer")
def listing() -> str:
    with hub().store.read() as at:
        pairs, conflicts = views.duplicates(at), views.conflicts(at)
        ids = [one for pair in pairs for one in (pair["record_a"], pair["record_b"])] + [row["record_id"] for row in conflicts]
        entities = {row["id"]: row["entity"] for row in views.entities_of(at, ids)}
        return render_template(
            "review.html",
            pairs=pairs,
            conflicts=conflicts,
            parked=views.parked_objects(at),
            nobodies=len(stand_ins.listing(at, stand_ins.PROPOSED)),
            names=views.data_of(at, ids),
            why=why,
            who=who,
            entities=entities,
            shown=shown(at),
        )


@review.get("/audit")
@needs("viewer")
def audit() -> str:
    filters = {name: request.args.get(name, "").strip()[:200] for name in ("action", "actor", "system", "record_id")}
    before = max(0, request.args.get("before", 0, type=int) or 0)
    with hub().store.read() as at:
        rows = views.audit_rows(at, before=before, limit=PAGE + 1, **filters)
        more = len(rows) > PAGE
        return render_template(
            "audit.html",
            rows=rows[:PAGE],
            because=because,
            more=rows[PAGE - 1]["id"] if more else 0,
            filters=filters,
            sealed=views.sealed(at),
            shown=shown(at),
            systems=list(hub().settings.systems),
        )
