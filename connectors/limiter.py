"""Published limits kept by all processes together: windows, buckets and parallel slots, in memory or in Redis; both behave alike.

A vendor counts a request when it arrives, somewhere between its leaving and its answer. So a *window* holds the units of a request
while it is under way (``ARRIVAL`` seconds at most: by then it has arrived) and for the window's length after its end: whatever the line's
delays, what the vendor counts is never more. A *bucket* drains at its rate. A *parallel* slot is held while the request is under way and
lapses when its holder dies. What is new, or was emptied, counts as used up: nothing is known of what others did a moment ago.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import Limit
from connectors.deadline import left
from connectors.errors import Unavailable

SLOT = 120.0  # seconds after which the slot of a dead process is free
ARRIVAL = 5.0  # seconds within which a request that left has reached the vendor, or never will
PATIENCE = 60.0  # seconds that a request waits for its turn before it is put off
MARGIN = 0.02  # seconds added to windows: clocks run at slightly different speeds
NAP = 1.0  # longest sleep before the limits are asked again
PARALLEL_NAP = 0.02


def countable(limits: Sequence[Limit]) -> list[Limit]:
    """The limits that can be kept by counting requests; run time is counted by the vendor, and heeded through ``penalise``."""
    return [limit for limit in limits if limit.kind != "operating"]


def used_up(wait: float) -> Unavailable:
    return Unavailable(
        "the system's published limit is used up", code="limit", retry_after=wait, limited=True, ru="опубликованный лимит системы исчерпан"
    )


def scope(limit: Limit, method: str) -> str:
    """What shares a limit: the whole system, or one method."""
    return method if limit.per == "method" else ""


def binding(limits: Sequence[Limit], method: str) -> list[tuple[int, Limit]]:
    """The limits that a call of this method has to keep, each with its number."""
    return [(i, limit) for i, limit in enumerate(limits) if limit.method in ("", method)]


class _Waiting:
    """The waiting that both limiters share."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def _wait_for(self, ask: Callable[[], float]) -> None:
        """Ask until the answer is 0. Raises Unavailable when the turn would come after the caller's patience or deadline."""
        until = self.clock() + max(0.0, min(PATIENCE, left()))
        while (wait := ask()) > 0:
            if self.clock() + wait > until:
                raise used_up(wait)
            self.sleep(min(wait, NAP))


@dataclass(slots=True)
class _Kept:
    """One limit of one scope. ``spent``: request -> (units, when they come free); ``level`` at ``at``: a bucket's."""

    spent: dict[str, tuple[float, float]] = field(default_factory=dict)
    level: float = 0.0
    at: float = 0.0


