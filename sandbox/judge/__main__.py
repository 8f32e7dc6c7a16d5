"""``python -m sandbox.judge fill|connect|work|live|golive|judge --system sklad=moysklad=URL ... --journal FILE``: see the package."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from sandbox.judge import bonusplus
from sandbox.judge.connected import fill_connected
from sandbox.judge.dirt import account, dead_letters
from sandbox.judge.edits import account as acts
from sandbox.judge.fill import fill
from sandbox.judge.golive import go_live, owed_creates
from sandbox.judge.journal import Journal
from sandbox.judge.people import Shares
from sandbox.judge.snapshot import TERMS, connect, made_by_hub, take
from sandbox.judge.users import Users
from sandbox.judge.verdict import Verdict, owed_writes

SHOWN = 50


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="judge")
    parser.add_argument("what", choices=["fill", "connect", "work", "live", "golive", "judge"])
    parser.add_argument("--system", action="append", required=True, help="name=vendor=url")
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--customers", type=int, default=100)
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--edits", type=int, default=0)
    parser.add_argument("--calls", type=int, default=0)
    parser.add_argument("--round", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.05)
    parser.add_argument("--deletes", action="store_true", help="users delete objects, too")
    parser.add_argument("--dirt", type=float, default=1.0)
    return parser.parse_args()


def main() -> None:
    chosen = parsed()
    vendors, shares = connect(chosen.system), Shares(times=chosen.dirt)
    if chosen.what == "fill":
        journal = fill(vendors, seed=chosen.seed, customers=chosen.customers, orders=chosen.orders, shares=shares)
        journal.save(chosen.journal)
        return
    if chosen.what == "connect":
        journal = fill_connected(vendors, seed=chosen.seed, customers=chosen.customers, orders=chosen.orders, shares=shares)
        journal.save(chosen.journal)
        for vendor in vendors.values():
            vendor.api.effects(forget=True)
        print(json.dumps(owed_creates(journal, TERMS, vendors)))
        return
    journal = Journal.load(chosen.journal)
    if chosen.what == "golive":
        print(json.dumps(first_day(vendors, journal), ensure_ascii=False))
        return
    if chosen.what == "judge":
        print(json.dumps(judged(vendors, journal, json.loads(sys.stdin.read() or "[]")), ensure_ascii=False))
        return
    users = at_work(vendors, journal, chosen, shares)
    if chosen.what == "live":
        live(users, chosen.pause)
    users.work(chosen.edits, chosen.calls, chosen.pause)
    if "crm" in vendors:
        journal.exchange = vendors["crm"].exchange.refresh
    journal.save(chosen.journal)


def first_day(vendors: Any, journal: Journal) -> dict[str, Any]:
    """The day of a go-live as JSON. ``effects``: what people were sent, and robots started, by system and kind."""
    found = go_live(journal, take(vendors, journal))
    return {
        "created_for_known": len(found.created_for_known),
        "overwritten": len(found.overwritten),
        "filled": found.filled,
        "corrected": found.corrected,
        "created": dict(found.created),
        "effects": {system: {k: n for k, n in vendor.api.effects().items() if n} for system, vendor in vendors.items()},
        "details": {"created_for_known": found.created_for_known[:20], "overwritten": found.overwritten[:20]},
    }


def at_work(vendors: Any, journal: Journal, chosen: argparse.Namespace, shares: Shares) -> Users:
    """The users of one round, who can find what the hub made before it."""
    if "crm" in vendors:
        vendors["crm"].exchange.refresh = journal.exchange
    prices = {system: vendor.prices() for system, vendor in vendors.items()}
    rng = random.Random(f"{chosen.seed} {chosen.round}")
    return Users(vendors, journal, rng, chosen.round, shares, prices, chosen.deletes, made_by_hub(vendors, journal))


def live(users: Users, pause: float) -> None:
    """Changes without end. What a vendor refuses is given up."""
    while True:
        try:
            users.work(9, 1, pause)
        except RuntimeError:
            time.sleep(pause)


def judged(vendors: Any, journal: Journal, letters: list[Any]) -> dict[str, Any]:
    """The verdict as JSON. ``letters``: the dead letters that the hub names, with the remote ids of their objects."""
    verdict = Verdict(journal, take(vendors, journal), TERMS).judge()
    explained, unexplained = dead_letters(verdict, letters)
    edits = [e for e in journal.edits if e.round]
    books = {name: vendor.books() for name, vendor in vendors.items() if hasattr(vendor, "books")}
    orders = [views for (entity, _), views in verdict.chosen.items() if entity == "order"]
    ledger = {
        name: bonusplus.figures(of) | {"violations": bonusplus.violations(of) + bonusplus.unpaid(of, orders)} for name, of in books.items()
    }
    return ({"ledger": ledger} if ledger else {}) | {
        "converged": not (verdict.lost or verdict.duplicates or verdict.drift),
        "lost": len(verdict.lost),
        "duplicates": len(verdict.duplicates),
        "lost_edits": len(verdict.lost_edits),
        "floor_edits": len(verdict.floor_edits),
        "drift": verdict.drift[:SHOWN],
        "owed_writes": owed_writes(verdict),
        "dirt": account(verdict),
        "acts": acts(journal.edits, verdict.chosen, verdict.again),
        "dead_explained": explained,
        "dead_unexplained": unexplained[:SHOWN],
        "played": {"edits": len(edits), "calls": len(journal.talks), "people": len(journal.people), "purchases": len(journal.purchases)},
        "details": {name: getattr(verdict, name)[:20] for name in ("lost", "duplicates", "lost_edits", "floor_edits")},
    }


if __name__ == "__main__":
    main()
