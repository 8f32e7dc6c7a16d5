"""A person's right to be forgotten: what would go, the act and its certificate, and letting one in again who came back."""

from __future__ import annotations

import json

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from hub.keeping import erasure as acts
from hub.language.refused import Refused
from hub.storage import records, views
from hub.web.here import hub, needs, say, shown, t
from hub.words.erasure import lines

erasure = Blueprint("erasure", __name__)
PROVEN = 200_000  # records up to which a page waits until all tables are looked through; beyond, the command does that


@erasure.get("/records/<record_id>/erase")
@needs("admin")
def ask(record_id: str) -> str:
    """What would go, before anything does."""
    with hub().store.read() as at:
        row = records.load(at, [record_id]).get(record_id)
        if row is None or row.entity != "customer":
            abort(404)
        person = acts.person_of(hub(), at, record_id)
        show, names = shown(at), views.data_of(at, person.related)
        return render_template("erase.html", row=row, person=person, names=names, shown=show, name=show.name("customer", row.data))


@erasure.post("/records/<record_id>/erase")
@needs("admin")
def erase(record_id: str) -> str | Answer:
    """The act: only with the word that it cannot be taken back."""
    if request.form.get("sure") != "1":
        flash(t("Tick that it cannot be taken back."), "danger")
        return redirect(url_for("erasure.ask", record_id=record_id))
    with hub().store.read() as at:
        prove = sum(views.held(at).values()) <= PROVEN
    try:
        told = acts.erase(hub(), record_id, actor=current_user.id, reason=request.form.get("reason", "")[:500], prove=prove)
    except Refused as why:
        flash(why.told(say()), "danger")
        return redirect(url_for("erasure.listing"))
    return render_template("erased.html", told=told, lines=lines(told, say()), rows=[])


@erasure.get("/erased")
@needs("admin")
def listing() -> str:
    with hub().store.read() as at:
        return render_template("erased.html", told=None, lines=[], rows=acts.erased(at))


@erasure.get("/erased/<certificate>.json")
@needs("admin")
def certificate(certificate: str) -> Response:
    """The certificate as a file."""
    with hub().store.read() as at:
        told = next((one for one in acts.erased(at, limit=10_000) if one["certificate"] == certificate), None)
    if told is None:
        abort(404)
    file = {"Content-Disposition": f'attachment; filename="{certificate}.json"'}
    return Response(json.dumps(told, ensure_ascii=False, indent=2), mimetype="application/json", headers=file)


@erasure.post("/erased/<certificate>/readmit")
@needs("admin")
def readmit(certificate: str) -> Answer:
    try:
        count = acts.readmit(hub(), certificate, actor=current_user.id)
    except Refused as why:
        flash(why.told(say()), "danger")
    else:
        flash(t("Objects that are looked at anew: %(n)s.", n=say().number(count)), "success")
    return redirect(url_for("erasure.listing"))
