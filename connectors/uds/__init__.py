"""UDS, Partner API v2."""

from connectors.uds.connector import create
from connectors.uds.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
