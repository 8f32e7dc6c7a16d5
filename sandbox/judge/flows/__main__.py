"""``python -m sandbox.judge.flows FLOW before|work|judge --system NAME=VENDOR=URL ... --journal FILE``: see the package."""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

from sandbox.judge.flows.audiences import Audiences
from sandbox.judge.flows.calling import CallDeals, CallLoop
from sandbox.judge.flows.carts import AbandonedCart
from sandbox.judge.flows.catalogue import Catalogue
from sandbox.judge.flows.contacts import Contacts
from sandbox.judge.flows.desks import desks
from sandbox.judge.flows.flow import Flow
from sandbox.judge.flows.life import OrderLife
from sandbox.judge.flows.purchases import Purchases
from sandbox.judge.flows.refusals import Refusals
from sandbox.judge.flows.registration import Registration
from sandbox.judge.flows.strangers import explained, plant
from sandbox.judge.flows.till import TillSale
from sandbox.judge.people import Shares

FLOWS: dict[str, type[Flow]] = {
    "F1": Registration,
    "F2": Purchases,
    "F3": TillSale,
    "F4": OrderLife,
    "F5": Catalogue,
    "F6": CallLoop,
    "F6-DEALS": CallDeals,
    "F7": AbandonedCart,
    "F8": Refusals,
    "F9": Contacts,
    "F10": Audiences,
}
SHOWN = 50


def main() -> None:
    parser = argparse.ArgumentParser(prog="flows")
    parser.add_argument("flow", choices=sorted(FLOWS))
    parser.add_argument("what", choices=["before", "work", "judge"])
    parser.add_argument("--system", action="append", required=True, help="name=vendor=url")
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=20)
    parser.add_argument("--dirt", type=float, default=1.0, help="multiplies the shares of dirt among those whom the flow does not know")
    parser.add_argument("--round", type=int, default=0)
    parser.add_argument("--grace", type=float, default=0.0, help="seconds that a killed process holds its work")
    chosen = parser.parse_args()
    told = json.loads(chosen.journal.read_text()) if chosen.journal.exists() else {}
    open_to_all = desks(chosen.system)
    for desk in open_to_all.values():
        desk.api.control("limits", {"enforce": chosen.what != "judge"})
    flow = FLOWS[chosen.flow](open_to_all, random.Random(f"{chosen.seed} {chosen.flow} {chosen.round}"), chosen.size, told)
    flow.grace = chosen.grace
    if chosen.what == "judge":
        letters = [one for one in json.loads(sys.stdin.read() or "[]") if not explained(one, told.get("strangers", ()))]
        found = flow.violations()
        effects = {name: {k: n for k, n in desk.shows("effects").items() if n} for name, desk in open_to_all.items()}
        print(
            json.dumps(
                {"ran": flow.ran, "violations": found[:SHOWN], "effects": effects, "owed": flow.owed, "dead": letters}, ensure_ascii=False
            )
        )
        return
    getattr(flow, chosen.what)()
    if chosen.what == "before":
        flow.told["strangers"] = plant(open_to_all, flow.rng, chosen.size, Shares(times=chosen.dirt))
    chosen.journal.write_text(json.dumps(flow.told))


if __name__ == "__main__":
    main()