class LocalLimiter(_Waiting):
    """Limits of one process. ``unused``: nobody asked this installation before, as a stand-in that has just begun; so nothing is used up."""

    def __init__(
        self,
        limits: Sequence[Limit],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        *,
        unused: bool = False,
    ) -> None:
        self.limits, self.clock, self.sleep, self.unused = countable(limits), clock, sleep, unused
        self._lock = threading.Lock()
        self._kept: dict[tuple[int, str], _Kept] = {}
        self._until: dict[str, float] = defaultdict(float)

    @contextmanager
    def request(self, weight: float = 1.0, method: str = "") -> Iterator[None]:
        token = uuid.uuid4().hex
        self._wait_for(lambda: self._take(token, weight, method))
        try:
            yield
        finally:
            self._end(token, method)

    def penalise(self, seconds: float, method: str = "") -> None:
        with self._lock:
            self._until[method] = max(self._until[method], self.clock() + seconds)

    def _take(self, token: str, weight: float, method: str) -> float:
        """Take the units and return 0, or return seconds to wait."""
        with self._lock:
            now = self.clock()
            wait = max(self._until[""], self._until[method]) - now
            kept = [(limit, self._known(i, limit, method, now)) for i, limit in binding(self.limits, method)]
            for limit, one in kept:
                wait = max(wait, self._lacks(limit, one, weight, now))
            if wait > 0:
                return wait
            for limit, one in kept:
                if limit.kind == "bucket":
                    one.level += weight
                else:
                    one.spent[token] = (1.0, now + SLOT) if limit.kind == "parallel" else (weight, now + ARRIVAL + limit.seconds)
            return 0.0

    def _known(self, number: int, limit: Limit, method: str, now: float) -> _Kept:
        key = (number, scope(limit, method))
        if key not in self._kept:
            new = self._kept[key] = _Kept(level=0.0 if self.unused else limit.units, at=now)
            if limit.kind == "window" and not self.unused:
                new.spent["unknown"] = (limit.units, now + limit.seconds)
        return self._kept[key]

    @staticmethod
    def _lacks(limit: Limit, one: _Kept, weight: float, now: float) -> float:
        """Seconds until ``weight`` units are free, 0 when they are."""
        if limit.kind == "bucket":
            rate = limit.units / limit.seconds
            one.level, one.at = max(0.0, one.level - (now - one.at) * rate), now
            return max(0.0, (one.level + weight - limit.units) / rate)
        one.spent = {token: entry for token, entry in one.spent.items() if entry[1] > now}
        if limit.kind == "parallel":
            return PARALLEL_NAP if len(one.spent) >= limit.units else 0.0
        used, wait = sum(units for units, _ in one.spent.values()), 0.0
        for units, free in sorted(one.spent.values(), key=lambda entry: entry[1]):
            if used + weight <= limit.units:
                break
            used, wait = used - units, free - now
        return wait

    def _end(self, token: str, method: str) -> None:
        with self._lock:
            now = self.clock()
            for i, limit in binding(self.limits, method):
                one = self._kept[i, scope(limit, method)]
                if limit.kind == "parallel":
                    one.spent.pop(token, None)
                elif token in one.spent:
                    units, free = one.spent[token]
                    one.spent[token] = (units, min(free, now + limit.seconds + MARGIN))


# KEYS: until of all, until of the method, then one key a limit. ARGV: weight, token, slot, arrival, count, then kind, units, seconds of each.
TAKE = """
local time = redis.call('TIME'); local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local weight, token, slot, arrival, count = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local wait = 0
for i = 1, 2 do
  local free = tonumber(redis.call('GET', KEYS[i]) or '0')
  if free - now > wait then wait = free - now end
end
for i = 1, count do
  local key, kind, units, seconds = KEYS[2 + i], ARGV[3 + i * 3], tonumber(ARGV[4 + i * 3]), tonumber(ARGV[5 + i * 3])
  local lacks = 0
  if kind == 'bucket' then
    local held = redis.call('HMGET', key, 'level', 'at')
    local level = math.max(0, tonumber(held[1] or units) - (now - tonumber(held[2] or now)) * units / seconds)
    redis.call('HSET', key, 'level', tostring(level), 'at', string.format('%.6f', now))
    lacks = (level + weight - units) * seconds / units
  else
    if kind == 'window' and redis.call('EXISTS', key .. ':known') == 0 then
      redis.call('ZADD', key, string.format('%.6f', now + seconds), units .. ':unknown')
      redis.call('SET', key .. ':known', '1')
    end
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.6f', now))
    if kind == 'parallel' then
      if redis.call('ZCARD', key) >= units then lacks = 0.02 end
    else
      local rows, used = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'), 0
      for j = 1, #rows, 2 do used = used + tonumber(string.match(rows[j], '^([^:]+)')) end
      for j = 1, #rows, 2 do
        if used + weight <= units then break end
        used, lacks = used - tonumber(string.match(rows[j], '^([^:]+)')), tonumber(rows[j + 1]) - now
      end
    end
  end
  if lacks > wait then wait = lacks end
end
if wait > 0 then return tostring(wait) end
for i = 1, count do
  local key, kind, seconds = KEYS[2 + i], ARGV[3 + i * 3], tonumber(ARGV[5 + i * 3])
  if kind == 'bucket' then redis.call('HINCRBYFLOAT', key, 'level', weight)
  elseif kind == 'parallel' then redis.call('ZADD', key, string.format('%.6f', now + slot), token)
  else redis.call('ZADD', key, string.format('%.6f', now + arrival + seconds), ARGV[1] .. ':' .. token) end
end
return '0'
"""
# KEYS: one a limit. ARGV: weight, token, margin, count, then kind, seconds of each.
END = """
local time = redis.call('TIME'); local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
for i = 1, tonumber(ARGV[4]) do
  local key, kind, seconds = KEYS[i], ARGV[3 + i * 2], tonumber(ARGV[4 + i * 2])
  if kind == 'parallel' then redis.call('ZREM', key, ARGV[2])
  elseif kind == 'window' then
    local member = ARGV[1] .. ':' .. ARGV[2]
    local held, free = redis.call('ZSCORE', key, member), now + seconds + tonumber(ARGV[3])
    if held and tonumber(held) > free then redis.call('ZADD', key, string.format('%.6f', free), member) end
  end
end
"""
PENALISE = """
local time = redis.call('TIME'); local free = tonumber(time[1]) + tonumber(time[2]) / 1000000 + tonumber(ARGV[1])
if free > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], string.format('%.6f', free), 'PX', math.ceil(tonumber(ARGV[1]) * 1000) + 1000)
end
"""


