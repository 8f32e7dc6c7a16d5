"""MoySklad, JSON API 1.2."""

from connectors.moysklad.connector import create
from connectors.moysklad.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
