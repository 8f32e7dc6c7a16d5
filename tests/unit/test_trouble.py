"""The trouble of a judged run: processes are killed in bursts, and between them the hub comes to work."""

from __future__ import annotations

import time
from types import SimpleNamespace

from hub.demo import trouble
from hub.demo.trouble import Killer


class Child:
    """A process that is killed. ``times``: when."""

    def __init__(self):
        self.times = []

    def kill(self):
        self.times.append(time.monotonic())


def test_kills_come_in_bursts_with_rests_between_them(monkeypatch):
    for name, value in (("PAUSE", (0.001, 0.004)), ("BURST", 0.1), ("REST", 0.3)):
        monkeypatch.setattr(trouble, name, value)
    child = Child()
    supervisor = SimpleNamespace(children={"worker": child}, redis_url="redis://127.0.0.1:1")
    with Killer(supervisor, 7, active=True) as killer:
        time.sleep(0.7)
    gaps = [later - one for one, later in zip(child.times, child.times[1:], strict=False)]
    assert killer.kills == len(child.times) > 4
    assert 1 <= sum(gap > 0.25 for gap in gaps) <= 2, gaps


def test_nobody_is_killed_in_a_run_without_kills():
    child = Child()
    with Killer(SimpleNamespace(children={"worker": child}, redis_url=""), 7, active=False) as killer:
        pass
    assert killer.kills == 0 and not child.times
