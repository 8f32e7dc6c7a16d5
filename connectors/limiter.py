"""Published limits kept by all processes together: windows, buckets and parallel slots, in memory or in Redis.

A sliding window counts a request from the moment it may leave until ``seconds`` after it; a bucket drains at its rate; a parallel slot
is held while the request is under way and lapses when its holder dies.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from connectors.contract import Limit
from connectors.errors import Unavailable

SLOT = 120.0  # seconds after which the slot of a dead process is free
PATIENCE = 60.0  # seconds that a request waits for its turn before it is put off
MARGIN = 0.25  # seconds added to windows: the vendor counts at its own end of the line


class LocalLimiter:
    """Limits of one process."""

    def __init__(
        self, limits: Sequence[Limit], clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.limits, self.clock, self.sleep = countable(limits), clock, sleep
        self._lock = threading.Lock()
        self._spent: dict[tuple[int, str], list[tuple[float, float]]] = defaultdict(list)
        self._level: dict[tuple[int, str], tuple[float, float]] = {}
        self._running: dict[tuple[int, str], int] = defaultdict(int)
        self._until: dict[str, float] = defaultdict(float)

    @contextmanager
    def request(self, weight: float = 1.0, method: str = "") -> Iterator[None]:
        deadline = self.clock() + PATIENCE
        while True:
            with self._lock:
                wait = self._try(weight, method)
            if wait <= 0:
                break
            if self.clock() + wait > deadline:
                raise Unavailable("the system's published limit is used up", code="limit", retry_after=wait)
            self.sleep(min(wait, 1.0))
        try:
            yield
        finally:
            with self._lock:
                for i, limit in enumerate(self.limits):
                    if limit.kind == "parallel":
                        self._running[i, self._scope(limit, method)] -= 1

    def penalise(self, seconds: float, method: str = "") -> None:
        with self._lock:
            self._until[method] = max(self._until[method], self.clock() + seconds)

    @staticmethod
    def _scope(limit: Limit, method: str) -> str:
        return method if limit.per == "method" else ""

    def _try(self, weight: float, method: str) -> float:
        """Take the units and return 0, or return seconds to wait."""
        now = self.clock()
        wait = max(self._until[""], self._until[method]) - now
        for i, limit in enumerate(self.limits):
            key = (i, self._scope(limit, method))
            if limit.kind == "parallel":
                wait = max(wait, 0.02 if self._running[key] >= limit.units else 0.0)
            elif limit.kind == "window":
                spent = self._spent[key] = [s for s in self._spent[key] if s[0] > now - limit.seconds - MARGIN]
                if sum(units for _, units in spent) + weight > limit.units:
                    wait = max(wait, spent[0][0] + limit.seconds + MARGIN - now if spent else limit.seconds)
            else:
                rate = limit.units / limit.seconds
                level, at = self._level.get(key, (limit.units, now))  # a new bucket starts full of use: nothing is known of others
                level = max(0.0, level - (now - at) * rate)
                self._level[key] = (level, now)
                if level + weight > limit.units:
                    wait = max(wait, (level + weight - limit.units) / rate)
        if wait > 0:
            return wait
        for i, limit in enumerate(self.limits):
            key = (i, self._scope(limit, method))
            if limit.kind == "parallel":
                self._running[key] += 1
            elif limit.kind == "window":
                self._spent[key].append((now, weight))
            else:
                self._level[key] = (self._level[key][0] + weight, now)
        return 0.0


def countable(limits: Sequence[Limit]) -> list[Limit]:
    """The limits that can be kept by counting requests; run time is counted by the vendor, and heeded through ``penalise``."""
    return [limit for limit in limits if limit.kind != "operating"]


TAKE = """
local now = redis.call('TIME'); now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local weight, id, slot, margin = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local wait = 0
for i = 1, 2 do
  local until_ = tonumber(redis.call('GET', KEYS[i]) or '0')
  if until_ - now > wait then wait = until_ - now end
