"""The portal about itself: who calls, with which rights, what is offered, what time it is."""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24.registry import METHODS, Call, method
from sandbox.bitrix24.values import show_time


@method("app.info", "", app_only=True)
def app_info(call: Call) -> Any:
    return {
        "ID": 3, "CODE": call.identity.client, "VERSION": 1, "STATUS": "L", "INSTALLED": True, "PAYMENT_EXPIRED": "N", "DAYS": None,
        "LANGUAGE_ID": "ru", "LICENSE": "ru_basic", "LICENSE_TYPE": "basic", "LICENSE_FAMILY": "basic",
    }  # fmt: skip


@method("profile", "")
def profile(call: Call) -> Any:
    user = call.portal.users[call.identity.user_id]
    return {
        "ID": user["ID"], "ADMIN": user["WORK_POSITION"] == "Администратор" and not call.portal.plain, "NAME": user["NAME"], "LAST_NAME": user["LAST_NAME"],
        "PERSONAL_GENDER": "", "TIME_ZONE": "Asia/Yekaterinburg",
    }  # fmt: skip


@method("scope", "")
def scope(call: Call) -> Any:
    return list(call.portal.scopes)


@method("server.time", "")
def server_time(call: Call) -> Any:
    return show_time(call.portal.moment())


@method("methods", "")
def methods(call: Call) -> Any:
    return sorted(METHODS)


@method("method.get", "")
def method_get(call: Call) -> Any:
    known = METHODS.get(call.params.text("name").lower())
    return {"isExisting": known is not None, "isAvailable": known is not None and (call.identity.is_app or not known.app_only)}


@method("feature.get", "")
def feature(call: Call) -> Any:
    return {"value": "Y" if call.params.text("code") in ("rest_offline_extended", "rest_auth_connector") else "N"}
