"""The REST API of the site's checkout: a customer's points, points held for an order, carts that may be left, and people who ask to be rung. ``/api/v1/openapi.json`` describes it."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import Schema, ValidationError

from hub import loyalty
from hub.calling import callback, requests
from hub.calling.callback import Wish
from hub.language.refused import Refused
from hub.loyalty import Away, Unwanted
from hub.web.here import hub
from hub.web.openapi import described
from hub.web.requests import BalanceRequest, CallbackRequest, CartRequest, QuoteRequest, ReleaseRequest, ReserveRequest
from mappings.phones import numbers

Json = Any
api = Blueprint("api", __name__, url_prefix="/api/v1")
LARGEST = 256 * 1024


def guarded(view: Callable[..., Any]) -> Callable[..., Any]:
    """For who bears the key of the configuration alone. Loyalty trouble is told in its own answers, never as an error of the hub."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        wanted, given = hub().settings.api_key, request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not wanted:
            return _problem(404, "off", "the API is off: the configuration names no `web.api_key`")
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            return _problem(401, "unauthorized", "send the key as a bearer token")
        if (request.content_length or 0) > LARGEST:
            return _problem(413, "too_large", "the request is larger than 256 KB")
        try:
            return view(*args, **kwargs)
        except ValidationError as error:
            return _problem(422, "invalid", "the request is not as described", error.normalized_messages())  # type: ignore[no-untyped-call]
        except Unwanted as refused:
            return _problem(409, "refused", str(refused))
        except Away:
            return jsonify({"available": False, "reason": "spending points is not possible now"})

    return wrapped


@api.post("/points/balance")
@guarded
def balance() -> Response:
    """The phone stands in the body: an address is kept in logs."""
    found = loyalty.balance(hub(), _asked(BalanceRequest())["phone"])
    return jsonify({"available": True, "known": found is not None} | (asdict(found) if found else {}))


@api.post("/points/quote")
@guarded
def quote() -> Response:
    asked = _asked(QuoteRequest())
    found = loyalty.quote(hub(), asked["phone"], asked["lines"], str(asked["points"]))
    return jsonify({"available": True, "known": found is not None} | (asdict(found) if found else {}))


@api.post("/points/reserve")
@guarded
def reserve() -> Response:
    asked = _asked(ReserveRequest())
    loyalty.reserve(hub(), asked["phone"], asked["order"], str(asked["points"]))
    return jsonify({"available": True, "reserved": f"{asked['points']:.2f}"})


@api.post("/points/release")
@guarded
def release() -> Response:
    asked = _asked(ReleaseRequest())
    loyalty.release(hub(), asked["phone"], asked["order"])
    return jsonify({"available": True, "reserved": "0.00"})


@api.post("/carts")
@guarded
def cart() -> Response:
    """What lies in the cart of somebody who may be known: told at every change, it is called about once it is told no more."""
    asked = _asked(CartRequest())
    chosen = next((c for c in hub().settings.campaigns.values() if c.cart and asked["campaign"] in ("", c.name)), None)
    if chosen is None:
        return _problem(404, "off", "no campaign of the configuration calls about carts, or none of this name")
    keys = [("phone", one) for one in numbers(asked["phone"])[:1]] + (
        [("email", asked["email"].strip().casefold())] if asked["email"] else []
    )
    with hub().store.read() as at:
        person = next((found for kind, value in keys if (found := requests.customer_of(at, kind, value))), None)
    if person is not None:
        requests.touched(hub(), chosen, person, requests.basket(asked["lines"], asked["total"] and f"{asked['total']:.2f}"))
    return jsonify({"available": True, "known": person is not None})


@api.post("/callbacks")
@guarded
def call_back() -> Response:
    """Somebody asked the site to be rung. She asked herself, so that a no to marketing is no hindrance."""
    asked = _asked(CallbackRequest())
    phone = next(iter(numbers(asked["phone"])), "")
    if not phone:
        raise ValidationError({"phone": ["no number that can be called"]})
    with hub().store.read() as at:
        person = requests.customer_of(at, "phone", phone) or ""
    try:
        ident, new = callback.order(hub(), Wish(f"api|{asked['key']}", asked["agent"], phone, person, asked=True), actor="api")
    except Refused as why:
        return _problem(409, "refused", str(why))
    return jsonify({"available": True, "ordered": new, "call": ident})


@api.get("/openapi.json")
def openapi() -> Response:
    """What the API offers, for programs; no key is asked for."""
    return jsonify(described())


def _asked(schema: Schema) -> dict[str, Json]:
    body = request.get_json(silent=True)
    return dict(schema.load(body if isinstance(body, dict) else {}))


def _problem(status: int, code: str, text: str, details: Json = None) -> Response:
    answer = jsonify({"error": code, "message": text} | ({"details": details} if details else {}))
    answer.status_code = status
    return answer
