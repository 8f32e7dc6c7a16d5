"""A whole run without a person: fill, load, rounds of work with or without trouble, quiet, verdict."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hub.app import Hub
from hub.demo.connected import connect, go_live
from hub.demo.quiet import Quiet
from hub.demo.stage import EXAMPLE, WIDE, Play, Stage, free_port
from hub.demo.trouble import FAULTS, WEBHOOKS, Killer, spared
from hub.storage import links as link_rows
from hub.storage import states, views
from hub.sync.floor import BEFORE_WRITE, ONE_INTERVAL
from hub.verify import reconcile

Json = Any
ROUNDS = 2
PATIENCE = 240.0  # seconds without any progress that end a wait
AT_LIMITS = 700.0  # the same in a shop so large that Bitrix24's run time is used up, which comes back after ten minutes
UNDER_FIRE = 20.0  # seconds of the first load in which processes are killed, at most


def unplayable(play: Play, systems: Collection[str]) -> str:
    """Why nobody can play a shop of these systems; empty where it can be played."""
    if set(systems) == {"loyalty"}:
        return "nobody registers and orders in a loyalty programme alone; name another system beside it"
    if play.connected and (lacking := sorted({"sklad", "crm", "site"} - set(systems))):
        return f"--connected is a shop of sklad, crm and site; {', '.join(lacking)} is not among the systems"
    return ""


def judge(play: Play, systems: Sequence[str] = ()) -> dict[str, Json]:
    """Play it and return the verdict, with the hub's own figures beside it. ``systems``: of the shop with everything those that take part, by their
    names or their vendors'; without, the shop of the example. Raises KeyError for a word that names none, and for a shop that cannot be played."""
    with answers_apart(), Stage(play, WIDE if systems else EXAMPLE, systems) as stage:
        if reason := unplayable(play, stage.raw["systems"]):
            raise KeyError(reason)
        clock = Clock()
        stage.open_sandbox()
        owed = connect(stage) if play.connected else {}
        if not play.connected:
            stage.fill()
        stage.configure(free_port())
        trouble(stage, FAULTS if play.faults else [])
        clock.lap("fill")
        hub = stage.open_hub()
        assert stage.supervisor is not None
        quiet = Quiet(hub, stage.supervisor)
        calm, kills = load(stage, quiet)
        clock.lap("load")
        day: Json = {}
        if play.connected:
            day, rested = go_live(stage, quiet, owed, patience(play))
            calm = calm and rested
            clock.lap("go-live")
        marks = [Marks.of(hub)]
        calm, kills = work(stage, quiet, clock, calm, kills)
        marks.append(Marks.of(hub))
        letters, counters = dead_letters(hub), stage.counters()
        verdict = json.loads(stage.people("judge", letters=letters))
        found = result(play, stage.watcher(), verdict, letters, marks) | ({"go_live": day} if day else {})
        clock.lap("verdict")
        passed = found["passed"] and calm and day.get("passed", True)
        return found | {"passed": passed, "quiet": calm, "kills": kills, "vendors": counters} | clock.figures()


def load(stage: Stage, quiet: Quiet) -> tuple[bool, int]:
    """The first load, in part under fire. Returns whether it came to rest, and how many processes were killed."""
    play, watched = stage.play, stage.supervisor
    assert watched is not None
    with Killer(watched, play.seed, play.kill) as killer:
        if play.kill:
            quiet.wait(PATIENCE, at_most=UNDER_FIRE, reading=play.connected, agreeing=not play.connected)
    return quiet.wait(patience(play), reading=play.connected, agreeing=not play.connected), killer.kills


def patience(play: Play) -> float:
    """Seconds without any progress that end a wait. A connected shop is gone through as a whole, and many of its contacts are written."""
    return AT_LIMITS if play.connected else PATIENCE


