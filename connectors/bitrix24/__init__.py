"""Bitrix24, REST v2 (crm.item.*, telephony)."""

from connectors.bitrix24.connector import create
from connectors.bitrix24.manifest import MANIFEST
from connectors.bitrix24.options import OPTIONS

__all__ = ["MANIFEST", "OPTIONS", "create"]
