"""``python -m sandbox <vendor> --port N``: one vendor's stand-in; prints a JSON line with its address when it listens."""

from __future__ import annotations

import argparse
import ctypes
import json
import signal
import sys
import threading
from contextlib import ExitStack
from typing import Any

from sandbox.frame.server import beside, server
from sandbox.frame.tls import certificate

VENDORS = (
    "moysklad",
    "bitrix24",
    "woocommerce",
    "retailcrm",
    "onec",
    "bonusplus",
    "mindbox",
    "cloudpayments",
    "cdek",
    "mango",
    "insales",
    "sms",
    "yandex_audiences",
    "vk_ads",
    "uds",
)


def make(vendor: str, seed: int, loopback: bool, http: bool, profile: str) -> Any:
    """The vendor's app."""
    if vendor == "moysklad":
        from sandbox.moysklad.app import Moysklad

        return Moysklad(seed, allow_loopback_webhooks=loopback)
    if vendor == "bitrix24":
        from sandbox.bitrix24.app import Bitrix24

        return Bitrix24(seed, allow_loopback_webhooks=loopback, allow_http=http)
    if vendor == "retailcrm":
        from sandbox.retailcrm.app import Retailcrm

        return Retailcrm(seed, allow_loopback_webhooks=loopback)
    if vendor == "bonusplus":
        from sandbox.bonusplus.app import Bonusplus

        return Bonusplus(seed, allow_loopback_webhooks=loopback)
    if vendor == "mindbox":
        from sandbox.mindbox.app import Mindbox

        return Mindbox(seed, allow_loopback_webhooks=loopback)
    if vendor == "cdek":
        from sandbox.cdek.app import Cdek

        return Cdek(seed, allow_loopback_webhooks=loopback)
    if vendor == "cloudpayments":
        from sandbox.cloudpayments.app import Cloudpayments

        return Cloudpayments(seed, allow_loopback_webhooks=loopback)
    if vendor == "mango":
        from sandbox.mango.app import Mango

        return Mango(seed, allow_loopback_webhooks=loopback)
    if vendor == "insales":
        from sandbox.insales.app import Insales

        return Insales(seed, allow_loopback_webhooks=loopback)
    if vendor == "sms":
        from sandbox.sms.app import Sms

        return Sms(seed, allow_loopback_webhooks=loopback)
    if vendor == "yandex_audiences":
        from sandbox.yandex_audiences.app import YandexAudiences

        return YandexAudiences(seed)
    if vendor == "uds":
        from sandbox.uds.app import Uds

        return Uds(seed, allow_loopback_webhooks=loopback)
    if vendor == "vk_ads":
        from sandbox.vk_ads.app import VkAds

        return VkAds(seed)
    if vendor == "onec":
        from sandbox.onec.app import Onec

        return Onec(seed, profile)
    from sandbox.woocommerce.app import Woocommerce

    return Woocommerce(seed, allow_loopback_webhooks=loopback)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("vendor", choices=VENDORS)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--allow-loopback-webhooks", action="store_true", help="webhooks may go to this machine")
    parser.add_argument("--allow-http", action="store_true", help="bitrix24 alone: answer plain HTTP beside TLS")
    parser.add_argument("--profile", choices=("ut", "unf", "retail"), default="ut", help="onec alone: which configuration the base has")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # end with the parent
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    vendor = make(chosen.vendor, chosen.seed, chosen.allow_loopback_webhooks, chosen.allow_http, chosen.profile)
    made = server(vendor, chosen.host, chosen.port, chosen.seed)
    line = {"vendor": chosen.vendor, "url": f"http://{chosen.host}:{made.server_port}"}
    with ExitStack() as stack:
        if chosen.vendor == "bitrix24":
            pair = stack.enter_context(certificate())
            tls = beside(made, pair, chosen.host)
            threading.Thread(target=tls.serve_forever, daemon=True).start()
            line |= {"tls_url": f"https://{chosen.host}:{tls.server_port}", "ca": str(pair.path)}
        print(json.dumps(line), flush=True)
        made.serve_forever()


main()
