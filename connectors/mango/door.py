"""The door to one PBX: one request at a time, shut before each and opened by an answer that was no refusal.

A second erroneous request within two minutes shuts the whole product out, other programs' commands included (vendor's reference: limits). So
whoever sends shuts the door first; a refusal leaves it shut until the first one counts no more, and so does an answer that nobody could read, for
it may have been a refusal, and the death of the process that asked. It stands in the database: no process and no restart forgets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from connectors.contract import TokenStore
from connectors.errors import Unauthorized, Unavailable

Json = Any
QUIET = 150.0  # seconds: the vendor's two minutes, and as long as a request may have been on its way after nobody waited for it
SHUT, TURNED_AWAY = "shut_until", "turned_away"
LOCKED = 2  # refusals with 401, each after the wait of the one before: then it is the key and no lock


class Door:
    """``clock``: seconds since the epoch."""

    def __init__(self, tokens: TokenStore, clock: Callable[[], float]) -> None:
        self.tokens, self.clock = tokens, clock

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Hold the door for one request. Raises Unavailable while it is shut, or held by another process for too long. Leaves it shut unless
        ``opened`` is called within."""
        try:
            with self.tokens.exclusive():
                self._enter()
                yield
        except TimeoutError as error:
            raise Unavailable("another process is asking this PBX", code="limit", retry_after=5.0) from error

    def _enter(self) -> None:
        kept = self.tokens.load()
        left = float(kept.get(SHUT) or 0.0) - self.clock()
        if left > 0:
            text = f"silent for {left:.0f} s more: the last request was refused or its answer lost, and a second refusal in two minutes shuts the PBX out"
            raise Unavailable(text, code="quiet", retry_after=left)
        self.tokens.save({**kept, SHUT: self.clock() + QUIET})

    def opened(self, *, kept_away: bool = False) -> None:
        """The request was no erroneous one, or never left."""
        names = {SHUT} if kept_away else {SHUT, TURNED_AWAY}
        self.tokens.save({name: value for name, value in self.tokens.load().items() if name not in names})

    def shut(self) -> None:
        """The request was refused, or may have been: nobody asks before that counts no more."""
        self.tokens.save({**self.tokens.load(), SHUT: self.clock() + QUIET})

    def turned_away(self) -> Unavailable | Unauthorized:
        """401: the product is shut out, perhaps by another program's mistakes; if it stays so after the wait, the key is wrong."""
        kept = self.tokens.load()
        times = int(kept.get(TURNED_AWAY) or 0) + 1
        self.tokens.save({**kept, SHUT: self.clock() + QUIET, TURNED_AWAY: times})
        if times >= LOCKED:
            return Unauthorized("401 after more than two minutes of silence: the key of the PBX is refused", code="401")
        return Unavailable("401: the PBX is shut out for two minutes after somebody's erroneous requests", code="401", retry_after=QUIET)
