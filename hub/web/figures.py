"""The figures of the overview: for each system and entity one state in a word, its lag, what waits and what fails. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hub.app import Hub
from hub.entities import FIELDS
from hub.language import apart
from hub.storage.views import Cell
from hub.sync.goods import STOCK
from hub.sync.shelf import FOR_SALE

Json = Any
STALE = 5.0  # polls that may be missed before a cell says so


@dataclass(frozen=True, slots=True)
class Square:
    """One cell of the matrix. ``state``: ok | piloted | moving | observed | waiting | failing | loading | stale | off; ``piloted``: all that
    the pilot writes agrees, ``observed``: what is queued is not written in this mode. ``lag``: seconds since the oldest change
    that is still under way was seen. ``loaded``: (objects, of how many) while the first load goes on."""

    state: str
    links: int = 0
    lag: float = 0.0
    moving: int = 0
    waiting: int = 0
    retrying: int = 0
    dead: int = 0
    doubt: int = 0
    last: float | None = None
    read: float | None = None  # when it was last read to the end
    loaded: tuple[int, int | None] | None = None
    error: str = ""
    verified: float | None = None  # up to when the system is known to agree
    stocked: float | None = None  # up to when the stocks that it holds, or was told, are known


@dataclass(frozen=True, slots=True)
class Row:
    """One system. ``state``: paused | away | observe | pilot | live. ``alarm``: why the hub itself has put it into observe."""

    system: str
    vendor: str
    state: str
    reason: str
    mode: str
    last: float | None
    squares: Mapping[str, Square]
    alarm: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole page. ``failing``: deliveries that need a person. ``refused``: the answer by which the hub stands still."""

    rows: Sequence[Row]
    entities: Sequence[str]
    totals: Mapping[str, int]
    depth: int
    moving: int
    failing: int
    waiting: int
    at: float = 0.0
    review: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, Json] | None = None


def overview_of(
    hub: Hub, cells: Mapping[tuple[str, str], Cell], states: Sequence[Mapping[str, Json]], totals: Mapping[str, int], depth: int,
    cursors: Mapping[tuple[str, str], Mapping[str, Json]], now: float,
) -> Overview:  # fmt: skip
    """``cells``, ``states``, ``totals``: as the read side gives them; ``cursors``: (system, resource) -> its row."""
    entities = [entity for entity in FIELDS if entity in hub.settings.routes]
    known, swept = {row["system"]: row for row in states}, _swept(hub, cursors)
    rows = []
    for name in hub.settings.systems:
        state = known.get(name, {})
        verified = state.get("verified") or {}
        word, reason = system_state(state, now)
        found = {entity: _by_mode(word, _square(hub, name, entity, cells.get((name, entity), Cell()), cursors, now)) for entity in entities}
        squares = {
            entity: replace(
                square, verified=verified.get(entity), stocked=_stocked(hub, name, entity, cells.get((name, entity), Cell()), swept)
            )
            for entity, square in found.items()
        }
        title, mode = hub.connectors[name].manifest.title, str(state.get("mode", ""))
        rows.append(Row(name, title, word, reason, mode, state.get("last_success"), squares, state.get("alarm")))
    every = [square for row in rows for square in row.squares.values()]
    review = {name: totals.get(name, 0) for name in ("brakes", "duplicates", "conflicts", "field_problems", "parked")}
    moving = sum(s.moving for s in every if s.state != "observed")
    return Overview(rows, entities, totals, depth, moving, sum(s.dead for s in every), sum(s.waiting for s in every), now, review)


def _swept(hub: Hub, cursors: Mapping[tuple[str, str], Mapping[str, Json]]) -> float | None:
    """When the last whole look at the stocks of all systems that tell them began; None before the first."""
    routes = hub.settings.routes.get(STOCK, ())
    places = [(r.system, name) for r in routes if r.give for name in hub.resources(r.system) if _entity(hub, r.system, name) == STOCK]
    times = [cursors.get(place, {}).get("swept_at") for place in places if hub.resource(*place).listed]
    return min((float(one) for one in times if one), default=None) if all(times) else None


def _entity(hub: Hub, system: str, resource: str) -> str:
    mapping = hub.mapping(system, resource)
    return mapping.entity if mapping else ""


def _stocked(hub: Hub, system: str, entity: str, cell: Cell, swept: float | None) -> float | None:
    """Up to when a system's stocks are known: of one that is told them, up to the oldest change that is still under way."""
    mapping = hub.giving(system, entity)
    told = mapping is not None and system in hub.takers(entity) and (entity == STOCK or any(f.field == FOR_SALE for f in mapping.fields))
    if swept is None or not (told or (entity == STOCK and hub.gives(system, STOCK))):
        return None
    return min(swept, cell.oldest) if told and cell.oldest else swept


def system_state(state: Mapping[str, Json], now: float) -> tuple[str, str]:
    """The word for a system, and the reason where it is not simply its mode."""
    if state.get("paused"):
        return "paused", str(state["paused"])
    if float(state.get("breaker_until") or 0.0) > now:
        return "away", str(state.get("breaker_reason") or "")
    return str(state.get("mode") or "observe"), ""


def _square(hub: Hub, system: str, entity: str, cell: Cell, cursors: Mapping[tuple[str, str], Mapping[str, Json]], now: float) -> Square:
    resources = [r for r in hub.resources(system) if (m := hub.mapping(system, r)) and m.entity == entity]
    if not resources and not cell.links:
        return Square("off")
    rows = [cursors.get((system, r), {}) for r in resources]
    loading = [row for row in rows if not row.get("loaded_at")]
    polled = [float(row["polled_at"]) for row in rows if row.get("polled_at")]
    read = [
        float(at) for row in rows if (at := row.get("swept_at" if row.get("error") else "polled_at"))
    ]  # a poll that failed read nothing
    error = next((apart(str(row["error"]))[1] for row in rows if row.get("error")), "")
    slowest = max((hub.every(system, r) for r in resources), default=60.0)
    lag = now - cell.oldest if cell.oldest else 0.0
    loaded = (sum(int(r.get("objects") or 0) for r in loading), sum(int(r.get("total") or 0) for r in loading) or None)
    stale = bool(polled) and now - min(polled) > max(60.0, STALE * slowest)
    return Square(
        state=_word(cell, bool(loading), stale or bool(error)),
        links=cell.links,
        lag=max(0.0, lag),
        moving=cell.moving,
        waiting=cell.states.get("waiting", 0),
        retrying=cell.states.get("retrying", 0),
        dead=cell.states.get("dead", 0),
        doubt=cell.states.get("unknown", 0),
        last=cell.last,
        read=min(read, default=None),
        loaded=loaded if loading else None,
        error=error,
    )


def _by_mode(state: str, square: Square) -> Square:
    """What a mode makes of a cell: nothing is under way to a system that is observed, and a pilot agrees as far as it goes."""
    if state == "observe" and square.state == "moving":
        return replace(square, state="observed", lag=0.0)
    return replace(square, state="piloted") if state == "pilot" and square.state == "ok" else square


def _word(cell: Cell, loading: bool, stale: bool) -> str:
    if cell.states.get("dead"):
        return "failing"
    if loading:
        return "loading"
    if cell.states.get("retrying") or cell.states.get("unknown"):
        return "retrying"
    if stale:
        return "stale"
    if cell.moving:
        return "moving"
    return "waiting" if cell.states.get("waiting") else "ok"
