"""Tokens of a key: five at most, alive or not; a renewal ends the one before it at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from .wire import ApiError

Row = dict[str, Any]
CLIENT, SECRET = "sandbox-vk-client", "sandbox-vk-secret"
MOST = 5


@dataclass(slots=True)
class Token:
    access: str
    refresh: str
    alive: bool = True


@dataclass(slots=True)
class Tokens:
    given: list[Token] = field(default_factory=list)

    def request(self, form: Row) -> Row:
        """A token by the grant that was asked for. Raises ApiError."""
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            raise ApiError(401, "invalid_client", "Unknown client", flat=True)
        grant = form.get("grant_type")
        if grant == "refresh_token":
            one = next((one for one in self.given if one.refresh == form.get("refresh_token")), None)
            if one is None:
                raise ApiError(401, "invalid_token", "Unknown refresh token", flat=True)
            one.access, one.alive = uuid.uuid4().hex, True
            return told(one)
        if grant not in ("client_credentials", "agency_client_credentials"):
            raise ApiError(400, "unsupported_grant_type", "Unsupported grant type", flat=True)
        if len(self.given) >= MOST:
            raise ApiError(403, "token_limit_exceeded", "Active access token limit reached", flat=True)
        self.given.append(Token(uuid.uuid4().hex, uuid.uuid4().hex))
        return told(self.given[-1])

    def admit(self, header: str) -> None:
        """Raises ApiError for a token that is unknown or dead."""
        access = header.removeprefix("Bearer ")
        one = next((one for one in self.given if one.access == access), None)
        if one is None:
            raise ApiError(401, "invalid_token", "Unknown access token", flat=True)
        if not one.alive:
            raise ApiError(401, "expired_token", "Access token is expired", flat=True)

    def expire(self) -> None:
        for one in self.given:
            one.alive = False


def told(one: Token) -> Row:
    return {"access_token": one.access, "token_type": "bearer", "scope": "create_ads", "expires_in": "86400", "refresh_token": one.refresh}
