"""The section ``loyalty``: what the shop's loyalty programme does for a customer, from when, and who tells it of sales and returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields, validate

from hub.config.fields import Strict, about, day

HUB, TILL, NOBODY = "hub", "till_module", "nobody"
DEFAULTS = {"online": HUB, "retail": TILL}  # the vendors' modules for tills post receipts themselves; nothing posts an order of the site


class PostsSchema(Strict):
    online = fields.String(validate=validate.OneOf([HUB, TILL, NOBODY]), metadata=about("Orders of the site."))
    retail = fields.String(validate=validate.OneOf([HUB, TILL, NOBODY]), metadata=about("Receipts of tills."))


class LoyaltySchema(Strict):
    start_date = fields.String(
        load_default="",
        validate=day,
        metadata=about(
            "From this day on new customers get welcome points, once, and purchases count; who was known and what was paid before gets none. "
            "Empty: nobody does."
        ),
    )
    posts = fields.Nested(
        PostsSchema,
        load_default=dict,
        metadata=about("Who posts purchases and returns: hub, till_module (the vendor's own module at the till) or nobody."),
    )
    stores = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(PostsSchema),
        load_default=dict,
        metadata=about("value of the directory store -> who posts there, where that differs."),
    )
    undone = fields.List(
        fields.String(),
        load_default=lambda: ["cancelled", "returned"],
        metadata=about("Statuses in which nothing of an order is bought: what was posted is returned."),
    )


@dataclass(frozen=True, slots=True)
class Loyalty:
    """``start_date``: the day, on the loyalty's clock, from which new customers are welcomed and purchases count; empty: neither.
    ``posts`` and ``stores``: who posts, by channel. ``undone``: statuses in which nothing is bought."""

    start_date: str = ""
    posts: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    stores: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    undone: frozenset[str] = frozenset({"cancelled", "returned"})

    def is_posted_here(self, channel: str | None, store: str | None) -> bool:
        """Whether the hub tells of an order of this channel and store. An order of no known channel is told by nobody."""
        if not self.start_date or channel not in DEFAULTS:
            return False
        return self.stores.get(store or "", {}).get(channel, self.posts.get(channel, DEFAULTS[channel])) == HUB


def build(data: Mapping[str, Any]) -> Loyalty:
    """The loyalty of a configuration."""
    return Loyalty(data["start_date"], {**DEFAULTS, **data["posts"]}, data["stores"], frozenset(data["undone"]))
