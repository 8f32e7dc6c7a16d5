"""WooCommerce, REST API v3."""

from connectors.woocommerce.connector import create
from connectors.woocommerce.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
