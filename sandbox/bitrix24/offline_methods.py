"""The offline queue, read by applications: ``event.offline.get``, ``list``, ``clear``, ``error``."""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.events import Offline
from sandbox.bitrix24.filters import Column, Page, compile_filter, page_of, sort_rows
from sandbox.bitrix24.params import as_list, to_int
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.values import show_time

_KINDS = {"ID": "integer", "MESSAGE_ID": "integer", "TIMESTAMP_X": "datetime", "ERROR": "integer"}


@method("event.offline.get", "", cost=0.1, app_only=True)
def get(call: Call) -> Any:
    """Read and delete, or with ``clear=0`` reserve under a process id; naming a process id reads what it holds reserved again."""
    params = call.params
    process, errors = params.text("process_id"), params.text("error") in ("1", "Y", "true", "True")
    found = [one for one in _chosen(call, "TIMESTAMP_X") if one.process_id == process and one.error == errors]
    found = found[: params.integer("limit", 50) or 50]
    if params.text("clear", "1") in ("0", "N", "False", "false"):
        process = process or f"{call.portal.rng.getrandbits(128):032x}"
        for one in found:
            one.process_id = process
        return {"process_id": process, "events": [_shown(one) for one in found]}
    for one in found:
        del call.portal.events.queue[one.id]
    return {"process_id": None, "events": [_shown(one) for one in found]}


@method("event.offline.list", "", cost=0.1, app_only=True)
def list_waiting(call: Call) -> Page:
    rows = [_shown(one) | {"PROCESS_ID": one.process_id, "ERROR": str(int(one.error))} for one in _chosen(call, "ID")]
    return page_of(call.params, rows, dict, list)


@method("event.offline.clear", "", app_only=True)
def clear(call: Call) -> Any:
    for one in _named(call):
        del call.portal.events.queue[one.id]
    return True


@method("event.offline.error", "", app_only=True)
def error(call: Call) -> Any:
    for one in _named(call):
        one.error = True
    return True


def _of(call: Call) -> list[Offline]:
    """Waiting records of the caller's application and key; without a key, those without one."""
    return [one for one in call.portal.events.queue.values() if (one.client, one.connector) == (call.identity.client, call.connector)]


def _chosen(call: Call, default: str) -> list[Offline]:
    rows = [{"record": one, "ID": one.id, "MESSAGE_ID": one.id, "TIMESTAMP_X": one.at, "EVENT_NAME": one.event, "PROCESS_ID": one.process_id,
             "ERROR": int(one.error)} for one in _of(call)]  # fmt: skip

    def find(name: str) -> Column | None:
        return Column(lambda row: row.get(name.upper()), _KINDS.get(name.upper(), "string"))

    test = compile_filter(call.params.mapping("filter"), find, strict=False)
    order = call.params.mapping("order") or {default: "ASC", "ID": "ASC"}
    return [row["record"] for row in sort_rows(filter(test, rows), order, find, strict=False)]


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
