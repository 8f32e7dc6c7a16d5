"""A child process ends with its parent, however early that ends."""

from __future__ import annotations

import subprocess
import sys

import psutil

from tests.scenarios.processes import ROOT
from tests.servers import wait_until

PARENT = """
import os, subprocess, sys, time
from hub.processes.redis_server import dies_with_parent

forked, begun, pause = sys.argv[1:]
before = dies_with_parent()

def slowly():
    with open(forked + ".part", "w") as file:
        file.write(str(os.getpid()))
    os.rename(forked + ".part", forked)
    time.sleep(float(pause))
    before()

subprocess.Popen(["sh", "-c", f"touch {begun}; sleep 60"], preexec_fn=slowly)
time.sleep(60)
"""


def parent_and_child(folder, pause):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder / "forked"), str(folder / "begun"), str(pause)], cwd=ROOT)
    wait_until((folder / "forked").exists, 20, "the child to be forked")
    return parent, int((folder / "forked").read_text())


def ended(pid):
    """Whether nothing of the process runs any more; where nobody buries orphans its name stays."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_child_whose_parent_dies_before_it_begins_does_not_begin(tmp_path):
    parent, child = parent_and_child(tmp_path, 0.5)
    parent.kill()
    parent.wait()
    wait_until(lambda: ended(child), 20, "the child to end")
    assert not (tmp_path / "begun").exists()


def test_a_child_at_work_ends_with_its_parent(tmp_path):
    parent, child = parent_and_child(tmp_path, 0.0)
    wait_until((tmp_path / "begun").exists, 20, "the child to begin")
    parent.kill()
    parent.wait()
    wait_until(lambda: ended(child), 20, "the child to end")
