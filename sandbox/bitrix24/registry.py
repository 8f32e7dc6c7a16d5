"""The table of REST methods, filled by the modules of each family, and what a handler receives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.bitrix24.auth import Identity
from sandbox.bitrix24.params import Params
from sandbox.bitrix24.state import Portal


@dataclass(frozen=True)
class Call:
    """One method call: alone in a request or one command of a batch."""

    portal: Portal
    method: str
    params: Params
    identity: Identity

    @property
    def connector(self) -> str:
        """The caller's ``auth_connector``: its changes are not queued for offline handlers bound with the same key."""
        return self.params.text("auth_connector")


@dataclass(frozen=True)
class Method:
    """``cost`` is what one call adds to the operating time of its method, in seconds."""

    name: str
    scope: str
    handler: Callable[[Call], Any]
    cost: float
    app_only: bool = False


METHODS: dict[str, Method] = {}


def method(name: str, scope: str, cost: float = 0.05, app_only: bool = False) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    """Register a handler under a vendor's name; names are matched in lower case."""

    def register(handler: Callable[[Call], Any]) -> Callable[[Call], Any]:
        METHODS[name.lower()] = Method(name, scope, handler, cost, app_only)
        return handler

    return register
