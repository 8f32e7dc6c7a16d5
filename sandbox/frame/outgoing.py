"""What a vendor sends by itself: each call as often and as late as the weather lets it come, to addresses of this machine alone."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.frame.weather import Post, Weather

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _Still(urllib.request.HTTPRedirectHandler):
    """Redirects are answers like others, and are not followed."""

    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(_Still)


def well(status: int, body: bytes) -> bool:
    """Whether an answer says that what came was taken, with most vendors."""
    return 200 <= status < 300


class Outgoing:
    """``allow``: whether even this machine is called. Calls end as ``sent`` (taken), ``failed`` (not taken), or ``dropped`` (lost on the way,
    or to an address that is not called). ``patience``: seconds that an answer is waited for."""

    patience = 5.0

    def __init__(self, allow_loopback: bool, seed: int = 7) -> None:
        self.allow, self.weather, self.post = allow_loopback, Weather(seed), Post()
        self.sent = self.failed = self.dropped = 0
        self._counting = threading.Lock()  # several calls may be under way

    def queue(self, call: Callable[[], object], after: float = 0.0) -> None:
        """Make a call ``after`` seconds, in fair weather."""
        arrivals = self.weather.arrivals(after)
        self.dropped += not arrivals
        for seconds in arrivals:
            self.post.put(seconds, call)

    def counters(self) -> dict[str, int]:
        """How the calls so far ended, as a stand-in shows it among its counters."""
        return {"webhooks_sent": self.sent, "webhooks_failed": self.failed, "webhooks_dropped": self.dropped}

    def drain(self) -> bool:
        """Return when every queued call has ended; False where that took longer than ten seconds."""
        return self.post.drain()

    def call(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        taken: Callable[[int, bytes], bool] = well,
    ) -> bool | None:
        """One call. Whether it was taken; None: nobody was called."""
        answer = self.ask(url, body, headers or {}, method)
        good = None if answer is None else taken(*answer)
        with self._counting:
            self.sent, self.failed, self.dropped = self.sent + (good is True), self.failed + (good is False), self.dropped + (good is None)
        return good

    def ask(self, url: str, body: bytes, headers: Mapping[str, str], method: str = "POST") -> tuple[int, bytes] | None:
        """Status and body of an answer, counted nowhere; status 0: none came; None: nobody was called."""
        if not self.allow or urlsplit(url).hostname not in LOOPBACK:
            return None
        try:
            with OPENER.open(urllib.request.Request(url, body, dict(headers), method=method), timeout=self.patience) as answer:
                return int(answer.status), bytes(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, b""
        except (OSError, ValueError):
            return 0, b""