class RedisLimiter(_Waiting):
    """The same limits, one budget for all processes, by Redis's own clock. A penalty lost with Redis is set again by the vendor's next
    refusal."""

    clock = staticmethod(time.monotonic)

    def __init__(self, redis: Any, system: str, limits: Sequence[Limit], sleep: Callable[[float], None] = time.sleep) -> None:
        self.redis, self.system, self.limits, self.sleep = redis, system, countable(limits), sleep
        self._take, self._end, self._penalise = (redis.register_script(script) for script in (TAKE, END, PENALISE))

    @contextmanager
    def request(self, weight: float = 1.0, method: str = "") -> Iterator[None]:
        token, bound = uuid.uuid4().hex, binding(self.limits, method)
        keys = [self._key(f"{i}", scope(limit, method)) for i, limit in bound]
        kinds = [value for _, limit in bound for value in (limit.kind, limit.units, limit.seconds)]
        arguments = [weight, token, SLOT, ARRIVAL, len(bound), *kinds]
        self._wait_for(lambda: self._ask([self._key("until", ""), self._key("until", method), *keys], arguments))
        try:
            yield
        finally:
            self._give_back(token, weight, keys, bound)

    def _give_back(self, token: str, weight: float, keys: list[str], bound: Sequence[tuple[int, Limit]]) -> None:
        """The request is over: its slot is free, and its units come free by now. A bucket drains by itself: it needs not be told."""
        if any(limit.kind != "bucket" for _, limit in bound):
            kinds = [value for _, limit in bound for value in (limit.kind, limit.seconds)]
            try:
                self._end(keys=keys, args=[weight, token, MARGIN, len(bound), *kinds])
            except Exception:  # slots and units lapse by themselves
                pass

    def penalise(self, seconds: float, method: str = "") -> None:
        try:
            self._penalise(keys=[self._key("until", method)], args=[seconds])
        except Exception:  # without Redis the caller's own retry waits
            pass

    def _ask(self, keys: list[str], arguments: list[Any]) -> float:
        try:
            return float(self._take(keys=keys, args=arguments))
        except Exception as error:
            raise Unavailable("Redis, which shares the limits, does not answer", code="no_limiter", retry_after=2.0) from error

    def _key(self, what: str, shared: str) -> str:
        return f"sverka:limit:{self.system}:{what}:{shared}"