end
local n = tonumber(ARGV[5])
for i = 1, n do
  local key, kind, units, seconds = KEYS[2 + i], ARGV[3 + i * 3], tonumber(ARGV[4 + i * 3]), tonumber(ARGV[5 + i * 3])
  if kind == 'parallel' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - slot)
    if redis.call('ZCARD', key) >= units and wait < 0.02 then wait = 0.02 end
  elseif kind == 'bucket' then
    local held = redis.call('HMGET', key, 'level', 'at')
    local level = math.max(0, tonumber(held[1] or units) - (now - tonumber(held[2] or now)) * units / seconds)
    redis.call('HSET', key, 'level', tostring(level), 'at', string.format('%.6f', now))
    if level + weight > units and (level + weight - units) * seconds / units > wait then wait = (level + weight - units) * seconds / units end
  else
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - seconds - margin)
    local used, rows = 0, redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for j = 1, #rows, 2 do used = used + tonumber(string.match(rows[j], '^([^:]+)')) end
    if redis.call('EXISTS', key .. ':known') == 0 then
      redis.call('SET', key .. ':known', '1')
      redis.call('ZADD', key, now, units .. ':unknown')
      used = units
      rows = {units .. ':unknown', now}
    end
    if used + weight > units then
      local w = seconds + margin
      if #rows > 0 then w = tonumber(rows[2]) + seconds + margin - now end
      if w > wait then wait = w end
    end
  end
end
if wait > 0 then return tostring(wait) end
for i = 1, n do
  local key, kind, seconds = KEYS[2 + i], ARGV[3 + i * 3], tonumber(ARGV[5 + i * 3])
  if kind == 'parallel' then redis.call('ZADD', key, now, id) redis.call('PEXPIRE', key, slot * 1000)
  elseif kind == 'bucket' then redis.call('HINCRBYFLOAT', key, 'level', weight)
  else redis.call('ZADD', key, now, ARGV[1] .. ':' .. id) end
end
return '0'
"""


class RedisLimiter:
    """The same limits, one budget for all processes. A new or emptied Redis counts a window as used and a bucket as full: nothing is
    known of them."""

    def __init__(self, redis: Any, system: str, limits: Sequence[Limit], sleep: Callable[[float], None] = time.sleep) -> None:
        self.redis, self.system, self.limits, self.sleep = redis, system, countable(limits), sleep
        self._take = redis.register_script(TAKE)

    @contextmanager
    def request(self, weight: float = 1.0, method: str = "") -> Iterator[None]:
        token = uuid.uuid4().hex
        keys = [self._key("until", ""), self._key("until", method)] + [
            self._key(f"{i}", method if limit.per == "method" else "") for i, limit in enumerate(self.limits)
        ]
        arguments: list[Any] = [weight, token, SLOT, MARGIN, len(self.limits)]
        for limit in self.limits:
            arguments += [limit.kind, limit.units, limit.seconds]
        deadline = time.monotonic() + PATIENCE
        while (wait := self._ask(keys, arguments)) > 0:
            if time.monotonic() + wait > deadline:
                raise Unavailable("the system's published limit is used up", code="limit", retry_after=wait)
            self.sleep(min(wait, 1.0))
        try:
            yield
        finally:
            try:
                for i, limit in enumerate(self.limits):
                    if limit.kind == "parallel":
                        self.redis.zrem(keys[2 + i], token)
            except Exception:  # the slot lapses by itself
                pass

    def penalise(self, seconds: float, method: str = "") -> None:
        try:
            self.redis.set(self._key("until", method), time.time() + seconds, ex=max(1, int(seconds) + 1))
        except Exception:  # without Redis the caller's own retry waits
            pass

    def _ask(self, keys: list[str], arguments: list[Any]) -> float:
        try:
            return float(self._take(keys=keys, args=arguments))
        except Exception as error:
            raise Unavailable("Redis, which shares the limits, does not answer", code="no_limiter", retry_after=2.0) from error

    def _key(self, what: str, scope: str) -> str:
        return f"sverka:limit:{self.system}:{what}:{scope}"
