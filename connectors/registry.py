"""Connectors by name: those of this folder, where a new vendor adds its line, and those of installed packages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from marshmallow import Schema

from connectors import (
    bitrix24,
    bonusplus,
    cdek,
    cloudpayments,
    insales,
    mango,
    mindbox,
    moysklad,
    onec,
    retailcrm,
    sms,
    smsc,
    uds,
    vk_ads,
    woocommerce,
    yandex_audiences,
)
from connectors import installed as packages
from connectors.contract import Connector, Limiter, Manifest, SystemSettings, TokenStore

SHIPPED: dict[str, Any] = {
    "bitrix24": bitrix24,
    "bonusplus": bonusplus,
    "cdek": cdek,
    "cloudpayments": cloudpayments,
    "insales": insales,
    "mango": mango,
    "mindbox": mindbox,
    "moysklad": moysklad,
    "onec": onec,
    "retailcrm": retailcrm,
    "sms": sms,
    "smsc": smsc,
    "uds": uds,
    "vk_ads": vk_ads,
    "woocommerce": woocommerce,
    "yandex_audiences": yandex_audiences,
}
INSTALLED = packages.load(entry_points(group=packages.GROUP), SHIPPED)
CONNECTORS: dict[str, Any] = {**SHIPPED, **INSTALLED.connectors}


def broken(name: str) -> str:
    """Why a connector that an installed package promises cannot be used; empty for any other name."""
    return next((str(one) for one in INSTALLED.broken if one.name == name), "")


def mapping_folders(connectors: Collection[str] | None = None) -> list[Path]:
    """Where the mappings of installed packages are: of these connectors, or of all."""
    return [folder for name, folder in INSTALLED.mappings().items() if connectors is None or name in connectors]


def manifest(name: str) -> Manifest:
    """The vendor's facts. Raises KeyError for a connector that does not exist."""
    found: Manifest = CONNECTORS[name].MANIFEST
    return found


def options(name: str) -> Schema | None:
    """The schema of those options of a connector that have one."""
    schema: type[Schema] | None = getattr(CONNECTORS[name], "OPTIONS", None)
    return schema() if schema else None


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
