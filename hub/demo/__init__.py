"""The demo: the sandbox systems and a hub between them as real processes; shown to a person, or judged and ended.

The hub and the sandbox meet over HTTP alone; the judge is a program of its own.
"""

from __future__ import annotations

from hub.demo.flows import FLOWS, judge_flows
from hub.demo.headless import judge
from hub.demo.show import show
from hub.demo.stage import Play

__all__ = ["FLOWS", "Play", "judge", "judge_flows", "show"]
