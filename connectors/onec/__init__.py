"""1C:Enterprise: УТ 11.5, УНФ 3.0, Розница 2, by its standard OData interface, by CommerceML with the hub as its site, by a web service that was
written for the base, or by several of these."""

from connectors.onec.exchanging import create
from connectors.onec.manifest import MANIFEST
from connectors.onec.options import OPTIONS

__all__ = ["MANIFEST", "OPTIONS", "create"]
