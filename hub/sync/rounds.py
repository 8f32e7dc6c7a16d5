"""Rounds of an exchange that the hub begins: fetch what the vendor has, take it in, hand over what is laid out, and say what was received.

The vendor brings everything anew until a message says that it was received. That is said in the round after the one in which all of a message was
taken in: whatever is killed in between, nothing of it is lost, and what comes twice is no news. Each message of ours bears a number of its own, never
that of another: what is handed over once more bears the next one, and is known there by the ids of its objects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog

from connectors.errors import ConnectorError, Rejected, Unavailable
from connectors.exchange import Reached, Rounds, Unreadable
from hub.app import Hub
from hub.storage import inbox, offers, states, uploads
from hub.sync import exchanging

log = structlog.get_logger()
Json = Any
MESSAGES = "messages"  # the cursor of the exchange itself, beside those of its resources
BATCH = 100  # documents of one message
LARGEST = 1 << 30
LEASE = 300.0


@dataclass(frozen=True, slots=True)
class Numbers:
    """``peer``: what the vendor's side calls itself. ``sent``: the last number of ours; ``taken``: the last message of theirs that is kept here whole;
    ``told``: up to which they were told that it was received. ``heard``: the last of ours that they had, by their last message. ``failed``: those of ours
    that they could not load."""

    peer: str = ""
    sent: int = 0
    taken: int = 0
    told: int = 0
    heard: int = 0
    failed: tuple[int, ...] = ()


def due(hub: Hub, *, now: float) -> set[str]:
    """Systems whose next round has come."""
    found = set()
    for system in hub.settings.systems:
        if isinstance(exchanging.of(hub, system), Rounds) and hub.resources(system):
            with hub.store.read_intake() as at:
                last = inbox.get_cursor(at, system, MESSAGES)["polled_at"] or 0.0
            if now - last >= min(hub.every(system, resource) for resource in hub.resources(system)):
                found.add(system)
    return found


def work(hub: Hub, system: str, more: Callable[[], bool] = lambda: True, *, hand: bool = True) -> int:
    """Take in what was brought, and where the hub begins the exchange, one round of it: without ``hand`` it only reads. Returns how many files are done."""
    exchange = exchanging.of(hub, system)
    if not isinstance(exchange, Rounds):
        return exchanging.work(hub, system, more)
    try:
        with states.exclusive(hub.store, system, MESSAGES, seconds=LEASE, patience=0.0):
            return _Round(hub, system, exchange).run(more, hand)
    except TimeoutError:  # another process is at it
        return 0


class _Round:
    def __init__(self, hub: Hub, system: str, exchange: Any) -> None:
        self.hub, self.system, self.exchange = hub, system, exchange

    def run(self, more: Callable[[], bool], hand: bool) -> int:
        with self.hub.store.read() as at:
            state = states.get(at, self.system)
        still = bool(state["paused"]) or states.breaker(state, now=self.hub.clock()) == "open"
        try:
            if not still:
                self._fetch()
            done = exchanging.work(self.hub, self.system, more)
            if hand and not still and state["mode"] != "observe" and not self._unread():
                self._hand()
        except ConnectorError as error:
            log.warning("round.failed", system=self.system, error=type(error).__name__)
            with self.hub.store.write() as at:
                states.trouble(at, self.system, error, now=self.hub.clock())
            self._keep(self._numbers(), error=error.kept[:600])
            return 0
        return done

    def _unread(self) -> bool:
        with self.hub.store.read_intake() as at:
            return self.system in uploads.due(at, now=float("inf"))

    def _numbers(self) -> Numbers:
        with self.hub.store.read_intake() as at:
            held = inbox.get_cursor(at, self.system, MESSAGES)["cursor"]
        return Numbers(**held | {"failed": tuple(held.get("failed", ()))})

    def _keep(self, numbers: Numbers, *, error: str | None = None) -> None:
        now = self.hub.clock()
        with self.hub.store.intake() as at:
            inbox.set_cursor(
                at, self.system, MESSAGES, cursor=asdict(numbers), polled_at=now, moved_at=now, loaded_at=now, identified_at=now, error=error
            )  # fmt: skip

    def _fetch(self) -> None:
        """Keep the message that the vendor has for us, once it is read through. While an older one is not taken in nothing is asked for."""
        if self._unread():
            return
        found = self.exchange.fetched()
        numbers = self._numbers()
        if found is None:
            self._keep(numbers)
            return
        session, name = f"{MESSAGES} {numbers.taken}", "message.zip"
        with self.hub.store.intake() as at:
            uploads.clear(at, self.system, session)
        uploads.append(self.hub.store, self.system, session, MESSAGES, name, found.pieces(), most=LARGEST)
        with self.hub.store.read_intake() as at:
            (row, *_) = uploads.found(at, self.system, session, name)
        try:
            with uploads.opened(self.hub.store, row["id"]) as file:
                reached = self.exchange.reached(file)
            exchanging.accept(self.hub, self.exchange, row, name)
        except Unreadable as error:
            with self.hub.store.intake() as at:
                uploads.drop(at, row)
            raise Unavailable(f"the message of the base cannot be read: {error}", code="message") from error
        self._learn(numbers, reached)
        found.kept()

    def _learn(self, numbers: Numbers, reached: Reached) -> None:
        """What the head of a message tells. A hub that was restored, or lost count, goes on from what the vendor has of it."""
        for number in range(max(numbers.heard, reached.received - BATCH) + 1, reached.received + 1):
            if number not in numbers.failed:
                self._taken(number)
        peer, sent = reached.peer or numbers.peer, max(numbers.sent, reached.received)
        told = numbers.told if reached.bears or numbers.told < numbers.taken else reached.number  # nobody is told of an empty one
        self._keep(replace(numbers, peer=peer, taken=reached.number, told=told, heard=reached.received, sent=sent))

    def _hand(self) -> None:
        """Hand over what is laid out, and say what was received. Where the vendor has never written to us there is nobody to hand it to."""
        numbers = self._numbers()
        if not numbers.peer:
            return
        while True:
            number = numbers.sent + 1
            with self.hub.store.write() as at:
                laid = offers.give(at, self.system, str(number), BATCH, now=self.hub.clock())
                exchanging.reconsider(self.hub, at, self.system)
            if not laid and numbers.told >= numbers.taken:
                return
            numbers = replace(numbers, sent=number)
            self._keep(numbers)  # before it leaves: a number that may have been seen there is never used again
            try:
                self.exchange.hand(laid, Reached(numbers.peer, number, numbers.taken))
            except Rejected as error:  # it goes once more, in smaller parts, until the one that cannot be loaded stands alone
                log.warning("round.not_loaded", system=self.system, number=number, error=error.message)
                self._keep(replace(numbers, failed=(*numbers.failed, number)[-BATCH:]), error=error.kept[:600])
                return
            numbers = replace(numbers, told=numbers.taken)
            self._keep(numbers)
            self._taken(number)

    def _taken(self, number: int) -> None:
        now = self.hub.clock()
        with self.hub.store.state() as at:
            rows = offers.take(at, self.system, str(number), now=now)
            exchanging.taken(self.hub, at, self.system, rows, now=now)
            if rows:
                states.call_succeeded(at, self.system, now=now)
