"""Problems and the queue: filters, search, and replay or skip of a selection or of everything a filter finds, always with a preview first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, abort, flash, render_template, request
from flask_login import current_user
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.decisions import lost
from hub.explain import planning
from hub.explain.found import find
from hub.explain.holds import standing
from hub.explain.in_words import Words
from hub.explain.rules import rule
from hub.storage import views
from hub.sync import runs
from hub.web.brakes import questions
from hub.web.here import PAGE, attempt, back, did, hub, local, many, needs, page_number, say, shown, t
from hub.words.problems import advice
from mappings.phones import numbers
from retry_queue.outbox import SKIPPABLE

queue = Blueprint("queue", __name__)
FILTERS = ("system", "entity", "state", "error", "code", "field")
OPEN, ANY = "open", "any"
PREVIEWED = 60  # deliveries whose field changes a preview shows
CHUNK = 500  # deliveries put back in one transaction


@queue.get("/problems")
@needs("viewer")
def problems() -> str:
    """Failures grouped by their reason; each says what happened, who mends it, what to press. What a brake holds back stands above them."""
    template = "_problems.html" if request.args.get("fragment") else "problems.html"
    with hub().store.read() as at:
        rows = views.problems(at)
        for row in rows:
            row["what"], row["who"], row["press"] = advice(row["error_class"], row["error_code"]).texts(say().language)
            row["itself"] = advice(row["error_class"], row["error_code"]).itself
        show = shown(at)
        on, names = questions(at, show)
        return render_template(template, problems=rows, on=on, names=names, shown=show)


@queue.get("/queue")
@needs("viewer")
def listing() -> str:
    """Deliveries of a filter, page by page."""
    filters, text = filters_of(request.args), request.args.get("q", "").strip()[:200]
    number = page_number()
    with hub().store.read() as at:
        narrowed = meant(filters) | ({"records": records_of(at, text)} if text else {})
        total = views.queue_count(at, **narrowed)
        rows = views.queue(at, limit=PAGE, offset=(number - 1) * PAGE, **narrowed)
        template = "_queue.html" if request.args.get("fragment") else "queue.html"
        return render_template(
            template,
            rows=rows,
            total=total,
            page=number,
            pages=max(1, -(-total // PAGE)),
            names=views.data_of(at, [row["record_id"] for row in rows]),
            standing=standing(hub(), at, rows, say()),
            filters=filters,
            narrowed=bool(text) or set(filters) != {"state"} or filters["state"] != OPEN,
            text=text,
            shown=shown(at),
            systems=list(hub().settings.systems),
            entities=list(hub().settings.routes),
            states=(OPEN, *views.STATES, ANY),
            rule=rule,
            replayable=views.REPLAYABLE,
        )


def filters_of(values: Mapping[str, str]) -> dict[str, str]:
    """The filter of a page or a form. Without a state: what is not finished, but everything about a record that is looked for."""
    found = {name: values.get(name, "")[:200] for name in FILTERS if values.get(name)}
    return {"state": ANY if values.get("q") else OPEN} | found


def meant(filters: Mapping[str, str]) -> dict[str, Any]:
    """A filter as the read side understands it."""
    state = {OPEN: list(views.UNFINISHED), ANY: ""}.get(filters["state"], filters["state"])
    return dict(filters) | {"state": state}


def records_of(at: Connection, text: str) -> list[str]:
    """Records that the text finds, with the orders and calls of the customers among them: an order is often asked for by its buyer's phone."""
    rows = find(hub(), at, text, numbers(text))
    ids = [row["id"] for row in rows]
    for row in rows:
        if row["entity"] == "customer":
            ids += [other["id"] for entity in hub().settings.routes for other in views.holding(at, entity, "customer", row["id"])]
    return list(dict.fromkeys(ids))


