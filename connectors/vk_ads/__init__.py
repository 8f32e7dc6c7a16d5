"""VK Ads (VK Реклама), lists of users and the segments made of them."""

from connectors.vk_ads.connector import create
from connectors.vk_ads.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
