"""Facts about SMSC.ru (smsc.ru/api/http: status, get_data, balance, callback), as data."""

from __future__ import annotations

from connectors.contract import Limit, Manifest
from connectors.gateways import MESSAGE, messages

ACCOUNT = (
    "SMSC.ru → Настройки → API: логин с паролем для API, или API-ключ",
    "SMSC.ru → Settings → API: login with a password for the API, or an API key",
)
CURES = {
    "2": ACCOUNT,
    "4": ("SMSC.ru закрыл адрес на время из-за частых ошибок: проверьте логин и пароль", "SMSC.ru has shut this address out for a while after many errors: look at login and password"),
    "404": ("config.yaml → systems → url: https://smsc.ru/sys", "config.yaml → systems → url: https://smsc.ru/sys"),
}  # fmt: skip

MANIFEST = Manifest(
    vendor="smsc",
    title="SMSC.ru",
    resources={MESSAGE: messages("SMSC.ru docs: callback, one address of an account, typed in the cabinet")},
    # no limit but that of equal requests is published: more than five a minute are refused with code 9. Requests at once: a courtesy
    limits=(Limit("window", 10, 1.0), Limit("parallel", 2)),
    cures=CURES,
)
