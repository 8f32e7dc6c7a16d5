"""SMSC.ru, an SMS gateway with a form API: what became of messages that other programs send."""

from connectors.smsc.connector import create
from connectors.smsc.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
