"""One-legged OAuth 1.0a for shops without TLS (woocommerce docs and plugin source, class-wc-rest-authentication)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase


class OneLegged(AuthBase):
    """Signs the query of a request with HMAC-SHA256. A JSON body is not signed; the time must be within 15 minutes of the shop's."""

    def __init__(self, key: str, secret: str, clock: Callable[[], float] = time.time) -> None:
        self.key, self.secret, self.clock = key, secret, clock

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        parts = urlsplit(str(request.url))
        pairs = dict(parse_qsl(parts.query, keep_blank_values=True)) | {
            "oauth_consumer_key": self.key,
            "oauth_timestamp": str(int(self.clock())),
            "oauth_nonce": secrets.token_hex(12),
            "oauth_signature_method": "HMAC-SHA256",
        }
        pairs["oauth_signature"] = signature(str(request.method), f"{parts.scheme}://{parts.netloc}{parts.path}", pairs, self.secret)
        request.url = f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode(pairs, quote_via=quote)}"
        return request


def signature(method: str, url: str, pairs: Mapping[str, Any], secret: str) -> str:
    """The signature of a request: names and values encoded, sorted, joined, and encoded once more."""
    encoded = sorted((quote(k, safe="~"), quote(str(v), safe="~")) for k, v in pairs.items() if k != "oauth_signature")
    joined = "%26".join(f"{quote(k, safe='~')}%3D{quote(v, safe='~')}" for k, v in encoded)
    base = f"{method.upper()}&{quote(url, safe='~')}&{joined}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), base.encode(), hashlib.sha256).digest()).decode()
