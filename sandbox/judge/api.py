"""HTTP as the shop's people use it: a request that was turned away or broken is repeated, as a person presses the button again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import requests

Json = Any
TRIES = 150
AGENT = "shop-people"  # faults on demand spare this user agent: they lie between the hub and the vendors


class Api:
    """One vendor's address. ``session``: attributes of the requests session (headers, auth)."""

    def __init__(self, url: str, prefix: str, **session: Any) -> None:
        self.url, self.prefix, self.session = url.rstrip("/"), prefix, requests.Session()
        self.session.trust_env = False
        for name, value in session.items():
            setattr(self.session, name, value)
        self.session.headers["User-Agent"] = AGENT

    def __call__(self, method: str, path: str, body: Json = None, form: dict[str, str] | None = None, **params: Any) -> Json:
        """The answer's JSON. ``form``: fields of a form, instead of a body in JSON. Raises RuntimeError for a refusal, and when no answer comes."""
        for attempt in range(TRIES):
            try:
                answer = self.session.request(method, f"{self.url}{self.prefix}{path}", json=body, data=form, params=params, timeout=60)
                if answer.status_code < 400:
                    return answer.json() if answer.content else None
                if answer.status_code not in (429, 500, 502, 503, 504):
                    raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            except (requests.RequestException, ValueError):
                pass
            time.sleep(min(0.1 * (attempt + 1), 0.5))
        raise RuntimeError(f"{method} {path}: no answer from {self.url}")

    def control(self, what: str, body: Json) -> None:
        """A control of the stand-in, outside the vendor's own paths."""
        self.session.post(f"{self.url}/_sandbox/{what}", json=body, timeout=10)

    def effects(self, *, forget: bool = False) -> dict[str, int]:
        """What people would have noticed (mails, robots ...), by kind; ``forget``: count anew from here on."""
        url = f"{self.url}/_sandbox/effects"
        found: dict[str, int] = (self.session.delete(url, timeout=10) if forget else self.session.get(url, timeout=10)).json()
        return found


def chunks(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    """``items`` in parts of at most ``size``."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
