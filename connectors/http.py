"""The one HTTP session of all connectors: time limits, pooling, the shared limiter, short retries of what is safe, no secrets in errors.

A request ends in one of three ways: its answer, :class:`Unavailable` (nothing was done: the same call may be made again) or
:class:`Unknown` (it left, and its effect is not known). Only the first two kinds of trouble are retried here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from connectors.contract import Limiter
from connectors.deadline import left
from connectors.errors import Unavailable, Unknown
from connectors.redaction import redact
from connectors.waiting import waiting

Json = Any
T = TypeVar("T")
LARGEST = 64 * 1024 * 1024
PATIENCE = 5.0  # seconds: a vendor's longer delay is not slept through here but given to the caller
# before any byte of the request could leave
NEVER_SENT = (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)
# not the vendor's trouble: asking again at once would change nothing
OURS = frozenset({"limit", "no_limiter", "deadline", "maintenance", "too_large"})
_backoff = wait_random_exponential(0.2, max=2)


class Clock:
    """The vendor's clock minus ours, from ``Date`` headers: whole seconds, so many answers narrow it down.

    A header of second D, in an answer between ``sent`` and ``received`` of our clock, puts the difference between D - received and
    D + 1 - sent. Answers that contradict what is known begin anew: a clock was set.
    """

    def __init__(self) -> None:
        self.low, self.high = float("-inf"), float("inf")

    def saw(self, header: str | None, sent: float, received: float) -> None:
        try:
            second = parsedate_to_datetime(header or "").timestamp()
        except (TypeError, ValueError):
            return
        low, high = second - received, second + 1.0 - sent
        if low > self.high or high < self.low:
            self.low, self.high = low, high
        else:
            self.low, self.high = max(self.low, low), min(self.high, high)

    @property
    def skew(self) -> float | None:
        """Seconds that the vendor is ahead; 0.0 while that may be no difference at all, None before any answer."""
        if self.high == float("inf"):
            return None
        return 0.0 if self.low <= 0.0 <= self.high else round((self.low + self.high) / 2, 1)


class Http:
    """Requests to one system. ``safe``: the request may be repeated; trouble with any other leaves its effect unknown."""

    def __init__(
        self,
        base_url: str,
        limiter: Limiter,
        *,
        auth: Any = None,
        headers: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        timeout: tuple[float, float] = (5.0, 60.0),
        tries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.base_url, self.limiter, self.secrets, self.timeout, self.tries = base_url.rstrip("/"), limiter, tuple(secrets), timeout, tries
        self.clock, self.sleep, self.now = Clock(), sleep, now
        self.session = requests.Session()
        self.session.auth = auth
        self.session.trust_env = False
        self.session.headers.update({"User-Agent": "Sverka/0.1", **(headers or {})})
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(pool_connections=8, pool_maxsize=8, max_retries=0))

    def call(
        self,
        method: str,
        path: str,
        read: Callable[[requests.Response], T],
        *,
        safe: bool,
        weight: float = 1.0,
        limit_method: str = "",
        **options: Any,
    ) -> T:
        """What ``read`` makes of the answer. ``read`` may raise Unavailable, which is tried again like trouble on the line.
        ``options``: params, json, data, headers of requests."""

        def once() -> T:
            with self.limiter.request(weight, limit_method):
                answer = self._send(method, path, safe, **options)
            return read(answer)

        retrying = Retrying(
            retry=retry_if_exception(self._again), stop=stop_after_attempt(self.tries), wait=_wait, sleep=self.sleep, reraise=True
        )
        with waiting():
            return retrying(once)

    def request(
        self, method: str, path: str, *, safe: bool, weight: float = 1.0, limit_method: str = "", **options: Any
    ) -> requests.Response:
        """The answer, whatever its status. Raises Unavailable (nothing was done, or it may simply be repeated) or Unknown."""
        return self.call(method, path, lambda answer: answer, safe=safe, weight=weight, limit_method=limit_method, **options)

    @staticmethod
    def _again(error: BaseException) -> bool:
        """Unavailable means that nothing was done. Not again at once: our own limit, and a vendor who asks for more than a moment."""
        return isinstance(error, Unavailable) and error.code not in OURS and (error.retry_after or 0.0) <= PATIENCE

    def _send(self, method: str, path: str, safe: bool, **options: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.base_url}/{path.lstrip('/')}"
        trouble: type[Unavailable] | type[Unknown] = Unavailable if safe else Unknown
        remains = left()
        if remains <= 0.0:
            raise Unavailable("the time for this work is over", code="deadline", ru="время этой работы вышло")
        timeout = (min(self.timeout[0], remains), min(self.timeout[1], remains))
        sent = self.now()
        try:
            answer = self.session.request(method, url, timeout=timeout, allow_redirects=False, stream=True, **options)
            # a redirect's body requests has read itself by now, though nobody follows it
            body = answer.content if answer.is_redirect else answer.raw.read(LARGEST + 1, decode_content=True)
            if len(body) > LARGEST:
                answer.close()
        except NEVER_SENT as error:
            raise Unavailable(self._say("no connection", error), ru=self._say("нет соединения", error)) from error
        except requests.exceptions.ConnectionError as error:
            if "NewConnectionError" in repr(error):
                raise Unavailable(self._say("no connection", error), ru=self._say("нет соединения", error)) from error
            raise trouble(self._say("the connection broke", error), ru=self._say("соединение оборвалось", error)) from error
        except Exception as error:  # time-outs and broken bodies of several libraries
            raise trouble(self._say("no whole answer", error), ru=self._say("ответ не пришёл целиком", error)) from error
        if len(body) > LARGEST:
            raise trouble("the answer is larger than 64 MB", code="too_large", ru="ответ больше 64 МБ")
        self.clock.saw(answer.headers.get("Date"), sent, self.now())
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit() and "Content-Encoding" not in answer.headers and len(body) < int(announced) and method != "HEAD":
            raise trouble("the answer was cut short", ru="ответ оборвался")
        answer._content = body
        return answer

    def _say(self, what: str, error: Exception) -> str:
        return redact(f"{what}: {type(error).__name__}", self.secrets)

    def parse(self, answer: requests.Response, safe: bool) -> Json:
        """The JSON of an answer; an HTML page, a cut body or nothing is no answer at all."""
        try:
            return answer.json()
        except ValueError as error:
            status = answer.status_code
            raise (Unavailable if safe else Unknown)(
                f"HTTP {status} without JSON", code=str(status), ru=f"HTTP {status} без JSON"
            ) from error


def asked_to_wait(answer: requests.Response, otherwise: T) -> float | T:
    """Seconds that the vendor asks to wait (``Retry-After``); ``otherwise`` where it names none, or a date."""
    seconds = answer.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdigit() else otherwise


def _wait(state: RetryCallState) -> float:
    """The vendor's own delay, else a random growing one."""
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "retry_after", None)
    return float(asked) + 0.05 if asked else _backoff(state)
