"""Events: bindings, form-encoded online deliveries without retries, and the coalescing offline queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.bitrix24.params import bracket_pairs

Send = Callable[[str, dict[str, str], bytes], None]

KNOWN = frozenset(
    [f"ONCRM{kind}{what}" for kind in ("CONTACT", "DEAL", "ACTIVITY", "COMPANY", "LEAD", "PRODUCT") for what in ("ADD", "UPDATE", "DELETE")]
    + ["ONCRMDEALMOVETOCATEGORY", "ONVOXIMPLANTCALLINIT", "ONVOXIMPLANTCALLSTART", "ONVOXIMPLANTCALLEND", "ONEXTERNALCALLSTART"]
    + ["ONEXTERNALCALLBACKSTART", "ONAPPINSTALL", "ONAPPUNINSTALL", "ONAPPUPDATE", "ONAPPTEST", "ONOFFLINEEVENT"]
)

# Samples of activity events alone are not in upper case (bitrix24 docs: onCrmActivityUpdate).
_SPELLED = {f"ONCRMACTIVITY{what.upper()}": f"onCrmActivity{what}" for what in ("Add", "Update", "Delete")}


@dataclass
class Binding:
    id: int
    client: str
    event: str
    handler: str
    auth_type: int
    offline: bool
    connector: str
    min_timeout: float = 1.0
    rung_at: datetime | None = None


@dataclass
class Offline:
    """One waiting object: ids only, the last time wins. Each application has a queue of its own."""

    id: int
    client: str
    event: str
    object_id: str
    connector: str
    at: datetime
    data: dict[str, Any]
    process_id: str = ""
    error: bool = False


@dataclass
class Events:
    """``send`` puts one POST into the background sender; ``auth`` builds the auth block for an application and an acting user."""

    send: Send
    auth: Callable[[str, int], dict[str, Any]]
    bindings: list[Binding] = field(default_factory=list)
    queue: dict[int, Offline] = field(default_factory=dict)
    _latest: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    _last_binding: int = 0
    _last_offline: int = 0

    def bind(self, client: str, event: str, handler: str, auth_type: int, offline: bool, connector: str, min_timeout: float) -> None:
        self._last_binding += 1
        self.bindings.append(Binding(self._last_binding, client, event, handler, auth_type, offline, connector, min_timeout))

    def emit(self, event: str, object_id: str, data: dict[str, Any], at: datetime, user_id: int, connector: str) -> None:
        """Fire one event: POST it to each online handler, queue it once for each offline key except the writer's own."""
        rung: set[str] = set()
        for binding in [item for item in self.bindings if item.event == event]:
            if not binding.offline:
                self._post(binding, event, data, at, user_id)
            elif not (connector and binding.connector == connector):
                self._enqueue(binding, event, object_id, data, at)
                rung.add(binding.client)
        for client in rung:
            self._ring(client, at, user_id)

    def _post(self, binding: Binding, event: str, data: dict[str, Any], at: datetime, user_id: int) -> None:
        body = {"event": _SPELLED.get(event, event), "event_handler_id": str(binding.id), "data": data, "ts": str(int(at.timestamp()))}
        pairs = bracket_pairs(body) + bracket_pairs(self.auth(binding.client, binding.auth_type or user_id), "auth")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Bitrix24 Webhook Engine"}
        self.send(binding.handler, headers, urlencode(pairs).encode())

    def _enqueue(self, binding: Binding, event: str, object_id: str, data: dict[str, Any], at: datetime) -> None:
        """One record for an object, an event and a key; a record already reserved by a reader is left to it."""
        key = (binding.client, event, object_id, binding.connector)
        waiting = self.queue.get(self._latest.get(key, 0))
        if waiting is not None and not waiting.process_id:
            waiting.at = at
            return
        self._last_offline += 1
        self._latest[key] = self._last_offline
        self.queue[self._last_offline] = Offline(self._last_offline, binding.client, event, object_id, binding.connector, at, data)

    def _ring(self, client: str, at: datetime, user_id: int) -> None:
        """``ONOFFLINEEVENT``: a doorbell with empty data, at most once in ``minTimeout`` seconds."""
        for binding in self.bindings:
            if binding.event != "ONOFFLINEEVENT" or binding.offline or binding.client != client:
                continue
            if binding.rung_at is None or at - binding.rung_at >= timedelta(seconds=binding.min_timeout):
                binding.rung_at = at
                self._post(binding, "ONOFFLINEEVENT", {}, at, user_id)
