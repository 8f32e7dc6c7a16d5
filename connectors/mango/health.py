"""Whether a PBX can be worked with: one question, since a second wrong one would shut it out; and what of the setting nobody asks."""

from __future__ import annotations

from connectors.clocks import health_of
from connectors.contract import Finding, Health, SystemSettings
from connectors.errors import ConnectorError, Unavailable
from connectors.mango.api import Api
from connectors.mango.manifest import KEYS
from connectors.mango.sendable import USERS
from connectors.unanswered import unanswered


def check(api: Api, settings: SystemSettings) -> Health:
    findings = [_key(api), _events(settings), _recordings()]
    return health_of(findings, api.http.clock.skew)


def _key(api: Api) -> Finding:
    try:
        count = len(api.ask(USERS, {}).get("users") or ())
    except Unavailable as error:
        return unanswered("key", error, ("АТС не отвечает", "The PBX does not answer"))
    except ConnectorError as error:
        return Finding("key", False, f"АТС не отвечает: {error.message}", f"The PBX does not answer: {error.message}", *KEYS)
    return Finding("key", True, f"Ключ и подпись приняты, сотрудников: {count}", f"Key and signature are accepted, employees: {count}")


def _events(settings: SystemSettings) -> Finding:
    """The API neither subscribes nor tells what address was typed."""
    address = f"{settings.options.get('public_url') or 'https://…'}/webhooks/{settings.name}/…"
    return Finding(
        "events", False, "Введён ли адрес для событий, АТС не говорит; без него звонки приходят из статистики",
        "Whether the address for events is typed in, the PBX does not tell; without it calls come from the statistics",
        f"{KEYS[0].partition(':')[0]} → адрес внешней системы: {address}", f"{KEYS[1].partition(':')[0]} → address of the external system: {address}", warn=True,
    )  # fmt: skip


def _recordings() -> Finding:
    return Finding(
        "recordings", False, "Хранятся ли записи, видно только по записи", "Whether recordings are kept shows only in one",
        "Личный кабинет Mango → Запись разговоров: хранение в «Облачном хранилище»", "Mango cabinet → Call recording: keep them in the cloud storage", warn=True,
    )  # fmt: skip
