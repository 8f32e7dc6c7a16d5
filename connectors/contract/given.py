"""What a connector is given: where its installation is, the limits shared by all processes, a place for credentials."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.contract.objects import Json


class Limiter(Protocol):
    """Shared by all processes through Redis. Blocks until the request may leave; used as a context manager around the request."""

    def request(self, weight: float = 1.0, method: str = "") -> Any:
        """A context manager: enters when a request of this weight may leave, counts it as under way until exit."""

    def penalise(self, seconds: float, method: str = "") -> None:
        """The vendor said to wait: nobody calls (that method) for this long."""


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """One configured installation: where it is and the secrets to reach it (already read from environment or files)."""

    name: str
    connector: str
    url: str
    timezone: str = "UTC"
    secrets: Mapping[str, str] = field(default_factory=dict)  # token, login, password, consumer_key, consumer_secret ...
    options: Mapping[str, Json] = field(default_factory=dict)
    webhook_secret: str = ""


class TokenStore(Protocol):
    """Where a connector keeps credentials that the vendor renews (OAuth): survives restarts, shared by processes."""

    def load(self) -> dict[str, Json]: ...

    def save(self, value: Mapping[str, Json]) -> None: ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Entered by one process at a time, so that only one spends what can be spent once. Raises TimeoutError."""
