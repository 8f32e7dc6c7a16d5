"""Connectors by name. A new vendor adds its line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from connectors import bitrix24, bonusplus, mindbox, moysklad, onec, retailcrm, woocommerce
from connectors.contract import Connector, Limiter, Manifest, SystemSettings, TokenStore

CONNECTORS: dict[str, Any] = {
    "bitrix24": bitrix24,
    "bonusplus": bonusplus,
    "mindbox": mindbox,
    "moysklad": moysklad,
    "onec": onec,
    "retailcrm": retailcrm,
    "woocommerce": woocommerce,
}


def manifest(name: str) -> Manifest:
    """The vendor's facts. Raises KeyError for a connector that does not exist."""
    found: Manifest = CONNECTORS[name].MANIFEST
    return found


def catalogues() -> dict[str, Mapping[str, Mapping[str, str]]]:
    """Connector -> resource -> remote path -> type ("-" before what is read only), for the connectors that publish one."""
    found = {}
    for name, package in CONNECTORS.items():
        if find_spec(f"{package.__name__}.catalogue"):
            found[name] = import_module(f"{package.__name__}.catalogue").STATIC
    return found


def create(name: str, settings: SystemSettings, limiter: Limiter, tokens: TokenStore, clock: Callable[[], datetime]) -> Connector:
    """A connector for one system."""
    made: Connector = CONNECTORS[name].create(settings, limiter, tokens, clock)
    return made
