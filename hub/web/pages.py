"""Overview, search, and the page of one record: each view asks the read side, renders, and knows no SQL."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection

from hub.app import Hub
from hub.decisions.directories import TITLES
from hub.entities import FIELDS, REFERS
from hub.explain.found import find, only_there
from hub.explain.record import explain
from hub.explain.unfound import reasons
from hub.language.shown import Shown
from hub.storage import brakes, inbox, states, views
from hub.storage import conflicts as conflict_rows
from hub.storage import links as link_rows
from hub.sync import revisions
from hub.sync.floor import BEFORE_WRITE, ONE_INTERVAL
from hub.web import contacts
from hub.web.calls import callback_of
from hub.web.consents import consents_of
from hub.web.directories import NEW
from hub.web.figures import Overview, overview_of
from hub.web.hand import blamed, settable, words
from hub.web.here import hub, may, needs, say, shown, t
from hub.web.recordings import recorded
from hub.web.story import fields_of, lines_of, story_of
from hub.web.whose import owners
from hub.words.duplicates import why
from mappings.phones import numbers

pages = Blueprint("pages", __name__)
KEPT = 2.0  # seconds that the figures of the overview are kept: many open pages ask the tables once
SMALL = 10_000  # records that are counted anew each time
COUNTED = 60.0  # seconds that the counts of all records and links are kept: their cost grows with the shop
_kept: dict[int, tuple[float, Overview]] = {}
_counted: dict[int, tuple[float, dict[str, int], dict[tuple[str, str], int]]] = {}
_guard = threading.Lock()


def figures(chosen: Hub) -> Overview:
    """The overview's figures, at most KEPT seconds old."""
    with _guard:
        now, old = chosen.clock(), _kept.get(id(chosen.store))
        if old and 0 <= now - old[0] < KEPT:
            return old[1]
        with chosen.store.read() as at:
            places = {(system, entity) for system in chosen.settings.systems for entity in chosen.settings.routes}
            records, links = _counts(chosen, at, now)
            cells, rows, totals, counted = (
                views.matrix(at, places | set(links)),
                views.systems(at),
                records | views.undecided(at) | {"brakes": len(brakes.undecided(at))},
                states.counters(at),
            )
            refused = revisions.standstill(chosen, at)
        with chosen.store.read_intake() as at:
            depth, cursors = inbox.moving(at, 100_000), inbox.cursors(at)
        totals |= {name: counted.get(name, 0) for name in (ONE_INTERVAL, BEFORE_WRITE)}
        for place, count in links.items():
            cells[place].links = count
        found = replace(overview_of(chosen, cells, rows, totals, depth, cursors, now), refused=refused)
        _kept[id(chosen.store)] = (now, found)
        return found


def _counts(chosen: Hub, at: Connection, now: float) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Records by entity, and links by system and entity. Small shops see each new one at once."""
    old = _counted.get(id(chosen.store))
    if old and sum(old[1].values()) > SMALL and 0 <= now - old[0] < COUNTED:
        return old[1], old[2]
    _counted[id(chosen.store)] = found = (now, views.held(at), views.linked(at))
    return found[1], found[2]


@pages.get("/")
@needs("viewer")
def overview() -> str:
    template = "_overview.html" if request.args.get("fragment") else "overview.html"
    with hub().store.read() as at:
        return render_template(template, view=figures(hub()), shown=shown(at))


@pages.get("/search")
@needs("viewer")
def search() -> Any:
    text = request.args.get("q", "").strip()[:200]
    with hub().store.read() as at:
        rows = find(hub(), at, text, numbers(text))
        apart = only_there(hub(), at, rows, text, say())
        if len(rows) == 1:
            for sentence in apart.values():
                flash(sentence, "info")
            return redirect(url_for("pages.record", record_id=rows[0]["id"]))
        why_not = reasons(hub(), at, text, say()) if text and not rows else []
        return render_template("search.html", rows=rows, text=text, shown=shown(at), why_not=why_not, apart=apart)


@pages.get("/records/<record_id>")
@needs("viewer")
def record(record_id: str) -> str:
    with hub().store.read() as at:
        page = views.record_page(at, record_id)
        if page is None:
            abort(404)
        show, entity = shown(at), page["record"]["entity"]
        return render_template(
            "_sentences.html" if request.args.get("fragment") else "record.html",
            page=page,
            entity=entity,
            shown=show,
            sentences=explain(hub(), at, page, show),
            title=f"{t(show.entity(entity))} {show.name(entity, page['record']['data'])}",
            **_values(at, page, show),
            **_related(at, page, show),
        )


def _values(at: Connection, page: Mapping[str, Any], show: Shown) -> dict[str, Any]:
    """What the record holds, who said it, and what a person may do about it."""
    entity, data, merged = page["record"]["entity"], page["record"]["data"], page["record"]["merged_into"]
    store, there = data.get("store"), hub().settings.zone_of(data.get("store"))
    elsewhere = there if there != hub().settings.timezone else ""
    return {
        "fields": fields_of(page, show, elsewhere, blamed(hub(), page), city_of(store)),
        "settable": {} if merged else settable(hub(), entity, data, show),
        "whose": owners(hub().settings.policies, entity, data, show),
        "words": words(hub(), at, page, show),
        "titles": TITLES,
        "new": NEW,
        "consents": consents_of(data, show),
        "lines": lines_of(page, show),
        "story": story_of(hub(), at, page, show),
        "merged": merged,
        "callback": callback_of(hub(), at, data) if entity == "customer" and not merged and may("support") else None,
        "recordings": len(recorded(hub(), page["links"])) if entity == "call" else 0,
        "why": why,
        "disputed": sorted(conflict_rows.fields(at, [page["record"]["id"]]).get(page["record"]["id"], ())),
    }


def _related(at: Connection, page: Mapping[str, Any], show: Shown) -> dict[str, Any]:
    """Records that this one names or that name it, and those that may be the same."""
    ident, entity, data = page["record"]["id"], page["record"]["entity"], page["record"]["data"]
    named = {name: data[name] for name in REFERS if data.get(name)}
    known = views.data_of(at, list(named.values()))
    others = [other for other in FIELDS if other not in (entity, *contacts.KINDS)] if entity in REFERS else []
    held = {other: rows for other in others if (rows := views.holding(at, other, entity, ident))}
    kinds = contacts.KINDS if entity == "customer" else ()
    spoken = {kind: views.holding(at, kind, entity, ident, limit=contacts.SHOWN) for kind in kinds}
    return {
        "twins": views.data_of(at, [pair[key] for pair in page["duplicates"] for key in ("record_a", "record_b")]),
        "refers": {name: known[other] for name, other in named.items() if other in known},
        "contacts": contacts.contacts_of(spoken, _tellers(at, spoken), show),
        "held": held,
    }


def city_of(store: Any) -> str:
    """The city of a store, as the configuration has it; empty where it says none."""
    known = hub().settings.stores.get(store) if isinstance(store, str) else None
    return known.city if known else ""


def _tellers(at: Connection, facts: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, set[str]]:
    """Record id -> the systems whose word counts for it."""
    entities = {row["id"]: entity for entity, rows in facts.items() for row in rows}
    links = link_rows.by_records(at, entities)
    return {ident: {x.system for x in found if hub().gives(x.system, entities[ident])} for ident, found in links.items()}
