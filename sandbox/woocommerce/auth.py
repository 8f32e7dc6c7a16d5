"""Who calls: Basic, the query pair, or one-legged OAuth 1.0a (woocommerce docs and plugin source, class-wc-rest-authentication).

The real plugin takes Basic and the query pair over TLS only; here they are taken over loopback too, since a proxy in front of a shop
commonly ends TLS.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from flask import Request

KEY, SECRET = "ck_sandbox", "cs_sandbox"
MANDATORY = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
WINDOW = 15 * 60
ANONYMOUS = {  # an unknown key under Basic is nobody
    "GET": ("woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
    "POST": ("woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources."),
    "PUT": ("woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "PATCH": ("woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "DELETE": ("woocommerce_rest_cannot_delete", "Sorry, you are not allowed to delete this resource."),
}


class Refused(Exception):
    """The vendor's error for a request without right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Keys:
    """The one key of the shop and what its site does to requests. ``header_dropped``: the host takes Authorization away."""

    administrator: bool = True
    write: bool = True
    header_dropped: bool = False
    nonces: dict[str, float] = field(default_factory=dict)


def admit(request: Request, keys: Keys) -> None:
    """Raises Refused."""
    header = "" if keys.header_dropped else request.headers.get("Authorization", "")
    if request.args.get("oauth_consumer_key") or header.startswith("OAuth "):
        oauth(request, header, keys.nonces)
    else:
        key, secret = request.args.get("consumer_key"), request.args.get("consumer_secret")
        if not key and header and request.authorization and request.authorization.type == "basic":
            key, secret = request.authorization.username, request.authorization.password
        if key != KEY:
            raise Refused(*ANONYMOUS.get(request.method, ANONYMOUS["GET"]))
        if not hmac.compare_digest(secret or "", SECRET):
            raise Refused("woocommerce_rest_authentication_error", "Consumer secret is invalid.")
    if not keys.write and request.method != "GET":
        raise Refused("woocommerce_rest_authentication_error", "The API key provided does not have write permissions.")


def parameters(request: Request, header: str) -> dict[str, str]:
    """What is signed: the query, of repeated parameters the last; a form's fields; the parameters of an ``OAuth`` header."""
    pairs = dict(parse_qsl(request.query_string.decode(), keep_blank_values=True))
    if request.mimetype == "application/x-www-form-urlencoded":
        pairs |= dict(request.form.items())
    if header.startswith("OAuth "):
        named = (part.strip().partition("=") for part in header.removeprefix("OAuth ").split(","))
        pairs |= {name: unquote(value.strip('"')) for name, _, value in named if name.startswith("oauth_")}
    return pairs


def oauth(request: Request, header: str, nonces: dict[str, float]) -> None:
    """One-legged OAuth 1.0a. Raises Refused."""
    pairs = parameters(request, header)
    for name in MANDATORY:
        if name not in pairs:
            raise Refused("woocommerce_rest_authentication_missing_parameter", f"Missing OAuth parameter {name}")
    if pairs["oauth_consumer_key"] != KEY:
        raise Refused("woocommerce_rest_authentication_error", "Consumer key is invalid.")
    if pairs["oauth_signature_method"] not in ("HMAC-SHA1", "HMAC-SHA256"):
        raise Refused("woocommerce_rest_authentication_error", "Invalid signature - signature method is invalid.")
    wanted = signature(request.method, f"{request.url_root.rstrip('/')}{request.path}", pairs, SECRET)
    if not hmac.compare_digest(wanted, pairs["oauth_signature"]):
        raise Refused("woocommerce_rest_authentication_error", "Invalid signature - provided signature does not match.")
    now = time.time()
    if not pairs["oauth_timestamp"].isdigit() or abs(now - int(pairs["oauth_timestamp"])) > WINDOW:
        raise Refused("woocommerce_rest_authentication_error", "Invalid timestamp.")
    if pairs["oauth_nonce"] in nonces:
        raise Refused("woocommerce_rest_authentication_error", "Invalid nonce - nonce has already been used.")
    nonces[pairs["oauth_nonce"]] = now


def signature(method: str, url: str, pairs: dict[str, Any], secret: str) -> str:
    """The signature of a request: names and values encoded, sorted, joined, and encoded once more."""
    chosen = hashlib.sha1 if pairs.get("oauth_signature_method") == "HMAC-SHA1" else hashlib.sha256
    encoded = sorted((quote(k, safe="~"), quote(str(v), safe="~")) for k, v in pairs.items() if k != "oauth_signature")
    joined = "%26".join(f"{quote(k, safe='~')}%3D{quote(v, safe='~')}" for k, v in encoded)
    base = f"{method.upper()}&{quote(url, safe='~')}&{joined}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), base.encode(), chosen).digest()).decode()
