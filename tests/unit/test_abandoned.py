"""What a process that is known to be dead held is free at once; what the living hold is theirs."""

from __future__ import annotations

import redis

from hub.processes import abandoned
from hub.storage import states
from retry_queue import tokens
from tests.unit.test_inbox import claim, put, row
from tests.unit.test_queue import Queue


def test_the_dead_hold_nothing_and_the_living_what_they_had(store, redis_url, monkeypatch):
    client, queue, marks = redis.Redis.from_url(redis_url), Queue(store), [tokens.new_mark() for _ in range(2)]
    now, held = queue.now, []
    put(store, *(row(str(n)) for n in range(4)))
    for number, mark in enumerate(marks):
        monkeypatch.setenv(tokens.MARK, mark)
        queue.open(f"r{number}")
        held.append((queue.claim(), claim(store, limit=2)))
        client.set(f"{abandoned.ALONE}{number}", tokens.token())
        with store.write() as at:
            states.ensure(at, f"s{number}", "live")
            assert states.take_lease(at, f"s{number}", now=now, seconds=45.0)
    (dead, _), living = marks, held[1]
    assert [len(rows) for pair in held for rows in pair] == [1, 2, 1, 2]
    for _ in range(2):
        abandoned.free(store, client, dead)
    assert {name.decode() for name in client.scan_iter()} == {f"{abandoned.ALONE}1"}
    assert len(claim(store)) == 2, "what the dead had in hand, and nothing of the living"
    with store.write() as at:
        queue.outbox.expire(at, now=now)
        assert states.take_lease(at, "s0", now=now, seconds=45.0) and not states.take_lease(at, "s1", now=now, seconds=45.0)
    assert [one.record_id for one in queue.claim()] == ["r0"]
    assert living
