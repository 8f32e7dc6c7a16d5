"""Whether a project can be worked with: address, key, the operations that read, what its names are; none that writes is tried."""

from __future__ import annotations

from typing import Any

from connectors.clocks import NO_ZONE, health_of
from connectors.contract import WRITES_UNSEEN, Finding, Health, SystemSettings
from connectors.errors import ConnectorError, Unauthorized, Unavailable
from connectors.mindbox.api import Api
from connectors.mindbox.exports import moment
from connectors.mindbox.manifest import CURES, OPERATIONS
from connectors.mindbox.operations import DEFAULTS, READS, WRITES, mistakes
from connectors.mindbox.shape import Names
from connectors.unanswered import unanswered

Json = Any
NOBODY = "sverka-check"  # an id that no customer and no order has
MERGED = 600.0  # seconds ago: a period of merges that may be asked for


def check(api: Api, names: Names, settings: SystemSettings) -> Health:
    """Each thing looked at is one finding; when the address or the key is refused, nothing else is asked."""
    api.forgive()
    probes = _probes(api, names)
    findings: list[Finding] = []
    for what in sorted(READS, key=lambda one: one != "get_customer"):
        if api.has(what):
            finding, refused = _probe(api, what, probes[what])
            findings.append(finding)
            if refused:
                return Health(tuple(findings), api.http.clock.skew)
    findings += [*_config(api, settings), _writes()]
    return health_of([*findings, NO_ZONE], api.http.clock.skew)


def _probes(api: Api, names: Names) -> dict[str, dict[str, Json]]:
    """Questions whose answer is that there is nobody."""
    nobody = {"customer": {"ids": {names.id_system: NOBODY}}}
    now = api.now()
    page = {"pageNumber": 1, "itemsPerPage": 1, "sinceDateTimeUtc": moment(now - 2 * MERGED), "tillDateTimeUtc": moment(now - MERGED)}
    return {"get_customer": nobody, "get_balance": nobody, "get_order": {"order": {"ids": {names.order_id_system: NOBODY}}},
            "customer_merges": {"customerMergesPage": page}}  # fmt: skip


def _probe(api: Api, what: str, body: dict[str, Json]) -> tuple[Finding, bool]:
    """A finding, and whether the address or the key was refused."""
    name = api.operations[what].name
    try:
        api.read(what, body)
        return Finding(f"operation {what}", True, f"Операция отвечает: {name}", f"The operation answers: {name}"), False
    except Unavailable as error:
        return unanswered(f"operation {what}", error, (f"Операция {name}: нет ответа", f"Operation {name}: no answer")), False
    except ConnectorError as error:
        ru, en = CURES.get(error.code, (f"{OPERATIONS[0]} → {name}", f"{OPERATIONS[1]} → {name}"))
        told = Finding(f"operation {what}", False, f"Операция {name}: {error.message}", f"Operation {name}: {error.message}", ru, en)
        return told, isinstance(error, Unauthorized)


def _config(api: Api, settings: SystemSettings) -> list[Finding]:
    where = f"config.yaml → systems.{settings.name}.options"
    found = []
    if wrong := mistakes(settings.options):
        listed, known = ", ".join(wrong), ", ".join(DEFAULTS)
        found.append(Finding("operations", False, f"В operations непонятно: {listed}", f"In operations this means nothing: {listed}",
                             f"{where}.operations: {known}; mode: sync или async", f"{where}.operations: {known}; mode: sync or async"))  # fmt: skip
    if queued := [what for what in sorted(WRITES) if api.operations[what].queued]:
        listed = ", ".join(queued)
        found.append(Finding("queued", False, f"Пишется через очередь, отказ виден не сразу: {listed}", f"Written through the queue, a refusal is not seen at once: {listed}",
                             f"{where}.operations: mode: sync", f"{where}.operations: mode: sync", warn=True))  # fmt: skip
    if not api.has("export_errors"):
        found.append(Finding("errors", False, "Журнал операций не читается: отказ в звонке остаётся незамеченным", "The log of operations is not read: a refused call goes unnoticed",
                             f"{where}.operations.export_errors: имя операции экспорта журнала", f"{where}.operations.export_errors: the operation that exports the log", warn=True))  # fmt: skip
    return found


def _writes() -> Finding:
    return Finding(WRITES_UNSEEN, False, "Права на запись заранее не видны: операции проверяются только записью",
                   "Rights to write are not seen beforehand: operations show them only on a write", *CURES["403"], warn=True)  # fmt: skip
