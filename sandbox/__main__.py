"""``python -m sandbox <vendor> --port N``: one vendor's stand-in; prints a JSON line with its address when it listens."""

from __future__ import annotations

import argparse
import ctypes
import json
import signal
import sys
from typing import Any

from sandbox.frame.server import server


def make(vendor: str, seed: int, loopback: bool) -> Any:
    """The vendor's app."""
    if vendor == "moysklad":
        from sandbox.moysklad.app import Moysklad

        return Moysklad(seed, allow_loopback_webhooks=loopback)
    from sandbox.woocommerce.app import Woocommerce

    return Woocommerce(seed, allow_loopback_webhooks=loopback)


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("vendor", choices=["moysklad", "woocommerce"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--allow-loopback-webhooks", action="store_true")
    chosen = parser.parse_args()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # end with the parent
    made = server(make(chosen.vendor, chosen.seed, chosen.allow_loopback_webhooks), chosen.host, chosen.port, chosen.seed)
    print(json.dumps({"vendor": chosen.vendor, "url": f"http://{chosen.host}:{made.server_port}"}), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    made.serve_forever()


main()
