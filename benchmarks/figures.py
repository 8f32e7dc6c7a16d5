"""Figures of repeated runs: medians, a table for people, JSON for programs."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

Run = Callable[[], dict[str, float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity: ``median`` of ``runs`` values, with the least and the greatest of them."""

    bench: str
    case: str
    name: str
    unit: str
    median: float
    least: float
    greatest: float
    runs: int

    def as_row(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def repeat(bench: str, case: str, run: Run, *, runs: int, units: dict[str, str]) -> list[Figure]:
    """Call ``run`` that many times; each gives the same names. A figure for every name of ``units``."""
    results = [run() for _ in range(runs)]
    figures = []
    for name, unit in units.items():
        values = [result[name] for result in results if name in result]
        if values:
            figures.append(Figure(bench, case, name, unit, statistics.median(values), min(values), max(values), len(values)))
    return figures


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the sorted values lie; 0.0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def show(figures: Sequence[Figure]) -> None:
    table = Table("benchmark", "case", "figure", "median", "least", "greatest", "unit", "runs")
    for f in figures:
        table.add_row(f.bench, f.case, f.name, f"{f.median:,.2f}", f"{f.least:,.2f}", f"{f.greatest:,.2f}", f.unit, str(f.runs))
    Console(width=150).print(table)
