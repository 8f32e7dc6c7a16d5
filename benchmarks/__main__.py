"""``python -m benchmarks [NAME ...]``: run the named benchmarks (all without a name), print a table, write JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import time
from pathlib import Path

from benchmarks.figures import Figure, show

NAMES = ("accept", "mapping", "pipeline", "endtoend", "backfill", "commerceml")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--runs", type=int, default=3, help="repetitions of each case; medians are shown")
    parser.add_argument("--scale", type=float, default=1.0, help="1: the sizes that the documents quote; less is quicker")
    parser.add_argument("--json", type=Path, default=Path("var/benchmarks.json"), help="where the figures go")
    chosen = parser.parse_args()
    figures: list[Figure] = []
    for name in chosen.names or NAMES:
        print(f"{name} …", flush=True)
        found = importlib.import_module(f"benchmarks.{name}").run(runs=chosen.runs, scale=chosen.scale)
        show(found)
        figures += found
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    about = {"at": time.strftime("%Y-%m-%d %H:%M:%S"), "python": platform.python_version(), "machine": platform.machine()}
    chosen.json.write_text(json.dumps(about | {"figures": [f.as_row() for f in figures]}, indent=1))


main()
