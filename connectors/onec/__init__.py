"""1C:Enterprise: УТ 11.5, УНФ 3.0, Розница 2, by its standard OData interface, by CommerceML with the hub as its site, or by both."""

from connectors.onec.exchanging import create
from connectors.onec.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