def work(stage: Stage, quiet: Quiet, clock: Clock, calm: bool, kills: int) -> tuple[bool, int]:
    """The rounds of the shop's people, each until everything is quiet; trouble ends with the last."""
    play, watched = stage.play, stage.supervisor
    assert watched is not None
    for number in range(1, ROUNDS + 1):
        with Killer(watched, play.seed + number, play.kill) as killer:
            told = [] if play.faults or play.kill else ["--deletes"]
            shares = [f"--edits={share(play.edits, number)}", f"--calls={share(play.calls, number)}"]
            stage.people("work", f"--round={number}", *shares, *told)
        kills += killer.kills
        clock.lap(f"round {number}")
        if number == ROUNDS:
            trouble(stage, [])
        calm = quiet.wait(patience(play)) and calm
        clock.lap(f"quiet {number}")
    return calm, kills


@contextmanager
def answers_apart() -> Iterator[None]:
    """What the processes of the run print goes where errors go: standard output is for the verdict alone."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


class Clock:
    """Seconds of the run and of its parts."""

    def __init__(self) -> None:
        self.started = self.last = time.monotonic()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name], self.last = round(now - self.last, 1), now

    def figures(self) -> dict[str, Json]:
        return {"seconds": round(self.last - self.started, 1), "seconds_of": self.laps}


@dataclass(frozen=True, slots=True)
class Marks:
    """The hub's counters at one moment of the run."""

    changes: int
    writes: int
    echoes: int

    @classmethod
    def of(cls, hub: Hub) -> Marks:
        with hub.store.read() as at:
            found = states.counters(at)
        return cls(*(found.get(name, 0) for name in ("changes", "writes", "echoes")))


def share(count: int, number: int) -> int:
    """A round's part of a count: all rounds together make it whole."""
    return count * number // ROUNDS - count * (number - 1) // ROUNDS


def trouble(stage: Stage, rules: Sequence[dict[str, Any]]) -> None:
    """Faults by these rules, and lost webhooks; without rules neither."""
    stage.control("faults", spared(rules))
    stage.control("webhooks", WEBHOOKS if rules else {})


def dead_letters(hub: Hub) -> list[Json]:
    """What stopped trying, with the remote ids by which the judge can tell whose it is."""
    names = ("system", "entity", "record_id", "error_class", "error_code", "error_field", "error_text")
    with hub.store.read() as at:
        rows = [{name: row[name] for name in names} for row in views.queue(at, state="dead", limit=1000)]
        objects: dict[str, dict[str, list[str]]] = {}
        for record_id, links in link_rows.by_records(at, [row["record_id"] for row in rows]).items():
            for link in links:
                if link.external_id:
                    objects.setdefault(record_id, {}).setdefault(link.system, []).append(link.external_id)
    return [row | {"objects": objects.get(row["record_id"], {})} for row in rows]


def result(play: Play, hub: Hub, verdict: Json, letters: list[Json], marks: list[Marks]) -> dict[str, Json]:
    """The verdict, what the hub adds, and whether the run passed."""
    report = reconcile.verify(hub)
    with hub.store.read() as at:
        totals, counted = views.held(at) | views.undecided(at), states.counters(at)
    well = verdict["converged"] and not (verdict["lost"] or verdict["duplicates"] or verdict["lost_edits"] or verdict["drift"])
    well = well and not any(books["violations"] for books in verdict.get("ledger", {}).values())
    agrees = report.agrees == verdict["converged"]
    ratio = round((marks[-1].writes - marks[-2].writes) / max(1, verdict["owed_writes"]), 3)
    frugal = ratio <= 1.0 or play.faults or play.kill
    figures = {
        "passed": bool(well and agrees and frugal and not verdict["dead_unexplained"]),
        "verify_agrees": agrees,
        "records": {k: v for k, v in totals.items() if k in hub.settings.routes},
        "changes": marks[-1].changes,
        "writes": marks[-1].writes,
        "echoes": marks[-1].echoes,
        "floor": {"one_interval": counted.get(ONE_INTERVAL, 0), "before_write": counted.get(BEFORE_WRITE, 0)},
        "writes_of_load": marks[-2].writes,
        "writes_per_change_and_target": ratio,
        "dead": len(letters),
        "dead_samples": letters[:20],
        "verify": {"drift": report.drift[:10], "lost": report.lost[:10], "strangers": report.strangers[:10]},
    }
    return {**verdict, **figures}
