"""Subscribing to events: ``event.bind``, ``event.get``, ``event.unbind``, ``event.test``, ``events``. Applications only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.events import KNOWN, Binding
from sandbox.bitrix24.params import to_int
from sandbox.bitrix24.registry import Call, method
from sandbox.frame.outgoing import LOOPBACK


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
    if any((b.event, b.handler, b.offline, b.connector) == (event, handler, offline, connector) for b in _own(call)):
        raise RestError("ERROR_HANDLER_ALREADY_EXIST", "Unable to set event handler: Handler already binded")
    patience = call.params.mapping("options").get("minTimeout", 1)
    events.bind(call.identity.client, event, handler, auth_type, offline, connector, float(to_int(patience, 1)))
    return True


@method("event.unbind", "", app_only=True)
def unbind(call: Call) -> Any:
    """How many bindings went: those of the event that agree with each parameter given."""
    event, params = _event_name(call), call.params
    offline = params.text("event_type") == "offline"

    def named(binding: Binding) -> bool:
        wanted: list[tuple[Any, Any]] = [(params.get("handler"), binding.handler), (params.get("auth_connector"), binding.connector)]
        wanted.append((None if params.get("auth_type") is None else params.integer("auth_type"), binding.auth_type))
        return binding.event == event and binding.offline == offline and all(want in (None, have) for want, have in wanted)

    events = call.portal.events
    gone = [binding for binding in _own(call) if named(binding)]
    events.bindings = [binding for binding in events.bindings if binding not in gone]
    return {"count": len(gone)}


@method("event.get", "", app_only=True)
def bindings(call: Call) -> Any:
    return [{"event": b.event, "handler": b.handler, "auth_type": str(b.auth_type), "offline": int(b.offline)} for b in _own(call)]


def _own(call: Call) -> list[Binding]:
    """An application sees its own bindings only."""
    return [binding for binding in call.portal.events.bindings if binding.client == call.identity.client]


@method("events", "", app_only=True)
def known(call: Call) -> Any:
    return sorted(KNOWN)


@method("event.test", "", app_only=True)
def test(call: Call) -> Any:
    data = {"QUERY": {name: value for name, value in call.params.items() if name != "auth"}}
    call.portal.events.emit("ONAPPTEST", "", data, call.portal.moment(), call.identity.user_id, "")
    return True
