"""The one session of a base, shared by all processes of the hub: each session takes a licence for as long as it lives.

A session is asked for by ``IBSession: start`` and kept by its cookie, where the publication allows it; it ends by itself after 20 seconds
of idleness (``sessionMaxAge``). With more than one session at a time the web extension's own pool is left to reuse them.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.contract import TokenStore

COOKIE = "ibsession"


class Session:
    """``shared``: whether the hub manages one session by header."""

    def __init__(self, tokens: TokenStore, shared: bool) -> None:
        self.tokens, self.shared = tokens, shared

    def headers(self) -> dict[str, str]:
        """What a request bears to be part of the session."""
        if not self.shared:
            return {}
        cookie = self.tokens.load().get(COOKIE)
        return {"Cookie": f"{COOKIE}={cookie}"} if cookie else {"IBSession": "start"}

    def saw(self, cookies: Mapping[str, str]) -> None:
        """Keep the session that an answer began."""
        if self.shared and cookies.get(COOKIE):
            self.tokens.save({**self.tokens.load(), COOKIE: cookies[COOKIE]})

    def lost(self) -> None:
        """It is gone: the next request begins another."""
        held = self.tokens.load()
        if held.pop(COOKIE, None):
            self.tokens.save(held)
