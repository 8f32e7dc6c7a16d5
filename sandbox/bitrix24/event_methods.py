"""Subscribing and the offline queue: ``event.*``, ``event.offline.*``, ``events``. An application only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.events import KNOWN, Binding, Offline
from sandbox.bitrix24.filters import Page
from sandbox.bitrix24.params import as_list, to_int
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.sender import LOOPBACK
from sandbox.bitrix24.values import show_time


def _event_name(call: Call) -> str:
    name = call.params.text("event").upper()
    if name not in KNOWN:
        raise RestError("ERROR_EVENT_NOT_FOUND", "Event not found")
    return name


def _handler(call: Call) -> str:
    """A public TLS address (bitrix24 docs: event.bind), or, when the switch says so, one of this machine."""
    handler = call.params.text("handler")
    parts = urlsplit(handler)
    local = parts.hostname in LOOPBACK
    if not parts.hostname or local and not call.portal.allow_loopback:
        raise RestError("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise RestError("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported event handler protocol")
    return handler


@method("event.bind", "", app_only=True)
def bind(call: Call) -> Any:
    """True. Binding what is bound already is an error (the vendor's code and text)."""
    event, offline = _event_name(call), call.params.text("event_type") == "offline"
    handler = "" if offline else _handler(call)
    events, connector = call.portal.events, call.params.text("auth_connector") if offline else ""
    auth_type = call.params.integer("auth_type")
    if any((b.event, b.handler, b.offline, b.connector) == (event, handler, offline, connector) for b in events.bindings):
        raise RestError("ERROR_HANDLER_ALREADY_EXIST", "Unable to set event handler: Handler already binded")
    patience = call.params.mapping("options").get("minTimeout", 1)
    events.bind(event, handler, auth_type, offline, connector, float(to_int(patience, 1)))
    return True


@method("event.unbind", "", app_only=True)
def unbind(call: Call) -> Any:
    event, offline = _event_name(call), call.params.text("event_type") == "offline"
    handler, connector = call.params.text("handler"), call.params.text("auth_connector")

    def named(binding: Binding) -> bool:
        if binding.event != event or binding.offline != offline:
            return False
        return binding.connector == connector if offline else binding.handler == handler

    events = call.portal.events
    gone = [binding for binding in events.bindings if named(binding)]
    events.bindings = [binding for binding in events.bindings if binding not in gone]
    return {"count": len(gone)}


@method("event.get", "", app_only=True)
def bindings(call: Call) -> Any:
    return [
        {"event": b.event, "handler": b.handler, "auth_type": str(b.auth_type), "offline": int(b.offline), "connector_id": b.connector}
        for b in call.portal.events.bindings
    ]


@method("events", "", app_only=True)
def known(call: Call) -> Any:
    return sorted(KNOWN)


@method("event.test", "", app_only=True)
def test(call: Call) -> Any:
    data = {"QUERY": {name: value for name, value in call.params.items() if name != "auth"}}
    call.portal.events.emit("ONAPPTEST", "", data, call.portal.moment(), call.identity.user_id, "")
    return True


@method("event.offline.get", "", cost=0.1, app_only=True)
def offline_get(call: Call) -> Any:
    """Read and delete, or with ``clear=0`` reserve under a process id. Only events of the same ``auth_connector``."""
    events, params = call.portal.events, call.params
    waiting = [one for one in _of(call) if not one.process_id][: params.integer("limit", 50) or 50]
    if params.text("clear", "1") in ("0", "N", "False", "false"):
        process = params.text("process_id") or f"{call.portal.rng.getrandbits(128):032x}"
        for one in waiting:
            one.process_id, one.error = process, False
        return {"process_id": process, "events": [_shown(one) for one in waiting]}
    for one in waiting:
        del events.queue[one.id]
    return {"process_id": None, "events": [_shown(one) for one in waiting]}


@method("event.offline.list", "", cost=0.1, app_only=True)
def offline_list(call: Call) -> Page:
    found = [_shown(one) | {"PROCESS_ID": one.process_id, "ERROR": int(one.error)} for one in _of(call)]
    return Page(found, total=len(found))


@method("event.offline.clear", "", app_only=True)
def offline_clear(call: Call) -> Any:
    for one in _named(call):
        del call.portal.events.queue[one.id]
    return True


@method("event.offline.error", "", app_only=True)
def offline_error(call: Call) -> Any:
    for one in _named(call):
        one.error = True
    return True


def _of(call: Call) -> list[Offline]:
    return [one for one in call.portal.events.queue.values() if one.connector == call.connector]


def _named(call: Call) -> list[Offline]:
    """Records of the process id; of those, the ones listed when any are."""
    process = call.params.text("process_id")
    if not process:
        raise RestError("ERROR_ARGUMENT", "Argument 'process_id' is null or empty")
    listed = {to_int(one) for name in ("id", "message_id") for one in as_list(call.params.get(name))}
    return [one for one in _of(call) if one.process_id == process and (not listed or one.id in listed)]


def _shown(one: Offline) -> dict[str, Any]:
    return {
        "ID": str(one.id), "TIMESTAMP_X": show_time(one.at), "EVENT_NAME": one.event, "EVENT_DATA": one.data or False,
        "EVENT_ADDITIONAL": False, "MESSAGE_ID": str(one.id),
    }  # fmt: skip
