"""What a webhook of the shop may be, and how it is shown (woocommerce docs and plugin source: webhooks)."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from .state import Shop, WooError, invalid

Row = dict[str, Any]
HOOKS = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post"],
    "order.restored": ["untrashed_post"],
    "product.created": ["woocommerce_new_product", "woocommerce_new_product_variation"],
    "product.updated": ["woocommerce_update_product", "woocommerce_update_product_variation"],
    "product.deleted": ["wp_trash_post"],
    "product.restored": ["untrashed_post"],
    "product.published": ["woocommerce_product_published"],
    "customer.created": ["user_register", "woocommerce_created_customer", "woocommerce_new_customer"],
    "customer.updated": ["profile_update", "woocommerce_update_customer"],
    "customer.deleted": ["delete_user"],
    "coupon.created": ["woocommerce_new_coupon"],
    "coupon.updated": ["woocommerce_coupon_options_save", "woocommerce_update_coupon"],
    "coupon.deleted": ["wp_trash_post"],
    "coupon.restored": ["untrashed_post"],
}
ACTION = re.compile(r"action\.(woocommerce_|wc_)\w+")
STATUSES = ("active", "paused", "disabled")
EDITABLE = ("name", "topic", "delivery_url", "status", "secret")


def save(shop: Shop, body: Row, ident: int | None) -> Row:
    """Create or update one webhook; one made active again counts its failures anew. Raises WooError."""
    topic, url = body.get("topic"), body.get("delivery_url")
    if (topic is not None or ident is None) and topic not in HOOKS and not ACTION.fullmatch(str(topic)):
        raise WooError("woocommerce_rest_webhook_invalid_topic", "Webhook topic is required and must be valid.")
    if (url is not None or ident is None) and not (urlsplit(str(url)).scheme in ("http", "https") and urlsplit(str(url)).hostname):
        text = "Webhook delivery URL must be a valid URL starting with http:// or https://."
        raise WooError("woocommerce_rest_webhook_invalid_delivery_url", text)
    if body.get("status") not in (None, *STATUSES):
        raise invalid("status", f"status is not one of {', '.join(STATUSES)}.")
    if ident is None:
        row: Row = {"id": shop.next("webhooks"), "name": f"Webhook created on {shop.now():%b %d, %Y @ %I:%M %p}", "status": "active",
                    "secret": secrets.token_urlsafe(36)}  # fmt: skip
    else:
        row = shop.known("webhooks", ident)
    row |= {name: body[name] for name in EDITABLE if body.get(name)}
    resource, _, event = row["topic"].partition(".")
    row |= {"resource": resource, "event": event, "hooks": HOOKS.get(row["topic"], [event])}
    if row["status"] == "active":
        row["failure_count"] = 0
    return shop.keep("webhooks", row)


def shown(row: Row) -> Row:
    """Without the secret, which the API never tells."""
    return {name: value for name, value in row.items() if name not in ("secret", "failure_count")}
