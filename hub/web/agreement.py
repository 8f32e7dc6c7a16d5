"""How far it is known that systems agree: comparisons, what they found and why, and what a restored backup holds."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hub.language.refused import Refused
from hub.storage import restoration, states, verifications
from hub.sync import rebuild
from hub.verify import habit
from hub.web.here import PAGE, did, hub, needs, say, shown, t
from hub.words import drift as drift_words

agreement = Blueprint("agreement", __name__)
FOUND = ("changed", "owed", "absent", "stranger", "lost")


@agreement.get("/agreement")
@needs("viewer")
def listing() -> str:
    system = request.args.get("system", "")
    before = request.args.get("before", 0, type=int) or 0
    with hub().store.read() as at:
        rows, known = verifications.every(at), states.all_states(at)
        drifts = verifications.drifts(at, system=system, before=before, limit=PAGE + 1)
        restored, show = restoration.current(at), shown(at)
    comparisons = []
    for name in hub().settings.systems:
        for resource in hub().resources(name):
            row = rows.get((name, resource), {})
            last = dict(row.get("last") or {})
            entity = hub().resource(name, resource).entity
            found = sum(int(last.get(kind, 0)) for kind in FOUND)
            every = hub().settings.verify.interval(name, resource)
            verified = (known.get(name, {}).get("verified") or {}).get(entity)
            place = {"system": name, "resource": resource, "entity": entity, "every": every}
            comparisons.append(place | {"row": row, "last": last, "found": found, "verified": verified})
    more = drifts[PAGE - 1]["id"] if len(drifts) > PAGE else 0
    told = [(row, drift_words.sentence(row, say())) for row in drifts[:PAGE]]
    words = {"kinds": drift_words.KINDS, "done": drift_words.DONE, "shown": show}
    return render_template("agreement.html", comparisons=comparisons, drifts=told, restored=restored, system=system, more=more, **words)


@agreement.post("/agreement/<system>/<resource>")
@needs("support")
def compare(system: str, resource: str) -> Response:
    """Let a comparison begin now; it goes on in the time that the day's work leaves."""
    if system not in hub().settings.systems or resource not in hub().resources(system):
        abort(404)
    habit.ask(hub(), system, resource)
    with hub().store.write() as at:
        did(at, "verify", system=system, cause=resource)
    flash(t("%(resource)s of %(system)s is compared next.", resource=resource, system=system), "success")
    return redirect(url_for("agreement.listing"))


@agreement.post("/agreement/restored")
@needs("admin")
def approve() -> Response:
    """Let systems be written again that a restored backup holds."""
    chosen = request.form.getlist("system") or list(hub().settings.systems)
    try:
        freed = rebuild.approve(hub(), chosen, actor=current_user.id)
    except Refused as why:
        flash(why.told(say()), "danger")
    else:
        flash(t("Written again: %(systems)s.", systems=", ".join(freed) or "—"), "success")
    return redirect(url_for("agreement.listing"))
