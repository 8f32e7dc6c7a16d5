"""Per-system state: mode, pause, breaker, lease, tokens; and the run's counters."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, case, func, or_, select, update

from connectors.errors import ConnectorError, Unauthorized, Unavailable, Unknown
from connectors.http import OURS
from hub.storage.engine import Store
from hub.storage.tables import counter, system_state
from hub.storage.upsert import insert_into
from retry_queue.tokens import token

UNAUTHORIZED = "unauthorized: "  # how the reason of a pause begins where the credentials are refused
BREAKER_AFTER = 5  # failed calls in a row
BREAKER_FIRST, BREAKER_LONGEST = 2.0, 300.0
LOCK = "lock"  # in the stored tokens: [holder, until]
TOKEN_LOCK = 30.0  # seconds that a renewal may take
Breaker = Literal["closed", "open", "probe"]
By = Literal["read", "write"]
ONE = select(system_state).where(system_state.c.system == bindparam("system"))


def ensure(at: Connection, system: str, mode: str, setup: Mapping[str, Any] | None = None) -> None:
    """The row of a system, made with the configured mode where there is none. ``setup``: connector, timezone, trust; kept beyond its removal."""
    at.execute(insert_into(at, system_state).values(system=system, mode=mode, verified={}).on_conflict_do_nothing())
    if setup is not None:
        set_values(at, system, setup=dict(setup))


def setups(at: Connection) -> dict[str, Mapping[str, Any]]:
    """System -> how it is, or was last, configured."""
    return {row.system: row.setup for row in at.execute(select(system_state.c.system, system_state.c.setup)) if row.setup}


def get(at: Connection, system: str) -> Mapping[str, Any]:
    row = at.execute(ONE, {"system": system}).mappings().first()
    return (
        dict(row)
        if row
        else {
            "system": system,
            "mode": "observe",
            "paused": "",
            "breaker_until": 0.0,
            "breaker_failures": 0,
            "breaker_reason": "",
            "breaker_by": "",
            "brake": None,
            "last_success": None,
            "clock_skew": 0.0,
            "pilot": None,
            "fingerprint": None,
            "alarm": None,
            "hushed": "",
            "verified": {},
            "tokens": None,
            "webhooks": None,
            "checked": None,
        }
    )


def all_states(at: Connection) -> dict[str, Mapping[str, Any]]:
    return {row["system"]: dict(row) for row in at.execute(select(system_state)).mappings()}


def set_values(at: Connection, system: str, **values: Any) -> None:
    at.execute(update(system_state).where(system_state.c.system == system).values(**values))


def saw_clock(at: Connection, system: str, skew: float | None) -> None:
    """Remember how far the vendor's clock is ahead of ours; less than a second is the measure's own error."""
    if skew is not None:
        s = system_state.c
        at.execute(update(system_state).where(s.system == system, func.abs(s.clock_skew - skew) >= 1.0).values(clock_skew=skew))


def clock_skews(at: Connection) -> dict[str, float]:
    """System -> seconds that its vendor's clock is ahead of ours."""
    return {system: float(skew or 0.0) for system, skew in at.execute(select(system_state.c.system, system_state.c.clock_skew))}


def take_lease(at: Connection, system: str, *, now: float, seconds: float) -> str | None:
    """The right to be the one who writes to a system, or None while another has it."""
    mine = token()
    free = or_(system_state.c.lease.is_(None), system_state.c.lease_until < now)
    taken = at.execute(update(system_state).where(system_state.c.system == system, free).values(lease=mine, lease_until=now + seconds))
    return mine if taken.rowcount else None


def keep_lease(at: Connection, system: str, token: str, *, now: float, seconds: float) -> bool:
    """Let the right to write to a system go on from now; False where it is lost."""
    mine = (system_state.c.system == system) & (system_state.c.lease == token)
    return bool(at.execute(update(system_state).where(mine).values(lease_until=now + seconds)).rowcount)


def free_leases(at: Connection, mark: str) -> None:
    """Leases whose tokens begin with the mark of a process that is known to be dead."""
    held = system_state.c.lease.startswith(mark, autoescape=True)
    at.execute(update(system_state).where(held).values(lease=None, lease_until=0.0))


def drop_lease(at: Connection, system: str, token: str) -> None:
    mine = (system_state.c.system == system) & (system_state.c.lease == token)
    at.execute(update(system_state).where(mine).values(lease=None, lease_until=0.0))


def breaker(state: Mapping[str, Any], *, now: float) -> Breaker:
    """May the system be called? ``open``: not now. ``probe``: its time is over, and one call shall show whether the outage is."""
    if state["breaker_until"] > now:
        return "open"
    return "probe" if state["breaker_failures"] >= BREAKER_AFTER else "closed"


