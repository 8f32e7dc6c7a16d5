"""Pairs of customers that may be one person: by rule over what they have alike, one by one, and undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.decisions import duplicates as rules
from hub.explain.found import find
from hub.storage import unions, views
from hub.sync import uniting
from hub.web.here import PAGE, attempt, back, hub, many, needs, say, shown, t
from hub.words import duplicates as duplicate_words
from mappings.phones import numbers

duplicates = Blueprint("duplicates", __name__)
DECISIONS = (unions.SAME, unions.DIFFERENT)


@duplicates.get("/duplicates")
@needs("viewer")
def listing() -> str:
    chosen = request.args.get("alike", "")
    with hub().store.read() as at:
        groups, show = rules.groups(at), shown(at)
        pairs = [(g, pair) for g in groups if chosen in ("", g.key) for pair in g.pairs][:PAGE]
        steps, apart = unions.steps(at, limit=20), unions.apart(at, limit=20)
        ids = [pair[key] for _, pair in pairs for key in ("record_a", "record_b")]
        decided = [(row["id"], row["actor"], row["at"]) for row in steps]
        whole = _first_of_many(at, decided + [(row["id"], row["decided_by"], row["decided_at"]) for row in apart])
        ids += [pair[key] for g in groups for pair in g.samples for key in ("record_a", "record_b")]
        ids += [row[key] for row in steps for key in ("kept", "other")] + [row[key] for row in apart for key in ("record_a", "record_b")]
        return render_template(
            "duplicates.html",
            groups=[(g, duplicate_words.heading(g, show), duplicate_words.SUGGESTED.get(g.name, "")) for g in groups],
            pairs=[(pair, duplicate_words.heading(g, show)) for g, pair in pairs],
            chosen=chosen,
            why=duplicate_words.why,
            decider=duplicate_words.decider,
            steps=steps,
            apart=apart,
            whole=whole,
            names=views.data_of(at, ids),
            entities={row["id"]: row["entity"] for row in views.entities_of(at, ids)},
            shown=show,
        )


def _first_of_many(at: Connection, decided: Sequence[tuple[str, str, float]]) -> dict[str, int]:
    """The first shown of each answer that decided several -> how much of it stands. ``decided``: (id, who, when) of what is shown."""
    shown_of = Counter((who, moment) for _, who, moment in decided)
    found: dict[str, int] = {}
    for ident, who, moment in decided:
        if shown_of.pop((who, moment), 0) > 1:
            merges, pairs = unions.together(at, who, moment)
            found[ident] = len(merges) + len(pairs)
    return found


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
    if request.form.get("whole"):
        done, problems = rules.undo_together(hub(), ident, actor=current_user.id)
        flash(many("%(n)s answer is taken back.", "%(n)s answers are taken back.", done), "success")
        for why in problems[:5]:
            flash(why.told(say()), "warning")
    elif request.form.get("pair"):
        attempt(lambda: rules.again(hub(), ident, actor=current_user.id), t("It is asked again."))
    else:
        attempt(lambda: uniting.undo(hub(), ident, actor=current_user.id), t("Taken back."))
    return redirect(url_for("duplicates.listing"))


@duplicates.post("/records/<record_id>/merge")
@needs("support")
def merge(record_id: str) -> Response:
    """Make one record of this customer and another, who is named by any of their keys."""
    text = request.form.get("other", "").strip()[:200]
    with hub().store.read() as at:
        found = (
            [row for row in find(hub(), at, text, numbers(text)) if row["entity"] == "customer" and row["id"] != record_id] if text else []
        )
        name = shown(at).name("customer", found[0]["data"]) if found else ""
    if len(found) != 1:
        flash(many("“%(text)s” is %(n)s other customer.", "“%(text)s” is %(n)s other customers: name one by a phone, a card or the id of the record.", len(found), text=text), "warning")  # fmt: skip
    else:
        done = t("%(name)s is one person with this record now; it can be taken back under Duplicates.", name=name)
        attempt(lambda: uniting.merge(hub(), record_id, found[0]["id"], actor=current_user.id), done)
    return redirect(url_for("pages.record", record_id=record_id))


@duplicates.post("/records/<record_id>/split")
@needs("support")
def split(record_id: str) -> Response:
    """Make a record of its own of the chosen objects: they are another person's."""
    links = request.form.getlist("link")
    done = t("The chosen objects are a record of their own now; it can be taken back under Duplicates.")
    attempt(lambda: uniting.split(hub(), record_id, links, actor=current_user.id), done)
    return redirect(url_for("pages.record", record_id=record_id))
