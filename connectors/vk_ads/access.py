"""Tokens: a key has five at most, so the one that was given is kept and renewed, by one process at a time.

A renewal ends the token before it at once (ads.vk.com/doc/api: authorisation). Who finds his token dead reads the store first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from connectors.contract import SystemSettings, TokenStore
from connectors.errors import Unauthorized, Unavailable
from connectors.http import Http
from connectors.redaction import redact

Json = Any
ENDED = ("invalid_client", "invalid_user", "revoked_token")


class Access:
    """One cabinet: ``client_id`` and ``client_secret``; of an agency's client also ``options.agency_client``."""

    def __init__(self, settings: SystemSettings, http: Http, tokens: TokenStore) -> None:
        self.http, self.tokens = http, tokens
        self.ident, self.secret = settings.secrets.get("client_id", ""), settings.secrets.get("client_secret", "")
        self.client = str(settings.options.get("agency_client") or "")
        self.seed = hashlib.sha256(f"{settings.url}|{self.ident}|{self.client}".encode()).hexdigest()[:16]
        self.held: dict[str, Json] = {}

    def token(self) -> str:
        """The token to use. Raises ConnectorError."""
        self.held = self.held or self._stored()
        return str(self.held["access_token"]) if self.held else self.renewed("")

    def renewed(self, dead: str) -> str:
        """Another token than this one: what somebody else has stored meanwhile, a renewal, or a new one. Raises ConnectorError."""
        try:
            with self.tokens.exclusive():
                held = self._stored()
                if not held or held["access_token"] == dead:
                    held = self._asked(held)
                    self.tokens.save(held)
                self.held = held
        except TimeoutError as error:
            raise Unavailable("another process is still renewing the token", code="token_lock", retry_after=5.0) from error
        return str(self.held["access_token"])

    def _stored(self) -> dict[str, Json]:
        held = self.tokens.load()
        return held if held.get("seed") == self.seed else {}

    def _asked(self, held: Mapping[str, Json]) -> dict[str, Json]:
        """A renewal where there is something to renew; where that is refused, or there is nothing, a new token."""
        keys = {"client_id": self.ident, "client_secret": self.secret}
        if held.get("refresh_token") and (
            body := self._request(keys | {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}, False)
        ):
            return self._kept(body)
        kind = {"grant_type": "agency_client_credentials", "agency_client_name": self.client} if self.client else {"grant_type": "client_credentials"}  # fmt: skip
        return self._kept(self._request(keys | kind, True) or {})

    def _kept(self, body: Mapping[str, Json]) -> dict[str, Json]:
        return {"access_token": body.get("access_token", ""), "refresh_token": body.get("refresh_token", ""), "seed": self.seed}

    def _request(self, form: Mapping[str, Json], final: bool) -> dict[str, Json] | None:
        """The answer of the token's address; None where it refuses and something else may be tried."""
        answer = self.http.request("POST", "api/v2/oauth2/token.json", safe=True, data=dict(form))
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Unavailable(f"HTTP {answer.status_code} instead of a token", code=str(answer.status_code))
        body = self.http.parse(answer, True)
        if answer.status_code < 400 and isinstance(body, dict) and body.get("access_token"):
            return body
        said = body if isinstance(body, dict) else {}
        code = str(said.get("code") or said.get("error") or answer.status_code)
        if not final and code not in ENDED:
            return None
        if answer.status_code == 403:
            raise Unauthorized("the key has as many tokens as it may", code="token_limit")
        raise Unauthorized(redact(str(said.get("message") or code)[:300], self.http.secrets), code=code)
