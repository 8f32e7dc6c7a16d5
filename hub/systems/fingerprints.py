"""Is a system's base still the one that the hub knows? A restored copy shows what was so last week; a copy of the base calls the hub as if it
were the base. Either puts the system into observe, so that nothing is written, and tells a person.

The fingerprint is what the vendor says of the installation itself (an account, a portal, a site's address), learnt at the first look and
the first webhook, and the newest objects that the hub knows there: in a restored copy they do not exist yet.
"""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import Connection

from connectors.contract import Fetches, Identifies
from hub import audit
from hub.app import Hub, timezone_of
from hub.storage import links as link_rows
from hub.storage import states
from hub.storage.links import Link
from hub.sync.context import BatchContext
from hub.sync.vendor_time import ROUNDED, as_seconds

log = structlog.get_logger()
Json = Any
NEWEST = 20  # objects of a resource that are asked for
FEWEST = 3  # of them missing or older, and more than half: less may be a user's tidying
GOOD_FOR = 60.0  # seconds that a process trusts what it read of a fingerprint
COPY, OTHER, RESTORED = "copy", "other", "restored"
TEXTS = {
    COPY: (
        "Вебхуки приходят от другой базы ({told} вместо {known}): похоже, это её копия. Запись остановлена. Выключите вебхуки в копии, затем верните режим; если переехала сама база, отметьте, что она верна",
        "Webhooks come from another base ({told} instead of {known}): it looks like a copy. Nothing is written. Switch the webhooks of the copy off, then put the system into its mode again; if the base itself has moved, say that it is right",
    ),
    OTHER: (
        "По этому адресу другая база: {told} вместо {known}. Запись остановлена. Проверьте адрес и ключ; если база верна, отметьте это, возвращая режим",
        "Another base answers at this address: {told} instead of {known}. Nothing is written. Check address and key; if the base is right, say so when you put the system into its mode again",
    ),
    RESTORED: (
        "База, похоже, восстановлена из копии: из {asked} последних объектов {resource} {missing} нет или старше, чем были. Запись остановлена. Если так и надо, отметьте, что база верна, возвращая режим",
        "The base seems to be restored from a copy: of the {asked} newest objects of {resource} {missing} are missing or older than they were. Nothing is written. If that is meant, say that the base is right when you put the system into its mode again",
    ),
}  # fmt: skip


def recognise(hub: Hub, system: str) -> str:
    """Look at a system's base. Returns what is wrong with it, as a code, or empty. Raises ConnectorError."""
    connector = hub.connectors[system]
    base = connector.base() if isinstance(connector, Identifies) else ""
    with hub.store.read() as at:
        known = str((states.get(at, system)["fingerprint"] or {}).get("base", ""))
    if base and known and base != known:
        return raise_alarm(hub, system, OTHER, told=base, known=known)
    if base and not known:
        learn(hub, system, base)
    for resource in hub.resources(system):
        if hub.resource(system, resource).listed and isinstance(connector, Fetches):
            asked, missing = _not_as_known(hub, system, resource, connector)
            if missing >= FEWEST and missing * 2 > asked:
                return raise_alarm(hub, system, RESTORED, asked=asked, missing=missing, resource=resource)
    return ""


def called(hub: Hub, system: str, base: str) -> bool:
    """A webhook says which base it comes from (empty: it does not). False where that is not the one that the hub knows."""
    if not base:
        return True
    key, now = ("fingerprint", system), hub.clock()
    known, until = str(hub.cache.get(key, ("", 0.0))[0]), float(hub.cache.get(key, ("", 0.0))[1])
    if known != base or now > until:
        with hub.store.read() as at:
            known = str((states.get(at, system)["fingerprint"] or {}).get("base", ""))
        hub.cache[key] = (known, now + GOOD_FOR)
    if not known:
        learn(hub, system, base)
        return True
    alarmed = float(hub.cache.get(("alarm", system, known), 0.0))  # a copy that goes on calling costs no transaction each time
    if known != base and now > alarmed:
        raise_alarm(hub, system, COPY, told=base, known=known)
        hub.cache[("alarm", system, known)] = now + GOOD_FOR
    return known == base


def learn(hub: Hub, system: str, base: str) -> None:
    """Remember which base this is."""
    with hub.store.write() as at:
        held = states.get(at, system)["fingerprint"] or {}
        states.set_values(at, system, fingerprint={**held, "base": base})
    hub.cache[("fingerprint", system)] = (base, hub.clock() + GOOD_FOR)


def forget(hub: Hub, at: Connection, system: str) -> None:
    """A person says that the base is right as it is now: it is learnt anew, and what is not there is no wonder."""
    states.set_values(at, system, fingerprint={"base": "", "since": hub.clock()}, alarm=None)
    hub.cache.pop(("fingerprint", system), None)


def raise_alarm(hub: Hub, system: str, code: str, **values: Json) -> str:
    """Put the system into observe and say why; once, until a person has looked."""
    ru, en = (text.format(**values) for text in TEXTS[code])
    with hub.store.write() as at:
        state = states.get(at, system)
        if state["alarm"]:
            return code
        told = {"code": code, "ru": ru, "en": en, "at": hub.clock(), "mode": state["mode"]}
        states.set_values(at, system, mode="observe", alarm=told)
        entry = audit.Entry("mode", "hub", system, cause=f"{state['mode']} -> observe: {code}", outcome="observe")
        audit.write(at, [entry], now=hub.clock())
    log.warning("base.alarm", system=system, code=code)
    return code


def _not_as_known(hub: Hub, system: str, resource: str, connector: Fetches) -> tuple[int, int]:
    """(newest known objects asked for, those that are missing or older than they were). What a person accepted before does not count."""
    with hub.store.read() as at:
        since = float((states.get(at, system)["fingerprint"] or {}).get("since", 0.0))
        known = {x.external_id: x for x in link_rows.newest(at, system, resource, looked_after=since, limit=NEWEST)}
        if len(known) < FEWEST:
            return 0, 0
    found = {remote.id: remote for remote in connector.fetch(resource, sorted(str(ident) for ident in known))}
    with hub.store.read() as at:
        context = BatchContext(at, system, timezone_of(hub.settings.systems[system]))
        odd = sum(not _as_known(hub, system, one, found.get(str(ident)), context) for ident, one in known.items())
    return len(known), odd


def _as_known(hub: Hub, system: str, known: Link, remote: Any, context: BatchContext) -> bool:
    mapping = hub.mapping(system, known.resource)
    if remote is None or mapping is None:
        return remote is not None
    view = hub.resource(system, known.resource).representations["fetch"]
    try:
        read = mapping.read(dict(remote.data), view.carries, view.lacks, view.absent_is_empty, context)
    except Exception:  # a broken object is parked by the engine, which says why
        return True
    told = as_seconds(read.modified)
    return told is None or known.modified is None or told >= known.modified - ROUNDED
