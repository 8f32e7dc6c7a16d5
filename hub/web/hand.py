"""What a person mends on the page of a record: a field set by hand, emptied, and taken back; and what the page shows for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_login import current_user
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.app import Hub
from hub.decisions import directories
from hub.decisions.directories import Sheet
from hub.decisions.likeness import Suggestion
from hub.language.shown import Shown
from hub.language.typed import plain, typed
from hub.storage import views
from hub.storage.directories import Twin
from hub.sync import manual
from hub.web.here import attempt, hub, needs, shown, t

Json = Any
hand = Blueprint("hand", __name__)
LONGEST = 5000  # characters of a typed value


@dataclass(frozen=True, slots=True)
class Word:
    """A system's word that a field of the record waits for. ``field``: its title."""

    field: str
    sheet: Sheet
    twin: Twin
    best: Suggestion | None


@hand.post("/records/<record_id>/field")
@needs("support")
def set_(record_id: str) -> Response:
    """Say what a field is; it is written to all systems like the latest edit."""
    name, text = request.form.get("field", "")[:100], request.form.get("value", "")[:LONGEST].strip()
    clear = request.form.get("clear") == "1"
    reason = request.form.get("reason", "").strip()[:500]
    entity, label, titles = _named(record_id, name)
    if not text and not clear:
        flash(t("Type the value that should hold, or press “Empty the field”."), "warning")
    elif clear:
        done = t("%(field)s: emptied, and so it goes to the systems.", field=label)
        attempt(lambda: manual.clear_field(hub(), record_id, name, actor=current_user.id, reason=reason), done, field=label)
    else:
        done = t("%(field)s: saved, and so it goes to the systems.", field=label)

        def save() -> None:
            manual.set_field(hub(), record_id, name, typed(entity, name, text, titles), actor=current_user.id, reason=reason)

        attempt(save, done, field=label)
    return redirect(url_for("pages.record", record_id=record_id))


@hand.post("/records/<record_id>/undo")
@needs("support")
def undo(record_id: str) -> Response:
    """Give a field the value back that it had before the last word by hand."""
    name = request.form.get("field", "")[:100]
    _, label, _ = _named(record_id, name)
    attempt(lambda: manual.undo(hub(), record_id, name, actor=current_user.id), t("Taken back."), field=label)
    return redirect(url_for("pages.record", record_id=record_id))


@hand.post("/records/<record_id>/thaw")
@needs("support")
def thaw(record_id: str) -> Response:
    """Write to a system again what it changed back or refused."""
    link, path = request.form.get("link", "")[:100], request.form.get("what", "")[:300]
    attempt(lambda: manual.thaw(hub(), link, path, actor=current_user.id), t("It is written again."))
    return redirect(url_for("pages.record", record_id=record_id))


def _named(record_id: str, name: str) -> tuple[str, str, Mapping[tuple[str, str], tuple[str, str]]]:
    """(the record's entity, the field's title, titles of directories)."""
    with hub().store.read() as at:
        entity = next((row["entity"] for row in views.entities_of(at, [record_id])), "")
        show = shown(at)
    if not entity:
        abort(404)
    return entity, show.label(entity, name), show.titles


def settable(chosen: Hub, entity: str, data: Mapping[str, Json], show: Shown) -> dict[str, str]:
    """Field -> title of what people may type for such a record, in the order of the entity."""
    return {name: show.label(entity, name) for name in manual.settable(chosen, entity, data) if plain(entity, name)}


def blamed(chosen: Hub, page: Mapping[str, Json]) -> set[str]:
    """Fields that a system refuses: named by the hub, or by the vendor in its own words."""
    entity, found = page["record"]["entity"], set[str]()
    for link in page["links"]:
        mapping = chosen.mapping(link["system"], link["resource"]) if link["system"] in chosen.settings.systems else None
        found |= {f.field for path in link["set_aside"] for f in (mapping.by_path.get(path, ()) if mapping else ())}
    for system, row in page["deliveries"].items():
        if not row["error_field"]:
            continue
        mapping = chosen.giving(system, entity) if system in chosen.settings.systems else None
        paths = mapping.by_path if mapping else {}
        found |= {row["error_field"], *(f.field for path in paths if _same(path, row["error_field"]) for f in paths[path])}
    return found


def _same(path: str, told: str) -> bool:
    return path == told or path.endswith(f".{told}")


def words(chosen: Hub, at: Connection, page: Mapping[str, Json], show: Shown) -> list[Word]:
    """Words of directories that fields of the record wait for, each with what it may mean."""
    waits = [row for row in page["waiting"] if row["kind"] == "directory"]
    sheets = {name: directories.sheet(chosen, at, name) for name in sorted({row["name"] for row in waits})}
    return [found for row in waits if (found := _word(sheets[row["name"]], row, show.label(page["record"]["entity"], row["field"])))]


def _word(sheet: Sheet, row: Mapping[str, Json], field: str) -> Word | None:
    there: Sequence[tuple[Twin, Suggestion | None]] = [
        (twin, best) for twin, best in sheet.unmapped if (twin.system, twin.remote) == (row["system"], row["value"])
    ]
    return Word(field, sheet, *there[0]) if there else None
