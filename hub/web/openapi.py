"""The REST API in the words of OpenAPI 3.1, made of the schemas that check the requests."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from hub.config.editor import object_schema
from hub.web.requests import BalanceRequest, CallbackRequest, CartRequest, QuoteRequest, ReleaseRequest, ReserveRequest

Json = Any
MONEY = {"type": "string", "pattern": r"^\d+\.\d\d$"}
POINTS = {"active": MONEY, "pending": MONEY, "next_burn": {"type": "string", "description": "2026-12-01: 100.00, or empty"}}
PATHS: dict[str, tuple[str, type[Schema], dict[str, Json]]] = {
    "/points/balance": ("What a customer has", BalanceRequest, {"known": {"type": "boolean"}, **POINTS}),
    "/points/quote": ("What may be spent on a basket, and what it earns", QuoteRequest, {"known": {"type": "boolean"}, "most": MONEY, "accrues": MONEY}),
    "/points/reserve": ("Hold points for an order; said twice it holds them once", ReserveRequest, {"reserved": MONEY}),
    "/carts": ("A cart, at every change: its owner is called once nothing more is told of it for the minutes of the campaign", CartRequest, {"known": {"type": "boolean"}}),
    "/callbacks": ("Somebody asked to be rung: an employee is rung, and then the customer; the same key orders once", CallbackRequest, {"ordered": {"type": "boolean"}, "call": {"type": "string"}}),
    "/points/release": ("Let go of what is held for an order", ReleaseRequest, {"reserved": MONEY}),
}  # fmt: skip
ERRORS = {
    "401": "no or another key",
    "409": "refused: not so many points, or nobody can be rung",
    "413": "larger than 256 KB",
    "422": "not as described",
}


def described() -> dict[str, Json]:
    """The whole document."""
    paths = {path: {"post": _operation(title, schema, answer)} for path, (title, schema, answer) in PATHS.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sverka", "version": "1", "description": "For the site's checkout and personal account."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "paths": paths,
    }


def _operation(title: str, schema: type[Schema], answer: dict[str, Json]) -> dict[str, Json]:
    available = {"type": "boolean", "description": "false: the loyalty service does not answer; let the order go on without points"}
    said = {"type": "object", "properties": {"available": available, "reason": {"type": "string"}, **answer}, "required": ["available"]}
    return {
        "summary": title,
        "requestBody": {"required": True, "content": {"application/json": {"schema": object_schema(schema())}}},
        "responses": {"200": _answer(title, said)} | {status: _answer(text, ERROR) for status, text in ERRORS.items()},
    }


ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "message": {"type": "string"}, "details": {}},
    "required": ["error", "message"],
}


def _answer(text: str, schema: dict[str, Json]) -> dict[str, Json]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}