def trouble(at: Connection, system: str, error: ConnectorError, *, now: float, by: By = "read") -> None:
    """What one failed call says of the whole system: paused where the credentials are refused, else an outage counted for the breaker.
    Our own limits say nothing, nor does a refusal of what was written."""
    if isinstance(error, Unauthorized):
        set_values(at, system, paused=f"{UNAUTHORIZED}{error.kept}"[:600])
    elif error.code not in OURS and (by == "read" or isinstance(error, (Unavailable, Unknown))):
        call_failed(at, system, error.kept, now=now, retry_after=getattr(error, "retry_after", None), by=by)


def call_failed(at: Connection, system: str, reason: str, *, now: float, retry_after: float | None = None, by: By = "read") -> None:
    """Count an outage; after 5 in a row the breaker opens for 2, 4, 8 ... 300 s and then lets one probe through. ``retry_after``: the
    vendor's own word, kept at once and up to an hour. Calls that were under way when it opened are of the outage that opened it: they
    count no more, or a busy minute's outage would keep the system shut for five."""
    s = system_state.c
    failures = case((s.breaker_until > now, s.breaker_failures), else_=s.breaker_failures + 1)
    counting = update(system_state).where(s.system == system)
    counting = counting.values(breaker_failures=failures, breaker_reason=reason[:500], breaker_by=by)
    row = at.execute(counting.returning(s.breaker_failures, s.breaker_until)).one_or_none()
    if row is None:
        return
    wait = min(retry_after, 3600.0) if retry_after else 0.0 if row.breaker_until > now else breaker_wait(row.breaker_failures)
    if now + wait > row.breaker_until and wait:
        set_values(at, system, breaker_until=now + wait)


def breaker_wait(failures: int) -> float:
    """Seconds that the breaker stays open after this many failures in a row."""
    over = failures - BREAKER_AFTER
    return min(BREAKER_LONGEST, BREAKER_FIRST * 2.0 ** min(over, 20)) if over >= 0 else 0.0


def call_succeeded(at: Connection, system: str, *, now: float, by: By = "write") -> None:
    """The system answered. A read does not end an outage of writes: many a system can still be read while it refuses to write."""
    s = system_state.c
    set_values(at, system, last_success=now)
    ends = s.system == system if by == "write" else (s.system == system) & (s.breaker_by != "write")
    at.execute(update(system_state).where(ends).values(breaker_failures=0, breaker_until=0.0, breaker_reason="", breaker_by=""))


def count(at: Connection, **figures: int) -> None:
    """Add to the counters of the run."""
    for name, value in sorted(figures.items()):  # in one order, so that two transactions never wait for each other
        if value:
            statement = insert_into(at, counter).values(name=name, value=value)
            at.execute(statement.on_conflict_do_update(index_elements=[counter.c.name], set_={"value": counter.c.value + value}))


def counters(at: Connection) -> dict[str, int]:
    return dict(at.execute(select(counter.c.name, counter.c.value)).tuples().all())


@contextmanager
def exclusive(store: Store, system: str, name: str, *, seconds: float, patience: float) -> Iterator[None]:
    """One process at a time, across machines, for what is called so at a system. The lock of a killed process lapses after ``seconds``.
    Raises TimeoutError after ``patience`` seconds."""
    mine, deadline = uuid.uuid4().hex, time.monotonic() + patience
    while not _lock(store, system, f"{LOCK}{name}", mine, seconds):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{system}: {name} is in use by another process")
        time.sleep(0.05)
    try:
        yield
    finally:
        _unlock(store, system, f"{LOCK}{name}", mine)


def _kept(at: Connection, system: str) -> dict[str, Any]:
    """Credentials and locks of a system."""
    query = select(system_state.c.tokens).where(system_state.c.system == system).with_for_update()
    return dict(at.execute(query).scalar() or {})


def _lock(store: Store, system: str, key: str, mine: str, seconds: float) -> bool:
    with store.write() as at:
        held = _kept(at, system)
        if key in held and held[key][1] > time.time():
            return False
        set_values(at, system, tokens=held | {key: [mine, time.time() + seconds]})
        return True


def _unlock(store: Store, system: str, key: str, mine: str) -> None:
    with store.write() as at:
        held = _kept(at, system)
        if held.get(key, [""])[0] == mine:
            set_values(at, system, tokens={k: v for k, v in held.items() if k != key})


class StoredTokens:
    """Credentials that a vendor renews, kept in the system's row."""

    def __init__(self, store: Store, system: str) -> None:
        self._store, self._system = store, system

    def load(self) -> dict[str, Any]:
        with self._store.read() as at:
            return {k: v for k, v in (get(at, self._system)["tokens"] or {}).items() if not k.startswith(LOCK)}

    def save(self, value: Mapping[str, Any]) -> None:
        with self._store.write() as at:
            locks = {k: v for k, v in _kept(at, self._system).items() if k.startswith(LOCK)}
            set_values(at, self._system, tokens=dict(value) | locks)

    def exclusive(self, seconds: float = TOKEN_LOCK) -> AbstractContextManager[None]:
        """One process at a time, across machines. The lock of a killed process lapses. Raises TimeoutError."""
        return exclusive(self._store, self._system, "", seconds=seconds, patience=seconds + 1.0)
