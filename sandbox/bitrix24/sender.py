"""Events on their way to a handler: one try each, no retries (bitrix24 docs: events), and the faults a test asks for."""

from __future__ import annotations

from functools import partial
from typing import Any

from sandbox.frame.outgoing import Outgoing


class Sender(Outgoing):
    """A cloud calls several handlers at once: ``at_once`` of the control says how many calls may be under way."""

    def configure(self, body: dict[str, Any]) -> None:
        self.weather.set(body)
        self.post.at_once(int(body.get("at_once") or 1))

    def put(self, url: str, headers: dict[str, str], body: bytes) -> None:
        """Queue one POST, or none, or two, as the faults say."""
        self.queue(partial(self.call, url, body, headers))
