"""Whether a portal can be worked with: credentials, rights, plan, clock, and what a webhook cannot do."""

from __future__ import annotations

from typing import Any

from connectors.bitrix24.api import Answer, Api
from connectors.bitrix24.funnel import funnel_of
from connectors.bitrix24.manifest import CRM_RIGHTS, NO_SCOPE
from connectors.bitrix24.others import others
from connectors.bitrix24.subscriptions import TOPICS, hooks
from connectors.clocks import health_of, shown_zone
from connectors.contract import WRITES_UNSEEN, Finding, Health, SystemSettings
from connectors.errors import ConnectorError, Unauthorized, Unavailable
from connectors.others import is_ours
from connectors.unanswered import unanswered

Json = Any
SCOPES = {
    "crm": ("контакты и сделки", "contacts and deals"),
    "telephony": ("звонки", "calls"),
    "catalog": ("товары", "goods"),
    "user": ("сотрудники", "employees"),
}
INSTEAD = {"user": "user_brief"}  # a narrower right that does as well
MENU = "Битрикс24 → Разработчикам → Другое → "
MENU_EN = "Bitrix24 → Developer resources → Other → "


def check(api: Api, settings: SystemSettings) -> Health:
    """Each thing looked at is one finding; when the keys are refused, only what they cannot do is told besides."""
    entered, profile = _entrance(api)
    findings = [entered]
    if profile is not None:
        findings += [*_scopes(api), *_objects(api), _writes(profile), *_reads(api), *_funnel(api, settings)]
        findings += shown_zone(settings.timezone, [profile.time.get("date_finish")], system=settings.name)
        findings += others(api)
    return health_of([*findings, _mode(api), *_events(api, settings)], api.http.clock.skew)


def _entrance(api: Api) -> tuple[Finding, Answer | None]:
    """Whether the keys are accepted, and the answer that says whose they are."""
    try:
        answer = api.call("profile")
    except Unauthorized as error:
        return _refused(api, error), None
    except ConnectorError as error:
        return unanswered("credentials", error, ("Портал не ответил", "The portal did not answer")), None
    return Finding("credentials", True, "Ключи приняты", "The keys are accepted"), answer


def _refused(api: Api, error: Unauthorized) -> Finding:
    if error.code == "ACCESS_DENIED":
        return Finding("plan", False, "REST закрыт тарифом портала", "The portal's plan does not include REST",
                       "Битрикс24 → Тарифы: нужна подписка на Маркет", "Bitrix24 → Plans: the Marketplace subscription is needed")  # fmt: skip
    fix, fix_en = ("Локальное приложение", "Local application") if api.access.is_app else ("Входящий вебхук", "Inbound webhook")
    return Finding("credentials", False, f"Портал не принял ключи: {error.russian}", f"The portal refused the keys: {error.message}",
                   f"{MENU}{fix}: выпустите ключи заново и впишите их в окружение", f"{MENU_EN}{fix_en}: issue new ones and set them in the environment")  # fmt: skip


def _scopes(api: Api) -> list[Finding]:
    try:
        granted = set(api.call("scope").result or ())
    except ConnectorError:
        return []
    found = []
    for scope, (ru, en) in SCOPES.items():
        fix = (f"{MENU}откройте приложение или вебхук и отметьте право «{scope}»", f"{MENU_EN}open it and tick the right '{scope}'")
        found.append(
            Finding(f"scope {scope}", True, f"Право «{scope}» есть: {ru}", f"The right '{scope}' is granted: {en}")
            if granted & {scope, INSTEAD.get(scope, scope)}
            else Finding(f"scope {scope}", False, f"Нет права «{scope}»: {ru} недоступны", f"No right '{scope}': no {en}", *fix)
        )
    return found


def _objects(api: Api) -> list[Finding]:
    """Whether the user may read contacts and deals, apart from the scope. Rows that may not be read are silently absent from lists
    (bitrix24 docs: lists), so that none at all is worth a look."""
    found = []
    for kind, ru, en in ((3, "Контакты", "Contacts"), (2, "Сделки", "Deals")):
        try:
            answer = api.call("crm.item.list", {"entityTypeId": kind, "select": ["id"], "order": {"id": "DESC"}, "start": -1})
        except Unavailable as error:
            found.append(unanswered(f"crm {kind}", error, (f"{ru}: нет ответа", f"{en}: no answer")))
            continue
        except ConnectorError as error:
            told = error.message.rstrip(".")
            found.append(Finding(f"crm {kind}", False, f"{ru}: нет доступа ({told})", f"{en}: no access ({told})", *CRM_RIGHTS))
            continue
        if (answer.result or {}).get("items"):
            found.append(Finding(f"crm {kind}", True, f"{ru}: видны", f"{en}: readable"))
            continue
        none, none_en = (
            f"{ru}: не видно ни одного; если портал не пуст, нет права их читать",
            f"{en}: none is seen; unless the portal is empty, the right to read them lacks",
        )
        found.append(Finding(f"crm {kind}", False, none, none_en, *CRM_RIGHTS, warn=True))
    return found


