"""Flows of the business judged one by one, each over its shipped configuration: what people do while the hub runs, quiet, and what must be so then."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from hub.app import Hub
from hub.demo.headless import PATIENCE, ROUNDS, answers_apart, dead_letters, trouble
from hub.demo.quiet import Quiet
from hub.demo.stage import ROOT, Play, Stage, free_port
from hub.demo.trouble import Killer
from hub.storage import records
from hub.sync.deliver import LEASE

Json = Any
FLOWS = {
    "F1": "registration.yaml",
    "F2": "bonuses.yaml",
    "F3": "till-sale.yaml",
    "F4": "order-life.yaml",
    "F5": "catalogue.yaml",
    "F6": "call-loop.yaml",
    "F6-DEALS": "call-loop.yaml",
    "F7": "abandoned-cart.yaml",
    "F8": "contacts.yaml",
    "F9": "contacts.yaml",
    "F10": "audiences.yaml",
}
# what of the shipped configuration a flow is played with besides: system -> options
OPTIONS: dict[str, dict[str, Json]] = {
    "F6-DEALS": {
        "crm": {"call_funnel": {"category": 2, "stages": {"open": "NEW", "talked": "WON", "refused": "LOSE", "closed": "APOLOGY"}}}
    }
}
STEPS = {"F4": 7, "F6": 3, "F6-DEALS": 3, "F7": 3}  # rounds of a flow that has more to do one after the other than others
UNDER_FAULTS = 20.0  # seconds in which calls still break once no process dies any more
WRITE, CABINET = "^(POST|PUT|PATCH) /", "^(POST|DELETE) /.*/(management|remarketing)/"
FAULTS: list[Json] = [
    {"kind": "latency", "rate": 0.1, "match": "^GET /", "seconds": 0.3},
    {"kind": "error", "rate": 0.03, "match": "^GET /", "status": 502},
    {"kind": "html", "rate": 0.02, "match": "^GET /"},
    {"kind": "truncated", "rate": 0.03, "match": "/"},
    {"kind": "reset_before", "rate": 0.05, "match": WRITE},
    {"kind": "reset_after", "rate": 0.05, "match": WRITE},
    {"kind": "late_effect", "rate": 0.03, "match": WRITE, "seconds": 1.0},
    {"kind": "error", "rate": 0.03, "match": WRITE, "status": 503},
    # advertising cabinets are told few things, a whole list at a time: each of them is lost now and then
    {"kind": "reset_before", "rate": 0.15, "match": CABINET},
    {"kind": "reset_after", "rate": 0.25, "match": CABINET},
    {"kind": "error", "rate": 0.1, "match": CABINET, "status": 502},
]


def judge_flows(play: Play, names: Sequence[str], systems: Sequence[str] = ()) -> dict[str, Json]:
    """Play each flow on a shop of its own. ``systems``: the only ones that may take part, by their
    names or their vendors'; a flow that lacks one is not run, and has not passed."""
    with answers_apart():
        found = {name: _judged(play, name, ROOT / "examples" / FLOWS[name], set(systems)) for name in names}
    return {"passed": all(one["passed"] for one in found.values()), "flows": found}


def _judged(play: Play, name: str, example: Path, systems: set[str]) -> dict[str, Json]:
    started = time.monotonic()
    with Stage(play, example) as stage:
        lacking = _lacking(stage, systems)
        if lacking:
            return {"ran": 0, "passed": False, "violations": [], "lacking": lacking}
        hub = _opened(stage, name)
        assert stage.supervisor is not None
        quiet = Quiet(hub, stage.supervisor)
        calm = quiet.wait(PATIENCE, agreeing=True)
        kills, faults, stayed = _played(stage, name, quiet)
        letters = dead_letters(hub)
        verdict: dict[str, Json] = json.loads(_people(stage, name, "judge", f"--grace={LEASE if play.kill else 0.0}", letters=letters))
        verdict["violations"] += unlike(hub, verdict.pop("owed"))
        seconds = round(time.monotonic() - started, 1)
    calm = calm and stayed
    passed = calm and verdict["ran"] > 0 and not verdict["violations"] and not verdict["dead"]
    more = {"quiet": calm, "kills": kills, "faults": faults, "dead": verdict["dead"][:20]}
    return verdict | {"passed": passed} | more | {"seconds": seconds}


def _lacking(stage: Stage, systems: set[str]) -> list[str]:
    """Systems that the flow needs and that are not among those that may take part; where none is named all may."""
    needed = stage.raw["systems"].items()
    return [f"{system} ({of['connector']})" for system, of in needed if systems and not {system, of["connector"]} & systems]


def _opened(stage: Stage, name: str) -> Hub:
    """The hub of a flow between its systems, with what people had there before."""
    for system, options in OPTIONS.get(name, {}).items():
        stage.raw["systems"][system]["options"] = stage.raw["systems"][system].get("options", {}) | options
    stage.open_sandbox()
    _people(stage, name, "before", f"--dirt={stage.play.dirt}")
    stage.configure(free_port())
    hub = stage.open_hub()
    stage.tell_feeds(hub.settings.port)
    stage.tell_flows(hub.settings.port)
    return hub


def _played(stage: Stage, name: str, quiet: Quiet) -> tuple[int, dict[str, int], bool]:
    """All rounds of a flow, under trouble but for the end of the last one: (processes killed, faults by system, whether quiet came after each)."""
    play, rounds = stage.play, STEPS.get(name, ROUNDS)
    kills, calm = 0, True
    assert stage.supervisor is not None
    trouble(stage, FAULTS if play.faults else [])
    for number in range(1, rounds + 1):
        with Killer(stage.supervisor, play.seed + number, play.kill) as killer:
            _people(stage, name, "work", f"--round={number}")
            if play.kill or play.faults:
                quiet.wait(PATIENCE, at_most=15.0, agreeing=True)
        kills += killer.kills
        if play.kill and play.faults:  # while processes die few calls are made: now there are calls that may break
            quiet.wait(PATIENCE, at_most=UNDER_FAULTS, agreeing=True)
        if number == rounds:
            faults = _happened(stage)
            trouble(stage, [])
        calm = quiet.wait(PATIENCE, agreeing=True) and calm
    return kills, faults, calm


def unlike(hub: Hub, owed: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Where the hub's own customers show other figures than happened. ``owed``: phone -> field -> figure."""
    with hub.store.read() as at:
        held = records.holders(at, "customer", {("phone", phone) for phone in owed}, most=5)
        known = records.load(at, {ident for ids in held.values() for ident in ids})
    found = []
    for phone, figures in owed.items():
        mine = [known[ident].data for ident in held.get(("phone", phone), ())]
        shown = {name: sum(int(data.get(name) or 0) for data in mine) for name in figures}
        found += [
            f"{phone}: {name} is {shown[name]} in the hub, {wanted} happened" for name, wanted in figures.items() if shown[name] != wanted
        ]
    return found


def _people(stage: Stage, flow: str, what: str, *more: str, letters: Json = None) -> str:
    """One command of the flow's people. ``letters``: the dead ones, for the judge. Returns what it prints."""
    size = f"--size={stage.play.customers}"
    command = [sys.executable, "-m", "sandbox.judge.flows", flow, what, *stage.addresses(), size, *more]
    text = json.dumps(letters or [], default=str)
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True).stdout


def _happened(stage: Stage) -> dict[str, int]:
    """How many faults there were so far, by system."""
    return {name: sum(requests.get(f"{url}/_sandbox/faults", timeout=10).json().values()) for name, url in stage.urls.items()}
