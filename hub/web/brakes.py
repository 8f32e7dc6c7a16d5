"""Brakes: what is held back, a sample of it, and the two answers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.decisions import brakes as answers
from hub.language.shown import Shown
from hub.storage import brakes as rows
from hub.storage import states, views
from hub.sync import runs
from hub.web.here import back, did, hub, needs, shown, t
from hub.words import brakes as brake_words

brakes = Blueprint("brakes", __name__)


@brakes.get("/brakes")
@needs("viewer")
def listing() -> str:
    with hub().store.read() as at:
        show = shown(at)
        on, names = questions(at, show)
        past = [row | {"title": brake_words.title(row, show)} for row in rows.latest(at) if row["decision"]][:20]
    return render_template("brakes.html", on=on, past=past, names=names, shown=show)


def questions(at: Connection, show: Shown) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """(the open questions in words, record id -> data of what their samples name)."""
    on = rows.undecided(at)
    known = runs.by_ids(at, sorted({row["run"] for row in on if row["run"]})) if on else {}
    return [_told(row, answers.beside(hub(), at, row), known, show) for row in on], views.data_of(
        at, [one["record"] for row in on for one in row["sample"]]
    )


def _told(row: dict[str, Any], beside: list[dict[str, Any]], known: dict[str, Any], show: Any) -> dict[str, Any]:
    yes, no = brake_words.answers(row, show)
    words = {
        "sampled": brake_words.sampled(row),
        "title": brake_words.title(row, show),
        "measure": brake_words.measure(row, show),
        "others": brake_words.others(beside, show),
        "switch": brake_words.switch(hub(), [row, *beside], show),
    }
    run = str(known.get(row["run"], {}).get("kind", "activation" if row["way"] == "merge" else ""))
    return row | words | {"yes": yes, "no": no, "cause": brake_words.run_of(run, show), "held": answers.held_rows(hub(), row)}


@brakes.post("/brakes/<ident>")
@needs("support")
def decide(ident: str) -> Response:
    """approve | refuse, effective at once and audited."""
    decision = request.form.get("decision", "")
    if decision not in (answers.APPROVE, answers.REFUSE):
        flash(t("Press one of the two answers."), "danger")
        return back("brakes.listing")
    try:
        answers.decide(hub(), ident, decision, actor=current_user.id)
    except answers.Gone:
        flash(t("Somebody has answered this already."), "warning")
    else:
        flash(t("Approved: it goes on.") if decision == answers.APPROVE else t("Refused."), "success")
    return back("brakes.listing")


@brakes.post("/systems/<system>/hush")
@needs("admin")
def hush(system: str) -> Response:
    """A person says whether the side effects are switched off in the system by hand."""
    off = request.form.get("hushed") == "1"
    if system in hub().settings.systems:
        with hub().store.write() as at:
            states.set_values(at, system, hushed=current_user.id if off else "")
            did(at, "hush", system=system, outcome="off by hand" if off else "on again")
    return redirect(url_for("systems.listing"))
