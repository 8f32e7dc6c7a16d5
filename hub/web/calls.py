"""The page "Calls": campaigns, what each seller has, and tasks with their state and why."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.app import Hub
from hub.calling import board, callback, desk
from hub.calling import book as books
from hub.language.refused import Refused
from hub.web.here import hub, needs, say, shown, t
from mappings.phones import numbers

Json = Any
calls = Blueprint("calls", __name__)


@dataclass(frozen=True, slots=True)
class Callback:
    """What the page of a customer offers. ``key``: of this page, so that pressing twice orders once. ``agents``: employee -> name."""

    key: str
    agents: dict[str, str]
    phones: list[str]


def callback_of(chosen: Hub, at: Connection, data: Mapping[str, Json]) -> Callback | None:
    """What it takes to have this customer rung; None where no exchange does that, or she has no number."""
    system = callback.exchange_of(chosen)
    phones = [one["number"] for one in data.get("phones") or () if not one.get("invalid")]
    found = callback.agents(at, system) if system and phones else {}
    return Callback(uuid.uuid4().hex, found, phones) if found else None


@calls.post("/calls/deal")
@needs("support")
def deal() -> Response:
    """Close and deal now, after somebody was marked as away, or was given a store; the workers give out what was dealt in seconds."""
    count = desk.deal(hub())
    flash(t("Tasks changed: %(count)s.", count=say().number(count)), "success")
    return redirect(url_for("calls.listing", campaign=request.form.get("campaign", "")[:40] or None))


@calls.post("/records/<record_id>/callback")
@needs("support")
def ring(record_id: str) -> Response:
    """Have an employee and then the customer rung."""
    key, agent = request.form.get("key", "")[:64], request.form.get("agent", "")[:100]
    phone = next(iter(numbers(request.form.get("phone", "")[:50])), "")
    try:
        ident, new = callback.order(hub(), callback.Wish(f"page|{record_id}|{key}", agent, phone, record_id), actor=current_user.id)
    except Refused as why:
        flash(why.told(say()), "danger")
        return redirect(url_for("pages.record", record_id=record_id))
    flash(
        t("The call is ordered: the employee is rung first.") if new else t("This call was ordered before, and is not ordered twice."),
        "success",
    )
    return redirect(url_for("pages.record", record_id=ident))


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
