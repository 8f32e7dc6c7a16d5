"""Mango Office, API of the virtual PBX."""

from connectors.mango.connector import create
from connectors.mango.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
