"""``python -m sandbox.judge fill|edit|live|judge``: see the package."""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from sandbox.judge.clients import moysklad, woocommerce
from sandbox.judge.play import edit, fill
from sandbox.judge.verdict import Verdict


def main() -> None:
    parser = argparse.ArgumentParser(prog="judge")
    parser.add_argument("what", choices=["fill", "edit", "live", "judge"])
    parser.add_argument("--moysklad", required=True)
    parser.add_argument("--woocommerce", required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--customers", type=int, default=100)
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--edits", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.1)
    chosen = parser.parse_args()
    sklad, site = moysklad(chosen.moysklad), woocommerce(chosen.woocommerce)
    if chosen.what == "fill":
        journal = fill(sklad, site, seed=chosen.seed, customers=chosen.customers, orders=chosen.orders)
        chosen.journal.write_text(json.dumps(journal, ensure_ascii=False))
        return
    journal = json.loads(chosen.journal.read_text())
    rng = random.Random(chosen.seed + 1)
    if chosen.what == "judge":
        print(json.dumps(Verdict(sklad, site, journal).judge(), ensure_ascii=False))
    elif chosen.what == "edit":
        for _ in range(chosen.edits):
            edit(sklad, site, journal, rng, chosen.pause)
        chosen.journal.write_text(json.dumps(journal, ensure_ascii=False))
    else:
        while True:
            edit(sklad, site, journal, rng, chosen.pause)


main()
