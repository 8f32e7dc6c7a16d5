"""Whether a portal can be worked with: credentials, rights, plan, clock, and what a webhook cannot do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from connectors.bitrix24.api import Api
from connectors.clocks import clock_finding
from connectors.contract import Finding, Health, SystemSettings
from connectors.errors import ConnectorError, Unauthorized

Json = Any
SCOPES = {"crm": ("контакты и сделки", "contacts and deals"), "telephony": ("звонки", "calls"), "catalog": ("товары", "goods")}
MENU = "Битрикс24 → Разработчикам → Другое → "
MENU_EN = "Bitrix24 → Developer resources → Other → "


class Checkup:
    """One run of checks."""

    def __init__(self, api: Api, settings: SystemSettings, clock: Callable[[], datetime]) -> None:
        self.api, self.settings, self.clock = api, settings, clock
        self.skew: float | None = None

    def run(self) -> Health:
        entered = self._entrance()
        findings = [entered]
        if entered.ok:
            findings += [*self._scopes(), *self._reads(), *self._clock()]
        return Health((*findings, self._mode(), *self._events()), self.skew)

    def _entrance(self) -> Finding:
        try:
            answer = self.api.call("profile")
        except Unauthorized as error:
            if error.code == "ACCESS_DENIED":
                return Finding("plan", False, "REST закрыт тарифом портала", "The portal's plan does not include REST",
                               "Битрикс24 → Тарифы: нужна подписка на Маркет", "Bitrix24 → Plans: the Marketplace subscription is needed")  # fmt: skip
            app, web = f"{MENU}Локальное приложение", f"{MENU}Входящий вебхук"
            app_en, web_en = f"{MENU_EN}Local application", f"{MENU_EN}Inbound webhook"
            fix, fix_en = (app, app_en) if self.api.access.is_app else (web, web_en)
            return Finding("credentials", False, f"Портал не принял ключи: {error.message}", f"The portal refused the keys: {error.message}",
                           f"{fix}: выпустите ключи заново и впишите их в окружение", f"{fix_en}: issue new ones and set them in the environment")  # fmt: skip
        except ConnectorError as error:
            return Finding("credentials", False, f"Портал не ответил: {error.message}", f"The portal did not answer: {error.message}")
        finish = answer.time.get("finish")
        self.skew = float(finish) - self.clock().timestamp() if finish else None
        return Finding("credentials", True, "Ключи приняты", "The keys are accepted")

    def _scopes(self) -> list[Finding]:
        try:
            granted = set(self.api.call("scope").result or ())
        except ConnectorError:
            return []
        found = []
        for scope, (ru, en) in SCOPES.items():
            fix = (f"{MENU}откройте приложение или вебхук и отметьте право «{scope}»", f"{MENU_EN}open it and tick the right '{scope}'")
            found.append(
                Finding(f"scope {scope}", True, f"Право «{scope}» есть: {ru}", f"The right '{scope}' is granted: {en}")
                if scope in granted
                else Finding(f"scope {scope}", False, f"Нет права «{scope}»: {ru} недоступны", f"No right '{scope}': no {en}", *fix)
            )
        return found

    def _reads(self) -> list[Finding]:
        """Whether the statistics of calls are seen: a right of the user, apart from the scope."""
        try:
            self.api.call("voximplant.statistic.get", {"FILTER": {">ID": 0}, "SORT": "ID", "ORDER": "ASC"})
        except ConnectorError as error:
            return [Finding("calls", False, f"Статистика звонков не видна: {error.message}", f"Call statistics are not seen: {error.message}",
                            "Битрикс24 → CRM → Настройки → Телефония → Права доступа: «Статистика звонков — просмотр»",
                            "Bitrix24 → CRM → Settings → Telephony → Access permissions: 'Call statistics: view'")]  # fmt: skip
        return [Finding("calls", True, "Статистика звонков видна", "Call statistics are seen")]

    def _clock(self) -> list[Finding]:
        return [] if self.skew is None else [clock_finding(self.skew)]

    def _mode(self) -> Finding:
        if self.api.access.is_app:
            return Finding("mode", True, "Локальное приложение: всё доступно", "A local application: everything is available")
        return Finding(
            "mode", False,
            "Входящий вебхук: портал не сообщает об изменениях (их видит опрос), звонки сюда не записываются",
            "An incoming webhook: no events (polling sees the changes), and calls are not written here",
            f"{MENU}Локальное приложение: задайте client_id, client_secret, refresh_token и application_token",
            f"{MENU_EN}Local application: set client_id, client_secret, refresh_token and application_token",
        )  # fmt: skip

    def _events(self) -> list[Finding]:
        if self.settings.secrets.get("application_token") or not self.api.access.is_app:
            return []
        return [Finding("events", False, "Не задан application_token: события портала не принимаются",
                        "No application_token: events of the portal are refused",
                        f"{MENU}Локальное приложение → application_token", f"{MENU_EN}Local application → application_token")]  # fmt: skip
