"""Many decisions of one person: made in pieces, each refused one told and none in the way of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.language.refused import Refused
from hub.sync.batch import Absorbed
from hub.sync.follow import follow

Json = Any
PIECE = 50
One = Callable[[Connection, Mapping[str, Json], Absorbed], bool]


def decide_each(hub: Hub, rows: Sequence[Mapping[str, Json]], one: One) -> tuple[int, list[Refused]]:
    """A piece of the rows a transaction, so that the hub's other work goes on between. ``one``: decides a row; False where there is nothing
    to decide any more, Refused where it cannot be. Returns how many were decided, and why others were refused."""
    done, problems = 0, list[Refused]()
    for start in range(0, len(rows), PIECE):
        absorbed = Absorbed()
        with hub.store.state() as at:
            for row in rows[start : start + PIECE]:
                try:
                    done += one(at, row, absorbed)
                except Refused as why:
                    problems.append(why)
        follow(hub, absorbed)
    return done, problems
