"""InSales, the API of the back office."""

from connectors.insales.connector import create
from connectors.insales.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
