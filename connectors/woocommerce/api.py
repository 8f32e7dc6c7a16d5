"""Requests to the REST API v3 and the meaning of its errors. Decided by ``code``: messages are in the language of the site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from connectors.contract import Limiter, SystemSettings
from connectors.errors import ConnectorError, Exists, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.http import Http, asked_to_wait
from connectors.redaction import redact
from connectors.woocommerce.oauth import OneLegged

Json = Any
ABSENT = frozenset({"woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_invalid_id", "woocommerce_rest_product_invalid_id"})
# refund routes answer HTTP 500 for what will never go (woocommerce docs: refunds)
FINAL = frozenset(
    {"woocommerce_rest_invalid_order_id", "woocommerce_rest_invalid_order_refund", "woocommerce_rest_cannot_create_order_refund"}
)
ANONYMOUS = frozenset(
    {"woocommerce_rest_cannot_view", "woocommerce_rest_cannot_create", "woocommerce_rest_cannot_edit", "woocommerce_rest_cannot_batch"}
)
TAKEN = "registration-error-email-exists"
FIELDS = {
    TAKEN: "email", "registration-error-invalid-email": "email", "woocommerce_rest_customer_invalid_email": "email",
    "woocommerce_rest_customer_invalid_argument": "email", "woocommerce_rest_invalid_customer_id": "customer_id",
    "order_invalid_billing_email": "billing.email", "woocommerce_rest_invalid_item_id": "items", "woocommerce_rest_invalid_coupon": "coupon_lines",
    "woocommerce_rest_required_product_reference": "items", "woocommerce_rest_invalid_shipping_item": "items",
    "woocommerce_rest_invalid_fee_item": "items", "woocommerce_rest_coupon_item_id_readonly": "coupon_lines",
    "woocommerce_rest_product_invalid_id": "items",
}  # fmt: skip
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class Api:
    """One shop. Basic over TLS; a host that drops the header gets the pair in the query; without TLS, OAuth 1.0a."""

    def __init__(self, settings: SystemSettings, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        key, secret = settings.secrets.get("consumer_key", ""), settings.secrets.get("consumer_secret", "")
        self.secrets, self.limiter = (key, secret, settings.webhook_secret), limiter
        address = urlsplit(settings.url)
        self.private = address.scheme == "https" or address.hostname in LOCAL
        chosen = str(settings.options.get("auth", "basic" if self.private else "oauth"))
        auth: Any = OneLegged(key, secret) if chosen == "oauth" else (key, secret)
        self.pair = {"consumer_key": key, "consumer_secret": secret}
        self.in_query = chosen == "query"
        headers = {"Cache-Control": "no-cache", "Accept": "application/json"}
        base = f"{settings.url.rstrip('/')}/wp-json/wc/v3"
        self.http = Http(
            base, limiter, auth=None if self.in_query else auth, headers=headers, secrets=self.secrets, now=lambda: clock().timestamp()
        )

    def get(self, path: str, params: Mapping[str, Json]) -> tuple[Json, Mapping[str, str]]:
        """Body and headers of a read."""
        return self._call("GET", path, True, params=dict(params))

    def send(self, method: str, path: str, body: Json, *, safe: bool) -> Json:
        """Body of a write's answer."""
        return self._call(method, path, safe, json=body)[0]

    def _call(self, method: str, path: str, safe: bool, **options: Any) -> tuple[Json, Mapping[str, str]]:
        try:
            return self._once(method, path, safe, **options)
        except Unauthorized as error:
            # answered as to nobody: shared hosts are known to drop the header (woocommerce docs: authentication)
            if self.in_query or not self.private or error.code not in ANONYMOUS:
                raise
            found = self._once(method, path, safe, query=True, **options)
            self.in_query, self.http.session.auth = True, None
            return found

    def _once(self, method: str, path: str, safe: bool, query: bool = False, **options: Any) -> tuple[Json, Mapping[str, str]]:
        if query or self.in_query:
            options["params"] = {**options.get("params", {}), **self.pair}

        def read(answer: requests.Response) -> tuple[Json, Mapping[str, str]]:
            return self._checked(answer, safe), answer.headers

        return self.http.call(method, path, read, safe=safe, **options)

    def _checked(self, answer: requests.Response, safe: bool) -> Json:
        status = answer.status_code
        trouble: type[Unavailable] | type[Unknown] = Unavailable if safe else Unknown
        if status in (429, 502, 503, 504, 508):
            # turned away at the door; a gateway's 502 and 504 may come after the effect
            if safe or status in (429, 503, 508):
                raise self._later(answer)
            raise Unknown(f"HTTP {status}", code=str(status))
        try:
            body = answer.json()
        except ValueError:
            raise self._no_json(answer, trouble) from None
        code = str(body.get("code", "")) if isinstance(body, dict) else ""
        if status < 400:
            return body
        if status >= 500 and code not in FINAL:
            raise trouble(self.text(body), code=code or str(status))
        raise self.error(body, status)

    def _later(self, answer: requests.Response) -> Unavailable:
        wait = asked_to_wait(answer, None)
        if answer.status_code == 429:
            self.limiter.penalise(wait or 5.0)
        return Unavailable(f"HTTP {answer.status_code}", code=str(answer.status_code), retry_after=wait, limited=answer.status_code == 429)

    def _no_json(self, answer: requests.Response, trouble: type[Unavailable] | type[Unknown]) -> ConnectorError:
        """A page instead of an answer is trouble that may pass, whatever its status: a firewall, maintenance, a plugin's warnings."""
        text, status = answer.text.lstrip(), answer.status_code
        if status in (401, 403) and not text:
            return Unauthorized(f"HTTP {status}", code=str(status))
        if status == 403:
            return Unavailable("a firewall answered with a page instead of the shop", code="403")
        what = (
            "PHP warnings before the answer"
            if "{" in text and not text.startswith(("<!doctype", "<html", "<!DOCTYPE"))
            else "a page, not JSON"
        )
        return trouble(f"HTTP {status}: {what}", code=str(status))

    def refusal(self, row: Json) -> ConnectorError | None:
        """What the answer to a batch says of one object that was not taken; None: it was."""
        if not isinstance(row, dict):
            return Unknown("the batch answer lacks this item")
        if "error" not in row:
            return None
        data = row["error"].get("data")
        error = self.error(row["error"], int(data.get("status", 400)) if isinstance(data, dict) else 400)
        # one object that this key may not change is not a bad key
        return Rejected(error.message, code=error.code) if isinstance(error, Unauthorized) else error

    def error(self, body: Json, status: int) -> ConnectorError:
        """An error object of the vendor as ours."""
        code = str(body.get("code", status)) if isinstance(body, dict) else str(status)
        if status in (401, 403):
            return Unauthorized(self.text(body), code=code)
        if code == "rest_no_route":
            return Unauthorized("the shop's REST API is off: the plugin or the permalinks", code=code)
        if code in ABSENT or (status == 404 and code not in FINAL):
            return Missing(self.text(body), code=code)
        data = body.get("data") if isinstance(body, dict) else None
        params = data.get("params") if isinstance(data, dict) else None
        field = next(iter(params), "") if params else FIELDS.get(code, "")
        kind = Exists if code == TAKEN else Rejected
        return kind(self.text(body) or f"HTTP {status}", code=code, field=str(field))

    def text(self, body: Json) -> str:
        """What the vendor says, without secrets and personal data."""
        return redact(str(body.get("message", ""))[:500] if isinstance(body, dict) else "", self.secrets)
