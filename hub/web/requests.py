"""What the checkout sends to the REST API."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from hub.config.fields import about

NUMBER = validate.Regexp(r"[\w.:-]{1,60}$", error="letters, digits, '.', ':', '_' and '-' alone, 60 at most")
PHONE = validate.Length(min=1, max=50)


class Line(Schema):
    sku = fields.String(required=True, validate=validate.Length(max=200))
    quantity = fields.Decimal(required=True, as_string=True, validate=validate.Range(min=0))
    price = fields.Decimal(required=True, as_string=True, validate=validate.Range(min=0), metadata=about("Roubles for one."))
    sum = fields.Decimal(
        required=True, as_string=True, validate=validate.Range(min=0), metadata=about("Roubles for the line, after discount.")
    )


class BalanceRequest(Schema):
    phone = fields.String(required=True, validate=PHONE, metadata=about("In any spelling."))


class CartLine(Schema):
    name = fields.String(required=True, validate=validate.Length(min=1, max=300), metadata=about("As the seller is to read it."))
    quantity = fields.Decimal(load_default=1, as_string=True, validate=validate.Range(min=0))


class CartRequest(Schema):
    phone = fields.String(load_default="", validate=validate.Length(max=50), metadata=about("In any spelling."))
    email = fields.String(load_default="", validate=validate.Length(max=200), metadata=about("Of who gave no phone."))
    campaign = fields.String(load_default="", validate=validate.Length(max=31), metadata=about("Where several campaigns call about carts."))
    lines = fields.List(fields.Nested(CartLine), required=True, validate=validate.Length(min=1, max=500))
    total = fields.Decimal(load_default=None, allow_none=True, validate=validate.Range(min=0), metadata=about("Roubles."))


class CallbackRequest(Schema):
    phone = fields.String(required=True, validate=PHONE, metadata=about("Of who asked to be rung, in any spelling."))
    agent = fields.String(
        required=True, validate=validate.Length(min=1, max=100), metadata=about("An employee of the directory, who is rung first.")
    )
    key = fields.String(
        required=True,
        validate=NUMBER,
        metadata=about("Of the form that was sent, such as its number: the same one orders one call, however often."),
    )


class QuoteRequest(BalanceRequest):
    lines = fields.List(fields.Nested(Line), required=True, validate=validate.Length(min=1, max=500))
    points = fields.Decimal(load_default=0, validate=validate.Range(min=0), metadata=about("Points that the buyer would spend."))


class ReserveRequest(BalanceRequest):
    order = fields.String(required=True, validate=NUMBER, metadata=about("The number that the order has or will have."))
    points = fields.Decimal(required=True, validate=validate.Range(min=0, min_inclusive=False), metadata=about("In all, not in addition."))


class ReleaseRequest(BalanceRequest):
    order = fields.String(required=True, validate=NUMBER)
