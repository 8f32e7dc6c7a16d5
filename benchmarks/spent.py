"""Processor time by kind of process: on a busy machine the honest figure, where seconds of a clock count what others do."""

from __future__ import annotations

from collections import Counter

import psutil

from hub.processes.supervisor import Supervisor

KINDS = ("workers", "web", "scheduler", "redis", "stand_ins")


def seconds(supervisor: Supervisor) -> Counter[str]:
    """Kind of process -> seconds of processor time so far, of a running hub and of the stand-ins that this process started."""
    found: Counter[str] = Counter()
    hub = {child.pid: name.split("-")[0] for name, child in supervisor.children.items()}
    hub |= {supervisor.redis.pid: "redis"} if supervisor.redis is not None else {}
    for child in psutil.Process().children():
        kind = hub.get(child.pid, "stand_ins")
        for one in (child, *child.children(recursive=True)):
            times = one.cpu_times()
            found["workers" if kind == "worker" else kind] += times.user + times.system
    return found
