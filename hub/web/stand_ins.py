"""Customers that seem to mean nobody: asked about, answered, and the answer turned round."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hub.decisions import stand_ins as rules
from hub.decisions.stand_ins import NOBODY, PERSON, PROPOSED
from hub.web.here import attempt, hub, needs, shown, t

stand_ins = Blueprint("stand_ins", __name__)


@stand_ins.get("/stand-ins")
@needs("viewer")
def listing() -> str:
    with hub().store.read() as at:
        found = rules.listing(at)
        return render_template(
            "stand_ins.html",
            asked=[one for one in found if one.state == PROPOSED],
            decided=[one for one in found if one.state != PROPOSED],
            configured=[(system, ", ".join(names)) for system, names in hub().settings.stand_ins.items() if names],
            shown=shown(at),
        )


@stand_ins.post("/stand-ins")
@needs("support")
def decide() -> Response:
    """Answer one, by any of its objects."""
    system, ident = request.form.get("system", "")[:100], request.form.get("ident", "")[:200]
    decision = NOBODY if request.form.get("decision") == NOBODY else PERSON
    done = t("Its receipts are without customer now.") if decision == NOBODY else t("It is a person, and is not asked about again.")
    attempt(lambda: rules.decide(hub(), system, ident, decision, actor=current_user.id), done)
    return redirect(url_for("stand_ins.listing"))
