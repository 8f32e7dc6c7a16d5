"""The page "Calls": campaigns, what each seller has, and tasks with their state and why."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from hub.calling import board
from hub.calling import book as books
from hub.web.here import hub, needs, shown

calls = Blueprint("calls", __name__)


@calls.get("/calls")
@needs("viewer")
def listing() -> str:
    campaign, everything = request.args.get("campaign", "")[:40], bool(request.args.get("all"))
    with hub().store.read() as at:
        return render_template(
            "calls.html",
            campaigns=hub().settings.campaigns.values(),
            campaign=campaign,
            everything=everything,
            tasks=board.tasks(hub(), at, campaign, closed=everything),
            loads=board.loads(hub(), at, books.open_tasks(at).values()),
            shown=shown(at),
        )
