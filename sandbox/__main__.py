"""``python -m sandbox <vendor> --port N``: one vendor's stand-in; prints a JSON line with its address when it listens."""

from __future__ import annotations

import argparse
import ctypes
import json
import signal
import sys
import threading
from contextlib import ExitStack
from importlib import import_module
from inspect import signature
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
    "smsc",
    "yandex_audiences",
    "vk_ads",
    "uds",
)


def make(vendor: str, **chosen: Any) -> Any:
    """The vendor's app: the class of ``sandbox/<vendor>/app.py`` that bears its name, with those of the choices that it takes."""
    app = getattr(import_module(f"sandbox.{vendor}.app"), "".join(part.capitalize() for part in vendor.split("_")))
    return app(**{name: value for name, value in chosen.items() if name in signature(app).parameters})


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
    vendor = make(**vars(chosen))
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