def _writes(profile: Answer) -> Finding:
    """Whether the user may write. No method tells the rights of a role, and trying one would write; only an administrator, whom roles of the
    CRM do not bind, is known beforehand (bitrix24 docs: profile)."""
    if (profile.result or {}).get("ADMIN"):
        return Finding("writes", True, "Запись в CRM разрешена: ключ администратора портала", "Writing to the CRM is allowed: the key of an administrator of the portal")  # fmt: skip
    return Finding(WRITES_UNSEEN, False, "Права на запись заранее не видны, портал показывает их только при записи",
                   "Rights to write cannot be seen beforehand, the portal shows them only on a write", *CRM_RIGHTS, warn=True)  # fmt: skip


def _reads(api: Api) -> list[Finding]:
    """Whether the statistics of calls are seen: a right of the user, apart from the scope."""
    try:
        api.call("voximplant.statistic.get", {"FILTER": {">ID": 0}, "SORT": "ID", "ORDER": "ASC"})
    except Unavailable as error:
        return [unanswered("calls", error, ("Статистика звонков: нет ответа", "Call statistics: no answer"))]
    except ConnectorError as error:
        if error.code in NO_SCOPE:
            return []  # the finding of the scope says it, and its menu mends it
        return [Finding("calls", False, f"Статистика звонков не видна: {error.russian}", f"Call statistics are not seen: {error.message}",
                        "Битрикс24 → CRM → Настройки → Телефония → Права доступа: «Статистика звонков — просмотр»",
                        "Bitrix24 → CRM → Settings → Telephony → Access permissions: 'Call statistics: view'")]  # fmt: skip
    return [Finding("calls", True, "Статистика звонков видна", "Call statistics are seen")]


def _funnel(api: Api, settings: SystemSettings) -> list[Finding]:
    """Whether the stages of the call tasks are there, where tasks are deals of a funnel."""
    funnel = funnel_of(settings.options)
    if funnel is None:
        return []
    try:
        rows = api.call("crm.status.list", {"filter": {"ENTITY_ID": funnel.directory}}).result or ()
    except ConnectorError:
        return []
    there = {str(row["STATUS_ID"]).rpartition(":")[2] for row in rows}
    lacking = ", ".join(f"{stage} ({word})" for word, stage in funnel.stages.items() if stage not in there)
    number = funnel.category
    if not lacking:
        return [
            Finding("call_funnel", True, f"Воронка звонков {number}: все стадии есть", f"Funnel of calls {number}: all stages are there")
        ]
    fix = (f"Битрикс24 → CRM → Сделки → воронка {number} → Настроить стадии; или исправьте options.call_funnel",
           f"Bitrix24 → CRM → Deals → funnel {number} → Stages; or mend options.call_funnel")  # fmt: skip
    said = f"Воронка звонков {number}: нет стадий {lacking}" if rows else f"Нет воронки звонков {number}"
    said_en = f"Funnel of calls {number}: no stages {lacking}" if rows else f"There is no funnel of calls {number}: {lacking}"
    return [Finding("call_funnel", False, said, said_en, *fix)]


def _mode(api: Api) -> Finding:
    if api.access.is_app:
        return Finding("mode", True, "Локальное приложение: всё доступно", "A local application: everything is available")
    return Finding(
        "mode", False,
        "Входящий вебхук: портал не сообщает об изменениях (их видит опрос), звонки сюда не записываются",
        "An incoming webhook: no events (polling sees the changes), and calls are not written here",
        f"{MENU}Локальное приложение: задайте client_id, client_secret, refresh_token и application_token",
        f"{MENU_EN}Local application: set client_id, client_secret, refresh_token and application_token",
        warn=True,
    )  # fmt: skip


def _events(api: Api, settings: SystemSettings) -> list[Finding]:
    if not api.access.is_app:
        return []
    if not settings.secrets.get("application_token"):
        return [Finding("events", False, "Не задан application_token: события портала не принимаются",
                        "No application_token: events of the portal are refused",
                        f"{MENU}Локальное приложение → application_token", f"{MENU_EN}Local application → application_token")]  # fmt: skip
    return _bound(api, settings)


def _bound(api: Api, settings: SystemSettings) -> list[Finding]:
    """Whether every event that the hub needs is bound to its address."""
    try:
        there = hooks(api)
    except ConnectorError:
        return []
    bound = {str(row["event"]).upper() for row in there if is_ours(row.get("handler"), settings)}
    lacking = [topic for topic in TOPICS if topic not in bound]
    if not lacking:
        return [Finding("events", True, f"События портала приходят: {len(bound)}", f"Events of the portal come: {len(bound)}")]
    names = ", ".join(lacking)
    return [Finding("events", False, f"Портал не сообщает о событиях: {names}", f"The portal does not tell of: {names}",
                    f"Хаб подпишется сам в течение 10 минут; если нет — {MENU}Локальное приложение: переустановите его",
                    f"The hub binds them within 10 minutes; where it does not: {MENU_EN}Local application, install it again", warn=True)]  # fmt: skip
