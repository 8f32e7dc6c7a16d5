"""Mindbox, operations of API v3."""

from connectors.mindbox.connector import create
from connectors.mindbox.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
