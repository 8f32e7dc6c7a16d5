"""SMS gateways that tell what became of messages: SMS Aero, API v2."""

from connectors.sms.connector import create
from connectors.sms.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
