"""The one HTTP session of all connectors: time limits, pooling, the shared limiter, short retries of what is safe, no secrets in errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connectors.contract import Limiter
from connectors.errors import Unavailable, Unknown
from connectors.redaction import redact

Json = Any
LARGEST = 64 * 1024 * 1024
NEVER_SENT = (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)


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
    ) -> None:
        self.base_url, self.limiter, self.secrets, self.timeout, self.tries = base_url.rstrip("/"), limiter, tuple(secrets), timeout, tries
        self.session = requests.Session()
        self.session.auth = auth
        self.session.trust_env = False
        self.session.headers.update({"User-Agent": "Sverka/0.1", **(headers or {})})
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(pool_connections=8, pool_maxsize=8, max_retries=0))

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        json: Json = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        weight: float = 1.0,
        limit_method: str = "",
        safe: bool,
    ) -> requests.Response:
        """The answer, whatever its status. Raises Unavailable (nothing was done, or it may simply be repeated) or Unknown."""

        def once() -> requests.Response:
            with self.limiter.request(weight, limit_method):
                return self._send(method, path, safe, params=params, json=json, data=data, headers=headers)

        if not safe:
            return once()
        retrying = Retrying(
            retry=retry_if_exception_type(Unavailable),
            stop=stop_after_attempt(self.tries),
            wait=wait_random_exponential(0.2, max=2),
            reraise=True,
        )
        answer: requests.Response = retrying(once)
        return answer

    def _send(self, method: str, path: str, safe: bool, **options: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.base_url}/{path.lstrip('/')}"
        try:
            answer = self.session.request(method, url, timeout=self.timeout, allow_redirects=False, stream=True, **options)
            body = answer.raw.read(LARGEST + 1, decode_content=True)
        except NEVER_SENT as error:
            raise Unavailable(self._say("no connection", error)) from error
        except requests.exceptions.ConnectionError as error:
            if safe or "NewConnectionError" in repr(error):
                raise Unavailable(self._say("no connection", error)) from error
            raise Unknown(self._say("the connection broke", error)) from error
        except Exception as error:  # time-outs and broken bodies of several libraries
            raise (Unavailable if safe else Unknown)(self._say("no whole answer", error)) from error
        if len(body) > LARGEST:
            raise (Unavailable if safe else Unknown)("the answer is larger than 64 MB")
        answer._content = body
        return answer

    def _say(self, what: str, error: Exception) -> str:
        return redact(f"{what}: {type(error).__name__}", self.secrets)

    def parse(self, answer: requests.Response, safe: bool) -> Json:
        """The JSON of an answer; an HTML page, a cut body or nothing is no answer at all."""
        try:
            return answer.json()
        except ValueError as error:
            raise (Unavailable if safe else Unknown)(f"HTTP {answer.status_code} without JSON", code=str(answer.status_code)) from error
