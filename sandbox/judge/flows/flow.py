"""What a flow is to the program that plays it."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

Json = Any


class Flow(ABC):
    """One flow over the systems of its shipped configuration. ``desks``: system -> its Desk, with what its vendor alone has. ``told``: what its people remember between two commands, as JSON."""

    grace = 0.0  # seconds beyond what is owed in time: where processes are killed, what one was writing is free again only then

    def __init__(self, desks: Mapping[str, Any], rng: random.Random, size: int, told: Json) -> None:
        self.desks, self.rng, self.size, self.told = desks, rng, size, told

    @abstractmethod
    def before(self) -> None:
        """What stands in the systems before the hub comes."""

    @abstractmethod
    def work(self) -> None:
        """One round of what people do while the hub runs."""

    @abstractmethod
    def violations(self) -> list[str]:
        """What is not as the business owes it, each with who and where; empty: the flow holds."""

    @property
    @abstractmethod
    def ran(self) -> int:
        """How many times the flow was begun."""

    @property
    def owed(self) -> Mapping[str, Json]:
        """What the hub's own page must show of its customers, by phone: compared by who can read the page."""
        return {}
