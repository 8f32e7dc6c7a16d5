"""Systems (mode, pause, check, what their connectors may do) and the people who sign in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from connectors.contract import Limit
from hub.language import N_, Speech
from hub.language.refused import Refused
from hub.storage import accounts, audiences, directories, inbox, states, views
from hub.sync.effects import noticed
from hub.systems import capabilities, modes, quality, standing
from hub.web.figures import system_state
from hub.web.here import ROLES, did, hub, many, needs, say, shown, t
from hub.words.audiences import lines
from hub.words.states import WORDS

systems = Blueprint("systems", __name__)
MODES = {
    "observe": N_("reads, links and shows; writes nothing"),
    "pilot": N_("writes only what belongs to the chosen stores and phones"),
    "live": N_("writes everything that is routed to it"),
}
PER = {"method": N_("for each method"), "ip": N_("for each address")}  # what a limit is counted for, where it is not the system
SHORTEST = 8  # letters of a password


def known(system: str) -> str:
    if system not in hub().settings.systems:
        abort(404)
    return system


@systems.get("/systems")
@needs("viewer")
def listing() -> str:
    with hub().store.read() as at:
        rows, show = {row["system"]: row for row in views.systems(at)}, shown(at)
        pilots = {name: modes.pilot(hub(), at, name) for name in hub().settings.systems}
        uploads = audiences.listed(at)
        stores = [(one.value, show.say.pick(one.ru, one.en)) for one in directories.values(at, "store")]
    with hub().store.read_intake() as at:
        cursors = inbox.cursors(at)
    now = hub().clock()
    found = []
    for name in hub().settings.systems:
        row = rows.get(name, {})
        word, reason = system_state(row, now)
        told = {"row": row, "state": word, "reason": reason, "pilot": pilots[name], "audiences": list(lines(hub(), uploads, say(), name))}
        found.append(_about(name, cursors) | told)
    return render_template("systems.html", systems=found, shown=show, modes=MODES, stores=stores, columns=capabilities.COLUMNS)


def _about(name: str, cursors: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, Any]:
    """What a system is, can do and is read for: all of its card but for how it is at the moment."""
    system, connector = hub().settings.systems[name], hub().connectors[name]
    stands = standing.of(system.connector)
    return {
        "name": name,
        "system": system,
        "title": connector.manifest.title,
        "resources": [(r, hub().resource(name, r), cursors.get((name, r), {}), hub().every(name, r)) for r in hub().resources(name)],
        "limits": [limit_text(say(), limit) for limit in connector.manifest.limits],
        "able": capabilities.table([connector.manifest], say()),
        "other": capabilities.abilities(type(connector), say()),
        "level": t(quality.NAMES[stands.level]),
        "lacks": quality.lines(stands, say()),
        "loud": noticed(hub(), name),
    }


def limit_text(say: Speech, limit: Limit) -> str:
    """A published limit in words."""
    each = limit.method or (say(PER.get(limit.per, limit.per)) if limit.per != "system" else "")
    n = int(limit.units)
    if limit.kind == "parallel":
        text = say.many("%(n)s request at a time", "%(n)s requests at a time", n)
    elif limit.kind == "window":
        text = say.many("%(n)s unit in any %(s)s s", "%(n)s units in any %(s)s s", n, s=say.number(limit.seconds))
    else:
        text = say("a bucket of %(n)s units that drains in %(s)s s", n=say.number(n), s=say.number(limit.seconds))
    return f"{text} {each}".strip()


@systems.post("/systems/<system>/mode")
@needs("admin")
def mode(system: str) -> Response:
    """observe | pilot | live, effective at once and audited."""
    chosen = request.form.get("mode", "")
    if chosen not in MODES:
        abort(400, t("There is no mode %(mode)s.", mode=chosen))
    with hub().store.write() as at:
        accept = request.form.get("accept") == "1"
        before = modes.change(hub(), at, known(system), chosen, actor=current_user.id, accept=accept)
        did(at, "mode", system=system, cause=f"{before} -> {chosen}{', the base is right' if accept else ''}", outcome=chosen)
    flash(t("%(system)s is now in the mode %(mode)s.", system=system, mode=t(WORDS[chosen])), "success")
    return redirect(url_for("systems.listing"))


@systems.post("/systems/<system>/pilot")
@needs("admin")
def pilot(system: str) -> Response:
    """Choose the stores and phones of a pilot, and go into it."""
    stores = request.form.getlist("store")
    phones = [one.strip() for one in request.form.get("phones", "").replace(";", "\n").replace(",", "\n").splitlines() if one.strip()]
    try:
        with hub().store.write() as at:
            modes.set_pilot(hub(), at, known(system), stores, phones, actor=current_user.id)
            did(at, "pilot", system=system, cause=f"stores {', '.join(stores)}; phones {', '.join(phones)}")
            before = modes.change(hub(), at, system, "pilot", actor=current_user.id)
            did(at, "mode", system=system, cause=f"{before} -> pilot", outcome="pilot")
    except Refused as error:
        flash(error.told(say()), "danger")
        return redirect(url_for("systems.listing"))
    flash(t("%(system)s is now in the mode %(mode)s.", system=system, mode=t(WORDS["pilot"])), "success")
    return redirect(url_for("systems.listing"))


@systems.post("/systems/<system>/pause")
@needs("admin")
def pause(system: str) -> Response:
    """Stop calling a system, or go on. Deliveries wait meanwhile and lose nothing."""
    reason = request.form.get("reason", "").strip()[:200] or t("paused by %(name)s", name=current_user.id)
    stop = request.form.get("paused") == "1"
    with hub().store.write() as at:
        states.set_values(
            at, known(system), **({"paused": reason} if stop else {"paused": "", "breaker_failures": 0, "breaker_until": 0.0})
        )
        did(at, "pause" if stop else "resume", system=system, cause=reason if stop else "")
    flash(t("%(system)s is paused.", system=system) if stop else t("%(system)s goes on.", system=system), "success")
    return redirect(url_for("systems.listing"))


@systems.get("/people")
@needs("admin")
def people() -> str:
    with hub().store.read() as at:
        return render_template("people.html", people=views.people(at), roles=ROLES)


@systems.post("/people")
@needs("admin")
def add_person() -> Response:
    """Add a person, or give one another role and password."""
    name, password, role = request.form.get("name", "").strip()[:80], request.form.get("password", ""), request.form.get("role", "")
    if not name or role not in ROLES or len(password) < SHORTEST:
        flash(many("A name, a role and a password of at least %(n)s letter are needed.", "A name, a role and a password of at least %(n)s letters are needed.", SHORTEST), "danger")  # fmt: skip
        return redirect(url_for("systems.people"))
    with hub().store.write() as at:
        accounts.set_user(at, name, password, role)
        did(at, "user", cause=name, outcome=role)
    flash(t("%(name)s is now %(role)s.", name=name, role=t(role)), "success")
    return redirect(url_for("systems.people"))


@systems.post("/people/<name>/active")
@needs("admin")
def activate(name: str) -> Response:
    """Let a person in, or keep them out; nobody can shut themselves out."""
    active = request.form.get("active") == "1"
    if name == current_user.id:
        abort(400, t("You cannot shut yourself out."))
    with hub().store.write() as at:
        accounts.set_active(at, name, active)
        did(at, "user", cause=name, outcome="active" if active else "inactive")
    return redirect(url_for("systems.people"))
