"""Bitrix24, REST v2 (crm.item.*, telephony)."""

from connectors.bitrix24.connector import create
from connectors.bitrix24.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
