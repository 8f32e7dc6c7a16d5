"""From a method name to an envelope, alone or inside a batch: limits, permissions, errors and the ``time`` block."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from sandbox.bitrix24.auth import Identity
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.filters import Page
from sandbox.bitrix24.params import Params, as_mapping, parse_query
from sandbox.bitrix24.registry import METHODS, Call
from sandbox.bitrix24.state import Portal
from sandbox.bitrix24.values import PORTAL_ZONE

BATCH_LIMIT = 50
_REFERENCE = re.compile(r"\$result((?:\[[^\]]*\])+)")
_STEP = re.compile(r"\[([^\]]*)\]")
_NOT_IN_BATCH = {"batch", "crm.controller.item.upload"}


def run(call: Call) -> Page:
    """One method. Raises RestError: unknown method, missing rights, operating time spent, or the method's own refusal."""
    known = METHODS.get(call.method)
    if known is None:
        raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    if known.app_only and not call.identity.is_app:
        raise RestError("WRONG_AUTH_TYPE", "Current authorization type is denied for this method", 403)
    if known.scope and known.scope not in call.portal.scopes:
        raise RestError("insufficient_scope", "The request requires higher privileges than provided by the access token", 403)
    if call.method in call.portal.denied:
        raise RestError("", "Access denied")
    limits = call.portal.limits
    limits.check_operating(call.identity.client, call.method)
    limits.spend(call.identity.client, call.method, known.cost)
    result = known.handler(call)
    return result if isinstance(result, Page) else Page(result)


def envelope(call: Call, started: float) -> dict[str, Any]:
    """The body of a good answer."""
    if call.method == "batch":
        return {"result": batch(call, started), "time": time_block(call.portal, started, None)}
    page = run(call)
    body: dict[str, Any] = {"result": page.result}
    if page.next is not None:
        body["next"] = page.next
    if page.total is not None:
        body["total"] = page.total
    return body | {"time": time_block(call.portal, started, call)}


def time_block(portal: Portal, started: float, call: Call | None) -> dict[str, Any]:
    """Seconds and portal-zone dates; ``operating`` is what this method has run in the last ten minutes for this client."""
    finish = portal.now()
    now = finish.timestamp()
    shown = finish.astimezone(PORTAL_ZONE).isoformat(timespec="seconds")
    block: dict[str, Any] = {"start": started, "finish": now, "duration": max(0.0, now - started), "processing": max(0.0, now - started)}
    block |= {"date_start": portal_date(portal, started), "date_finish": shown}
    if call is None:
        return block | {"operating_reset_at": int(now) + 600, "operating": 0}
    limits, client = portal.limits, call.identity.client
    return block | {
        "operating_reset_at": limits.reset_at(client, call.method),
        "operating": round(limits.operating(client, call.method), 6),
    }


def portal_date(portal: Portal, moment: float) -> str:
    return portal.now().fromtimestamp(moment, PORTAL_ZONE).isoformat(timespec="seconds")


def batch(call: Call, started: float) -> dict[str, Any]:
    """Up to 50 commands in order; a failed one does not stop the rest unless ``halt``; an empty part is ``[]``, a filled one an object."""
    parts: dict[str, dict[str, Any]] = {name: {} for name in ("result", "result_error", "result_total", "result_next", "result_time")}
    halt = call.params.text("halt") in ("1", "true", "True", "Y")
    for position, (key, command) in enumerate(as_mapping(call.params.get("cmd")).items()):
        try:
            if position >= BATCH_LIMIT:
                raise RestError("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
            inner = _command(call, str(command), parts["result"])
            page = run(inner)
        except RestError as refusal:
            parts["result_error"][key] = refusal.body()
            if halt:
                break
            continue
        parts["result"][key] = page.result
        if page.total is not None:
            parts["result_total"][key] = page.total
        if page.next is not None:
            parts["result_next"][key] = page.next
        parts["result_time"][key] = time_block(call.portal, started, inner)
    return {name: _php_array(part) for name, part in parts.items()}


def _php_array(part: dict[str, Any]) -> Any:
    """PHP shows an array with keys 0..n-1 as a list, and so an empty one as ``[]``."""
    if list(part) == [str(index) for index in range(len(part))]:
        return list(part.values())
    return part


def _command(call: Call, command: str, results: dict[str, Any]) -> Call:
    name, _, query = command.partition("?")
    name = method_name(unquote(name))
    if name in _NOT_IN_BATCH:
        raise RestError("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405)
    params = Params({key: _resolve(value, results) for key, value in parse_query(query).items()})
    return replace(call, method=name, params=params)


def _resolve(value: Any, results: dict[str, Any]) -> Any:
    """Put earlier results in place of ``$result[key][field]...``; a whole value keeps its type, a part becomes text."""
    if isinstance(value, dict):
        return {key: _resolve(inner, results) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolve(inner, results) for inner in value]
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _follow(whole.group(1), results)
    return _REFERENCE.sub(lambda match: str(_follow(match.group(1), results) or ""), value)


def _follow(path: str, results: dict[str, Any]) -> Any:
    node: Any = results
    for step in _STEP.findall(path):
        node = as_mapping(node).get(step)
    return node


def method_name(text: str) -> str:
    """Lower case, without the optional ``.json`` or ``.xml``."""
    return text.strip("/").lower().removesuffix(".json").removesuffix(".xml")


def make_call(portal: Portal, name: str, params: dict[str, Any], identity: Identity) -> Call:
    return Call(portal, method_name(name), Params(params), identity)
