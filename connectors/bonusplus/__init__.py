"""BonusPlus, REST API of the cabinet."""

from connectors.bonusplus.connector import create
from connectors.bonusplus.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
