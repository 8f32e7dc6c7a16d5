"""CDEK: parcels of the shop's orders, by API v2 and its webhooks."""

from connectors.cdek.connector import create
from connectors.cdek.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
