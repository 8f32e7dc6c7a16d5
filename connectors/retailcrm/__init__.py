"""RetailCRM (Simla.com), API v5."""

from connectors.retailcrm.connector import create
from connectors.retailcrm.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