def asked(at: Connection, states: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What a form is about: the rows that were ticked, or all that its filter finds. (condition, hidden fields of the form)."""
    ticked = [ident for ident in request.form.getlist("id") if ident][:CHUNK]
    if ticked:
        return {"id": ticked, "state": list(states)}, {}
    filters, text = filters_of(request.form), request.form.get("q", "").strip()[:200]
    if set(filters) == {"state"} and filters["state"] in (OPEN, ANY) and not text:
        abort(400, t("Choose deliveries, or a filter."))
    wanted = meant(filters)["state"] or list(states)
    narrowed: dict[str, Any] = dict(filters) | {"state": [state for state in states if state in wanted] or ["-"]}
    if text:
        narrowed["records"] = records_of(at, text)
    return narrowed, filters | ({"q": text} if text else {})


@queue.post("/queue/preview")
@needs("support")
def preview() -> Any:
    """What a replay would write, before it is confirmed."""
    with hub().store.read() as at:
        condition, hidden = asked(at, views.REPLAYABLE)
        total = views.queue_count(at, most=100_000, **condition)
        if not total:
            flash(t("Nothing here can be replayed: what is being looked up or written now goes on by itself."), "warning")
            return back("queue.listing")
        rows = views.queue(at, limit=PREVIEWED, **condition)
    planning.ask(hub(), rows)
    with hub().store.read() as at:
        found = planning.preview(hub(), at, [row["id"] for row in rows])
        counts = {kind: sum(one.kind == kind for one in found) for kind in planning.KINDS}
        return render_template(
            "preview.html",
            total=total,
            found=found,
            counts={kind: n for kind, n in counts.items() if n},
            effects=sorted({effect for one in found for effect in one.effects}),
            ids=[row["id"] for row in rows] if request.form.getlist("id") else [],
            hidden=hidden,
            where=local(request.form.get("back")),
            rule=rule,
            shown=(show := shown(at)),
            words=Words(hub(), at, show),
        )


@queue.post("/queue/replay")
@needs("support")
def replay() -> Response:
    """Put the deliveries back, in chunks, each with its audit row."""
    now, count = hub().clock(), 0
    with hub().store.read() as at:
        condition, hidden = asked(at, views.REPLAYABLE)
    last = ""
    with hub().store.write() as at:
        agreed = {"confirmed": request.form.get("confirmed") == "1"}
        run = runs.begin(at, "replay", system=hidden.get("system", ""), actor=current_user.id, now=now, building=True, counts=agreed)
    while True:
        with hub().store.state() as at:
            ids = views.open_ids(at, {k: v for k, v in condition.items() if k != "state"}, condition["state"], after=last, limit=CHUNK)
            if not ids:
                runs.built(at, run)
                break
            done = runs.put_back(hub(), at, ids, run)
            did(
                at,
                "replay",
                system=hidden.get("system", ""),
                entity=hidden.get("entity", ""),
                cause=cause_of(hidden, ids),
                outcome=str(done),
            )
            count, last = count + done, ids[-1]
    flash(many("%(n)s delivery put back.", "%(n)s deliveries put back.", count), "success")
    return back("queue.listing")


@queue.post("/queue/skip")
@needs("support")
def skip() -> Response:
    """Stop trying the ticked deliveries, with a reason that stays in the audit log."""
    reason, ids = request.form.get("reason", "").strip()[:500], [i for i in request.form.getlist("id") if i][:CHUNK]
    if not reason or not ids:
        flash(t("Choose deliveries and say why they need not go."), "warning")
        return back("queue.listing")
    with hub().store.write() as at:
        rows = views.queue(at, id=ids, state=list(SKIPPABLE), limit=CHUNK)
        count = runs.skip(hub(), at, [row["id"] for row in rows], reason)
        for row in rows:
            did(at, "skip", system=row["system"], entity=row["entity"], record_id=row["record_id"], cause=reason, outcome="skipped")
    flash(many("%(n)s delivery skipped.", "%(n)s deliveries skipped.", count), "success")
    return back("queue.listing")


@queue.post("/queue/<ident>/found")
@needs("support")
def found(ident: str) -> Response:
    """A create whose answer was lost was done: this is its number there."""
    number = request.form.get("number", "").strip()[:100]
    attempt(lambda: lost.found(hub(), ident, number, actor=current_user.id), t("Kept: it is the document %(number)s there.", number=number))
    return back("queue.listing")


@queue.post("/queue/<ident>/not-done")
@needs("support")
def not_done(ident: str) -> Response:
    """A create whose answer was lost was not done: it is made again."""
    attempt(lambda: lost.not_done(hub(), ident, actor=current_user.id), t("It is made again."))
    return back("queue.listing")


def cause_of(hidden: Mapping[str, str], ids: Sequence[str]) -> str:
    """Which deliveries an operator meant, for the audit log."""
    return json.dumps(dict(hidden) or {"ids": list(ids)[:20], "of": len(ids)}, ensure_ascii=False)
