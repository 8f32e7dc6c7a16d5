"""The dashboard: each view asks the read side, renders, and knows no SQL."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_login import current_user, login_required, login_user, logout_user
from sqlalchemy import select
from werkzeug.security import check_password_hash
from werkzeug.wrappers import Response

from hub import audit
from hub.app import Hub
from hub.entities import FIELDS
from hub.settings import mask
from hub.storage import inbox, views
from hub.storage.tables import user as user_table
from hub.web.sentences import sentences
from hub.web.texts import word
from mappings.phones import numbers

pages = Blueprint("pages", __name__)
REPLAYABLE = ("dead", "skipped", "waiting", "retrying")
STATES = ("pending", "leased", "waiting", "retrying", "unknown", "dead", "done", "skipped")


def hub() -> Hub:
    found: Hub = current_app.config["HUB"]
    return found


@pages.route("/login", methods=["GET", "POST"])
def login() -> Any:
    if request.method == "POST":
        with hub().store.read() as at:
            row = at.execute(select(user_table).where(user_table.c.name == request.form.get("user", ""))).first()
        if row and row.active and check_password_hash(row.password, request.form.get("password", "")):
            from hub.web.app import Person

            session.clear()
            login_user(Person(row.name, row.role))
            return redirect(url_for("pages.overview"))
        flash(word("wrong_login", g.language), "danger")
    return render_template("login.html")


@pages.post("/logout")
def logout() -> Response:
    logout_user()
    return redirect(url_for("pages.login"))


@pages.get("/language/<name>")
def language(name: str) -> Response:
    session["language"] = name if name in ("ru", "en") else "ru"
    return redirect(url_for("pages.overview"))


@pages.get("/")
@login_required  # type: ignore[untyped-decorator]
def overview() -> str:
    with hub().store.read() as at:
        cells, systems, totals = views.matrix(at), views.systems(at), views.totals(at)
    with hub().store.read_intake() as at:
        depth, cursors = inbox.depth(at), inbox.cursors(at)
    entities = [e for e in FIELDS if e in hub().settings.routes]
    return render_template(
        "overview.html",
        cells=cells,
        systems=systems,
        totals=totals,
        depth=depth,
        cursors=cursors,
        entities=entities,
        states=STATES,
        now=hub().clock(),
    )


@pages.get("/problems")
@login_required  # type: ignore[untyped-decorator]
def problems() -> str:
    with hub().store.read() as at:
        found = views.problems(at)
    return render_template("problems.html", problems=found)


@pages.get("/queue")
@login_required  # type: ignore[untyped-decorator]
def queue() -> str:
    chosen = {name: request.args.get(name, "") for name in ("system", "state", "entity", "code")}
    with hub().store.read() as at:
        rows = views.queue(at, system=chosen["system"], state=chosen["state"], entity=chosen["entity"], code=chosen["code"])
    return render_template(
        "queue.html", rows=rows, chosen=chosen, systems=list(hub().settings.systems), entities=list(hub().settings.routes), states=STATES
    )


@pages.post("/replay")
@login_required  # type: ignore[untyped-decorator]
def replay() -> Response:
    """Put deliveries back: by id, or all of a problem."""
    if current_user.role not in ("support", "admin"):
        abort(403, word("no_right", g.language))
    filters = {name: request.form.get(name, "") for name in ("system", "entity", "code", "field", "id")}
    if not any(filters.values()):
        abort(400)
    now = hub().clock()
    with hub().store.write() as at:
        ids = views.open_ids(at, filters, REPLAYABLE)
        count = hub().outbox.replay(at, ids, now=now)
        cause = json.dumps({k: v for k, v in filters.items() if v}, ensure_ascii=False)
        audit.write(
            at, [audit.Entry("operator.replay", current_user.id, filters["system"], filters["entity"], "", cause, str(count))], now=now
        )
    flash(word("replayed", g.language) + str(count), "success")
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/") and not back.startswith("//") else url_for("pages.queue"))


@pages.get("/search")
@login_required  # type: ignore[untyped-decorator]
def search() -> Any:
    text = request.args.get("q", "")[:200]
    with hub().store.read() as at:
        rows = views.search(at, text, numbers(text))
    if len(rows) == 1:
        return redirect(url_for("pages.record", record_id=rows[0]["id"]))
    return render_template("search.html", rows=rows, text=text)


@pages.get("/records/<record_id>")
@login_required  # type: ignore[untyped-decorator]
def record(record_id: str) -> str:
    with hub().store.read() as at:
        page = views.record_page(at, record_id)
    if page is None:
        abort(404)
    said = sentences(hub(), page, g.language)
    fields = FIELDS[page["record"]["entity"]]
    hide = current_user.role == "viewer"
    shown = [(name, fields.get(name), mask(value) if hide and name in fields and fields[name].pii else value) for name, value in page["record"]["data"].items() if value is not None]  # fmt: skip
    return render_template("record.html", page=page, sentences=said, shown=shown, hide=hide)
