"""The section `catalogue`: what of the stock is kept back from the site, and the feeds of goods that others fetch at a secret address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from marshmallow import fields, validate

from hub.config.fields import SecretField, Strict, about

ICML, YML = "icml", "yml"
SHORTEST = 16  # characters of a secret that nobody guesses


class FeedSchema(Strict):
    kind = fields.String(
        required=True,
        validate=validate.OneOf([ICML, YML]),
        metadata=about("icml: the catalogue of RetailCRM; yml: that of marketplaces and advertisers."),
    )
    secret = SecretField(
        required=True,
        validate=validate.Length(min=SHORTEST),
        metadata=about("The last part of its address, 16 characters or more: {env: NAME} or {file: path}."),
    )
    price = fields.String(required=True, metadata=about("The price type that it shows: a value of the directory `price_type`."))
    shop = fields.String(load_default="", metadata=about("The shop's name as the feed tells it."))
    company = fields.String(load_default="", metadata=about("The company's name as the feed tells it."))
    url = fields.String(load_default="", metadata=about("The site's address as the feed tells it."))


class CatalogueSchema(Strict):
    safety_stock = fields.Decimal(
        load_default=Decimal(0),
        validate=validate.Range(min=0),
        metadata=about("How many of each product are kept back from the site, so that it does not sell the last one of a store."),
    )
    feeds = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"[a-z][a-z0-9-]*\Z")),
        values=fields.Nested(FeedSchema),
        load_default=dict,
        metadata=about("name -> a feed of goods at /feeds/<name>/<secret>."),
    )


@dataclass(frozen=True, slots=True)
class Feed:
    """A catalogue as a file that others fetch."""

    name: str
    kind: str
    secret: str = field(repr=False)
    price: str
    shop: str = ""
    company: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``safety_stock``: pieces of each product that the site is not told of."""

    safety_stock: Decimal = Decimal(0)
    feeds: Mapping[str, Feed] = field(default_factory=dict)


def build(data: Mapping[str, Any]) -> Catalogue:
    """The catalogue of a configuration."""
    return Catalogue(data["safety_stock"], {name: Feed(name, **one) for name, one in data["feeds"].items()})
