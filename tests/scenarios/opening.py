"""How every shop of the scenarios opens: stand-ins over real HTTP, a configuration that is pointed at them, an empty hub, and one clock for all."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from connectors.contract import Limiter
from connectors.limiter import LocalLimiter
from hub.app import Hub, assemble, prepare
from hub.config.schema import ConfigSchema
from hub.config.settings import build
from hub.storage.engine import Store, open_store
from sandbox.bitrix24.auth import APPLICATION_TOKEN, CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN
from sandbox.bonusplus.app import KEY as BONUSPLUS_KEY
from sandbox.frame.server import running
from sandbox.insales.app import KEY as INSALES_KEY
from sandbox.insales.app import PASSWORD as INSALES_PASSWORD
from sandbox.mindbox.app import HUB, KEYS
from sandbox.moysklad.app import TOKEN
from sandbox.onec.app import LOGIN, PASSWORD
from sandbox.retailcrm.keys import KEY as RETAILCRM_KEY
from sandbox.sms.app import KEY as SMS_KEY
from sandbox.sms.app import LOGIN as SMS_LOGIN
from sandbox.smsc.app import KEY as SMSC_KEY
from sandbox.uds.app import COMPANY as UDS_COMPANY
from sandbox.uds.app import KEY as UDS_KEY
from sandbox.vk_ads.tokens import CLIENT as VK_CLIENT
from sandbox.vk_ads.tokens import SECRET as VK_SECRET
from sandbox.yandex_audiences.app import TOKEN as YANDEX_TOKEN
from tests.blank import lay_tables

Json = Any
SECRETS = {
    "MOYSKLAD_TOKEN": TOKEN,
    "MOYSKLAD_WEBHOOK_SECRET": "hook-a",
    "WOO_KEY": "ck_sandbox",
    "WOO_SECRET": "cs_sandbox",
    "WOO_WEBHOOK_SECRET": "hook-b",
    "BITRIX24_CLIENT_ID": CLIENT_ID,
    "BITRIX24_CLIENT_SECRET": CLIENT_SECRET,
    "BITRIX24_REFRESH_TOKEN": FIRST_REFRESH_TOKEN,
    "BITRIX24_APPLICATION_TOKEN": APPLICATION_TOKEN,
    "BITRIX24_WEBHOOK_SECRET": "hook-c",
    "RETAILCRM_KEY": RETAILCRM_KEY,
    "RETAILCRM_WEBHOOK_SECRET": "hook-d",
    "BONUSPLUS_KEY": BONUSPLUS_KEY,
    "BONUSPLUS_WEBHOOK_SECRET": "hook-d",
    "ONEC_LOGIN": LOGIN,
    "ONEC_PASSWORD": PASSWORD,
    "KASSA_LOGIN": LOGIN,
    "KASSA_PASSWORD": PASSWORD,
    "MINDBOX_KEY": KEYS[HUB],
    "MINDBOX_WEBHOOK_SECRET": "hook-e",
    "INSALES_LOGIN": INSALES_KEY,
    "INSALES_PASSWORD": INSALES_PASSWORD,
    "INSALES_WEBHOOK_SECRET": "hook-f",
    "SMS_LOGIN": SMS_LOGIN,
    "SMS_KEY": SMS_KEY,
    "SMS_WEBHOOK_SECRET": "hook-f",
    "SMSC_KEY": SMSC_KEY,
    "SMSC_CALLBACK": "cb-secret",
    "YANDEX_AUDIENCE_TOKEN": YANDEX_TOKEN,
    "VK_ADS_CLIENT_ID": VK_CLIENT,
    "VK_ADS_CLIENT_SECRET": VK_SECRET,
    "UDS_COMPANY_ID": UDS_COMPANY,
    "UDS_KEY": UDS_KEY,
    "UDS_WEBHOOK_SECRET": "hook-u",
    "SVERKA_API_KEY": "a key of the checkout",
}
UNLIMITED = ("sklad", "crm", "retail")  # stand-ins whose limits no scenario waits for
DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # PyYAML's own takes ten times as long


class Clock:
    """The time of the hub and of its vendors alike. While nothing is due it goes in strides: settles and retries are lived through, late effects
    fall where they would, and no test waits for them."""

    def __init__(self, vendors: tuple[Any, ...]) -> None:
        self.vendors, self.offset = vendors, 0.0

    def __call__(self) -> float:
        return time.time() + self.offset

    def idle(self, due: float) -> None:
        """A round found nothing to do. What a vendor sends of itself has a moment to come; then it is the time when the next thing comes
        ``due``, or two seconds later, since not everything that comes says when."""
        time.sleep(0.002)
        self.skip(min(max(due - self(), 0.0), 2.0))

    def skip(self, seconds: float) -> None:
        """So much time has passed, for the hub and its vendors alike."""
        self.offset += seconds
        for vendor in self.vendors:
            vendor.offset = self.offset


def limitless(system: Any, manifest: Any) -> Limiter:
    return LocalLimiter(())


def hub_on(store: Store, raw: dict[str, Json], folder: Path, limiters: Callable[[Any, Any], Limiter] = limitless) -> Hub:
    """A hub of a configuration, on a store that may be without tables yet."""
    os.environ.update(SECRETS)
    return assemble(build(ConfigSchema().load(raw), folder, {}), store, limiters)


@contextmanager
def hub_between(
    vendors: Mapping[str, Any],
    configured: Callable[[dict[str, str]], dict[str, Json]],
    folder: Path,
    url: str = "",
    *,
    limiters: Callable[[Any, Any], Limiter] = limitless,
    wrap: Callable[[Store], Store] = lambda store: store,
) -> Iterator[tuple[Hub, dict[str, str]]]:
    """An empty hub between stand-ins, and their addresses. ``configured``: the configuration for these addresses. ``url``: a PostgreSQL
    database, else SQLite in ``folder``, where the configuration stands too. ``wrap``: what the hub has for a store."""
    for name in UNLIMITED:
        if vendors.get(name) is not None:
            vendors[name].limits.enforce = False
    with ExitStack() as stack:
        urls = {system: stack.enter_context(running(vendor)) for system, vendor in vendors.items()}
        raw = {**configured(urls), "folder": str(folder)}
        (folder / "config.yaml").write_text(yaml.dump(raw, Dumper=DUMPER, allow_unicode=True))
        if not url:
            lay_tables(folder)
        store = wrap(open_store(url, folder, Clock(tuple(vendors.values()))))
        stack.callback(store.dispose)
        hub = hub_on(store, raw, folder, limiters)
        prepare(hub)
        yield hub, urls
