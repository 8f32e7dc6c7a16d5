"""A stand-in of WooCommerce: REST API v3 of a shop, with its webhooks."""
