"""Connectors of other people: packages that name themselves by an entry point of the group ``sverka.connectors``.

The entry point's name is the connector's, its value a package with ``MANIFEST`` and ``create`` like those of this folder. Mappings lie in the
package's own folder ``mappings``. A package that cannot be used is named with its reason, and stops no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from connectors.contract import Manifest

GROUP = "sverka.connectors"


@dataclass(frozen=True, slots=True)
class Broken:
    """A connector that an installed package promises and does not give: ``reason`` says why, for who looks after the hub."""

    name: str
    package: str
    reason: str

    def __str__(self) -> str:
        return f"connector {self.name} of the package {self.package}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Installed:
    """What the entry points gave: packages by the connector's name, and those that are of no use."""

    connectors: dict[str, ModuleType] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()

    def mappings(self) -> dict[str, Path]:
        """Connector -> the folder of mappings that comes with its package, where there is one."""
        folders = {name: Path(package.__path__[0]) / "mappings" for name, package in self.connectors.items()}
        return {name: folder for name, folder in folders.items() if folder.is_dir()}


def load(points: Iterable[EntryPoint], taken: Collection[str] = ()) -> Installed:
    """Import every package that is named. ``taken``: names that no package may have, since connectors of the hub itself bear them."""
    connectors: dict[str, ModuleType] = {}
    broken = []
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        try:
            connectors[point.name] = _package(point, {*taken, *connectors})
        except Exception as error:  # whatever an unknown package does when it is imported
            broken.append(Broken(point.name, point.dist.name if point.dist else point.value, f"{type(error).__name__}: {error}"))
    return Installed(connectors, tuple(broken))


def _package(point: EntryPoint, taken: Collection[str]) -> ModuleType:
    """The package of an entry point. Raises ValueError for one that is no connector, and whatever its import raises."""
    if point.name in taken:
        raise ValueError(f"there is another connector {point.name}; give the entry point a name of its own")
    package = point.load()
    if not isinstance(package, ModuleType) or not hasattr(package, "__path__"):
        raise ValueError(f"the entry point must name a package, not {point.value}")
    manifest = getattr(package, "MANIFEST", None)
    if not isinstance(manifest, Manifest) or not callable(getattr(package, "create", None)):
        raise ValueError(f"{package.__name__}/__init__.py must have MANIFEST (a connectors.contract.Manifest) and create()")
    if manifest.vendor != point.name:
        raise ValueError(f"MANIFEST.vendor is {manifest.vendor!r} and the entry point {point.name!r}: they are one name")
    catalogue = import_module(f"{package.__name__}.catalogue") if find_spec(f"{package.__name__}.catalogue") else None
    if not manifest.resources.keys() <= set(getattr(catalogue, "STATIC", ())):
        raise ValueError(f"{package.__name__}/catalogue.py must have STATIC with the fields of {', '.join(sorted(manifest.resources))}")
    return package
