"""The page "Check": what is wrong with this hub, and what each system said when it was asked last, with the menu path that mends it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hub.processes import doctor
from hub.systems import checks
from hub.web.here import hub, local, needs, say, t

check = Blueprint("check", __name__)
MARKS = {"ok": "agrees", "warn": "differs", "bad": "failed"}  # the colours of states


@check.get("/check")
@needs("viewer")
def listing() -> str:
    """Nothing is asked here of any vendor: the last answers are shown, with their time."""
    with hub().store.read() as at:
        found = [(name, hub().connectors[name].manifest.title, checks.kept(at, name)) for name in hub().settings.systems]
    return render_template("check.html", found=found, machine=list(doctor.running(hub(), say())), titles=doctor.TITLES, marks=MARKS)


@check.post("/systems/<system>/check")
@needs("support")
def one(system: str) -> Response:
    """Ask the system itself. One that is well again is resumed. Where something is to be mended, the page of checks says what."""
    if system not in hub().settings.systems:
        abort(404)
    if _asked(system) and (where := local(request.form.get("back"))):
        return redirect(where)
    return redirect(url_for("check.listing", _anchor=system))


@check.post("/check")
@needs("support")
def everything() -> Response:
    """Ask all systems, one after another."""
    for name in hub().settings.systems:
        _asked(name)
    return redirect(url_for("check.listing"))


def _asked(system: str) -> bool:
    """Whether nothing hinders the system."""
    found = checks.check(hub(), system, actor=current_user.id)
    if found.resumed:
        flash(t("%(system)s was paused and goes on now.", system=system), "success")
    elif found.ok:
        flash(t("%(system)s: in order.", system=system), "success")
    else:
        flash(t("%(system)s: something is to be mended.", system=system), "danger")
    return found.ok
