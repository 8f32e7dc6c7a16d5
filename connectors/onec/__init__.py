"""1C:Enterprise by its standard OData interface: УТ 11.5, УНФ 3.0, Розница 2."""

from connectors.onec.connector import create
from connectors.onec.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
