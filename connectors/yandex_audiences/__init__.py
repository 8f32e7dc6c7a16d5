"""Yandex Audience, the management API of segments."""

from connectors.yandex_audiences.connector import create
from connectors.yandex_audiences.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
