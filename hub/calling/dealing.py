"""Who calls whom: open tasks dealt to the sellers of a store as evenly as they can be. Pure.

Even means: after a deal the numbers of open tasks of two sellers of a store differ by at most one, unless the one with more had more before, or the
one with fewer has had his day's fill. So at the end of a day they differ by at most one plus what was closed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seller:
    """``room``: how many tasks more he may be given today. ``held``: tasks of his that are open."""

    name: str
    store: str
    held: int = 0
    room: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Undealt:
    """A task without a seller. ``former``: the customer's seller before, or empty."""

    ident: str
    store: str
    former: str = ""


def deal(tasks: Sequence[Undealt], sellers: Sequence[Seller]) -> dict[str, str]:
    """Task -> seller, for as many as the sellers of their store have room for, in the order of the tasks. A former seller gets his own
    customers, as far as his even share goes."""
    dealt: dict[str, str] = {}
    for store in dict.fromkeys(task.store for task in tasks):
        mine = [task for task in tasks if task.store == store]
        staff = sorted((one for one in sellers if one.store == store), key=lambda one: one.name)
        shares = even_shares(staff, len(mine))
        mine = mine[: sum(shares.values())]
        for task in mine:
            if shares.get(task.former, 0):
                dealt[task.ident] = task.former
                shares[task.former] -= 1
        held = {one.name: one.held for one in staff}
        for task in mine:
            if task.ident not in dealt:
                name = min((name for name, left in shares.items() if left), key=lambda name: (held[name], name))
                dealt[task.ident] = name
                shares[name] -= 1
                held[name] += 1
    return dealt


def even_shares(staff: Sequence[Seller], count: int) -> dict[str, int]:
    """How many of ``count`` new tasks each is given: one by one to whoever has the fewest and has room."""
    shares = {one.name: 0 for one in staff}
    for _ in range(count):
        free = [one for one in staff if shares[one.name] < one.room]
        if not free:
            break
        least = min(free, key=lambda one: (one.held + shares[one.name], one.name))
        shares[least.name] += 1
    return shares


def to_be_dealt_again(sellers: Mapping[str, str], present: Collection[str]) -> list[str]:
    """Tasks whose seller is away, or works there no longer. ``sellers``: task -> its seller."""
    return [ident for ident, name in sellers.items() if name and name not in present]
