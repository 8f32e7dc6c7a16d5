"""Recordings of calls, listened to through the hub: fetched from the vendor for one listener, kept nowhere, and who listened is in the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Blueprint, abort
from werkzeug.wrappers import Response

from connectors.contract import Plays
from connectors.errors import ConnectorError, Missing, Unavailable
from hub.app import Hub
from hub.storage import views
from hub.web.here import did, hub, needs, say, t

Json = Any
log = structlog.get_logger()
recordings = Blueprint("recordings", __name__)
FIELD = "recording"
SOUNDS = ("audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav", "audio/ogg")  # anything else is no sound, and not shown to a browser


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of a call, by the id that the vendor knows it by, which no page shows."""

    system: str
    ident: str


def recorded(chosen: Hub, links: Sequence[Mapping[str, Json]]) -> list[Recording]:
    """What was recorded of a call and can be asked for, in the order of its links."""
    found: list[Recording] = []
    for link in links:
        connector = chosen.connectors.get(link["system"])
        mapping = chosen.mapping(link["system"], link["resource"]) if isinstance(connector, Plays) else None
        paths: list[str] = [f.path for f in mapping.fields if f.field == FIELD] if mapping else []
        told = next((link["base"][path] for path in paths if link["base"].get(path)), "")
        found += [Recording(link["system"], ident) for ident in str(told).split()]
    return found


@recordings.get("/records/<record_id>/recording/<int:number>")
@needs("support")
def listen(record_id: str, number: int) -> Response:
    """The sound of one recording, from 0. The vendor is asked outside of any transaction, and nothing is shown before it is written who listened."""
    with hub().store.read() as at:
        page = views.record_page(at, record_id)
    found = recorded(hub(), page["links"]) if page and page["record"]["entity"] == "call" else []
    if number >= len(found):
        abort(404)
    one = found[number]
    connector = hub().connectors[one.system]
    assert isinstance(connector, Plays)
    try:
        sound = connector.sound(one.ident)
        if sound.kind not in SOUNDS:
            raise Unavailable(f"{sound.kind} is no sound", code="kind")
    except ConnectorError as error:
        log.warning("recording.failed", system=one.system, error=type(error).__name__, code=error.code)
        _audit(one, record_id, f"{type(error).__name__} {error.code}".strip())
        told = t("The recording is not there yet, or not any more.") if isinstance(error, Missing) else t("The system did not give the recording: %(why)s", why=say().own(error.kept))  # fmt: skip
        abort(404 if isinstance(error, Missing) else 502, told)
    _audit(one, record_id, "ok")
    return Response(sound.data, mimetype=sound.kind, headers={"Content-Disposition": "inline", "Accept-Ranges": "none"})


def _audit(one: Recording, record_id: str, outcome: str) -> None:
    with hub().store.write() as at:
        did(at, "listen", system=one.system, entity="call", record_id=record_id, outcome=outcome)
