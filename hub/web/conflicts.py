"""Fields in which systems disagree and a person decides: all that are alike at once, one by one, by a typed value, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hub.decisions import conflicts as disputes
from hub.language.refused import Refused
from hub.language.typed import typed
from hub.storage import conflicts as rows
from hub.storage import views
from hub.sync import manual
from hub.web.here import PAGE, attempt, hub, many, needs, say, shown, t
from hub.words import conflicts as dispute_words

Json = Any
conflicts = Blueprint("conflicts", __name__)
OTHER = "other"  # a typed value
LONGEST = 5000  # characters of a typed value


@conflicts.get("/conflicts")
@needs("viewer")
def listing() -> str:
    chosen, record_id = request.args.get("group", ""), request.args.get("record", "")
    with hub().store.read() as at:
        groups = disputes.groups(hub(), at, record_id=record_id)
        one_by_one = [(g, row) for g in groups if chosen in ("", g.key) for row in g.rows][:PAGE]
        decided = [] if record_id else disputes.decided(at)
        ids = [row["record_id"] for row in [*(r for _, r in one_by_one), *(r for g in groups for r in g.samples), *decided]]
        return render_template(
            "conflicts.html",
            groups=groups,
            one_by_one=one_by_one,
            chosen=chosen,
            record_id=record_id,
            decided=decided,
            names=views.data_of(at, ids),
            entities={row["id"]: row["entity"] for row in views.entities_of(at, ids)},
            words=dispute_words,
            shown=shown(at),
        )


@conflicts.post("/conflicts/rule")
@needs("support")
def rule() -> Response:
    """Decide every conflict of a group as it was shown; the form bears the moment of the page."""
    key, chosen = request.form.get("group", "")[:300], request.form.get("take", "")[:100]
    until = request.form.get("until", type=float)
    done, problems = disputes.decide_group(hub(), key, chosen, actor=current_user.id, until=until)
    flash(many("%(n)s conflict is decided.", "%(n)s conflicts are decided.", done), "success" if done else "warning")
    for why in problems[:5]:
        flash(why.told(say()), "warning")
    return redirect(url_for("conflicts.listing"))


@conflicts.post("/conflicts/<ident>")
@needs("support")
def decide(ident: str) -> Response:
    """Answer one: by the side whose button was pressed, or by a typed value."""
    choice, text = request.form.get("choice", ""), request.form.get("value", "")[:LONGEST].strip()
    if choice == OTHER and not text:
        flash(t("Type the value that should hold, or press one of the sides."), "danger")
    else:
        seen = request.form.get("opened", type=float)

        def value(row: Any) -> Any:
            return _value(row, choice, text)

        attempt(lambda: disputes.decide(hub(), ident, value, actor=current_user.id, shown_at=seen), t("Decided."))
    if record_id := request.form.get("record"):
        return redirect(url_for("pages.record", record_id=record_id))
    return redirect(url_for("conflicts.listing", group=request.form.get("group") or None))


@conflicts.post("/conflicts/<ident>/undo")
@needs("support")
def undo(ident: str) -> Response:
    """Give the field back what the record held before the answer."""
    with hub().store.read() as at:
        row = rows.one(at, ident)
    if row is None or not row["decided"]:
        flash(t("There is nothing to take back."), "warning")
    else:
        attempt(lambda: manual.undo(hub(), row["record_id"], row["field"], actor=current_user.id), t("Taken back."))
    return redirect(url_for("conflicts.listing"))


def _value(row: Mapping[str, Json], choice: str, text: str) -> Json:
    """Raises Refused where the choice is no side of it or the text no value of the field."""
    if choice == OTHER:
        with hub().store.read() as at:
            entity = next((found["entity"] for found in views.entities_of(at, [row["record_id"]])), "")
            return typed(entity, row["field"], text, views.titles(at))
    if not choice.isdigit() or int(choice) >= len(row["options"]):
        raise Refused(t("Press one of the sides."))
    return row["options"][int(choice)]["value"]
