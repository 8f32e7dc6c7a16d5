"""Pairs of customers that may be one person: by rule over what they have alike, one by one, and undone."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hub import duplicate_words
from hub import duplicates as rules
from hub.storage import unions, views
from hub.sync import uniting
from hub.web.here import PAGE, attempt, back, hub, many, needs, say, shown, t

duplicates = Blueprint("duplicates", __name__)
DECISIONS = (unions.SAME, unions.DIFFERENT)


@duplicates.get("/duplicates")
@needs("viewer")
def listing() -> str:
    chosen = request.args.get("alike", "")
    with hub().store.read() as at:
        groups = rules.groups(at)
        pairs = [(g, pair) for g in groups if chosen in ("", g.key) for pair in g.pairs][:PAGE]
        steps, apart = unions.steps(at, limit=20), unions.apart(at, limit=20)
        ids = [pair[key] for _, pair in pairs for key in ("record_a", "record_b")]
        ids += [pair[key] for g in groups for pair in g.samples for key in ("record_a", "record_b")]
        ids += [row[key] for row in steps for key in ("kept", "other")] + [row[key] for row in apart for key in ("record_a", "record_b")]
        return render_template(
            "duplicates.html",
            groups=[(g, duplicate_words.alike(say(), g.kinds, g.name), duplicate_words.SUGGESTED.get(g.name, "")) for g in groups],
            pairs=[(pair, duplicate_words.alike(say(), g.kinds, g.name)) for g, pair in pairs],
            chosen=chosen,
            why=duplicate_words.why,
            steps=steps,
            apart=apart,
            names=views.data_of(at, ids),
            shown=shown(at),
        )


@duplicates.post("/duplicates/rule")
@needs("support")
def rule() -> Response:
    """Decide every open pair of a group; the form shows the count and a sample."""
    alike, decision = request.form.get("alike", "")[:100], request.form.get("decision", "")
    if decision not in DECISIONS:
        flash(t("Press one of the two answers."), "danger")
        return redirect(url_for("duplicates.listing"))
    done, problems = rules.decide_group(hub(), alike, decision, actor=current_user.id)
    flash(many("%(n)s pair is decided.", "%(n)s pairs are decided.", done), "success")
    for why in problems[:5]:
        flash(why.told(say()), "warning")
    return redirect(url_for("duplicates.listing"))


@duplicates.post("/duplicates/<ident>")
@needs("support")
def decide(ident: str) -> Response:
    decision = request.form.get("decision", "")
    if decision not in DECISIONS:
        flash(t("Press one of the two answers."), "danger")
    else:
        attempt(lambda: rules.decide(hub(), ident, decision, actor=current_user.id), t("Decided."))
    return back("duplicates.listing", alike=request.form.get("alike") or None)


@duplicates.post("/duplicates/<ident>/undo")
@needs("support")
def undo(ident: str) -> Response:
    """Take back a merge or split, or ask again about a pair kept apart."""
    if request.form.get("pair"):
        attempt(lambda: rules.again(hub(), ident, actor=current_user.id), t("It is asked again."))
    else:
        attempt(lambda: uniting.undo(hub(), ident, actor=current_user.id), t("Taken back."))
    return redirect(url_for("duplicates.listing"))
