"""Alerts: what is amiss and who was told; and the page behind the link of a message, which needs no signing in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hub.storage import alerts as rows
from hub.watch import alerts as book
from hub.web.here import did, hub, needs, say, t
from hub.words.alerts import KIND_TITLES, STEPS, sentence, taker, words_of

alerts = Blueprint("alerts", __name__)
OVER = 50  # alerts that are over and still shown


@alerts.get("/alerts")
@needs("viewer")
def listing() -> str:
    with hub().store.read() as at:
        found = rows.listed(at, closed=OVER)
    for row in found:
        row |= {"title": t(KIND_TITLES.get(str(row["kind"]), "")), "text": sentence(row, say()), "step": t(STEPS.get(str(row["kind"]), ""))}
        row |= {"page": words_of(row, "opened", say()).page, "taker": taker(row, say())}
    chosen = hub().settings.alerts
    return render_template(
        "alerts.html",
        now_amiss=[row for row in found if row["closed_at"] is None],
        over=[row for row in found if row["closed_at"] is not None],
        receivers=sorted(chosen.to),
        quiet=chosen.quiet,
    )


@alerts.post("/alerts/<ident>/acknowledge")
@needs("support")
def acknowledge(ident: str) -> Response:
    """Somebody who is signed in takes care of it."""
    with hub().store.write() as at:
        if rows.get(at, ident) is None:
            abort(404)
        first = book.acknowledge(hub(), at, ident, current_user.id)
    flash(t("You take care of it.") if first else t("Somebody takes care of it already."), "success" if first else "info")
    return redirect(url_for("alerts.listing"))


@alerts.post("/alerts/test")
@needs("admin")
def test() -> Response:
    """A test message to every receiver."""
    found, well = book.test(hub()), t("the service took the message")
    with hub().store.write() as at:
        did(at, "alert_test", cause=", ".join(found), outcome="failed" if any(found.values()) else "ok")
    for name, error in found.items():
        flash(f"{name}: {error or well}", "danger" if error else "success")
    return redirect(url_for("alerts.listing"))


@alerts.route("/alerts/acknowledge/<token>", methods=["GET", "POST"], endpoint="link")
def by_link(token: str) -> Any:
    """The page of a message's link. Opening it does nothing, since mail programs open links by themselves; its button acknowledges, once."""
    known = book.read_link(hub(), token)
    if known is None:
        abort(404, t("This link is not valid any more. Sign in and open the page of alerts."))
    ident, receiver = known
    now_done = False
    if request.method == "POST":
        with hub().store.write() as at:
            now_done = book.acknowledge(hub(), at, ident, f"link:{receiver}")
    with hub().store.read() as at:
        row = rows.get(at, ident)
    if row is None:
        abort(404, t("This alert is not kept any more."))
    return render_template("alert_link.html", row=row, words=words_of(row, "opened", say()), taker=taker(row, say()), done=now_done)
