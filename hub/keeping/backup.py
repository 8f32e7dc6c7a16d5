"""``sverka backup``: a consistent copy of both databases as one file, taken while everything runs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.storage import archive, migrate, views
from hub.storage.engine import Store
from hub.storage.revisions import latest

Json = Any
FOLDER = "backups"
SUFFIX = ".zip"


def take(
    hub: Hub, target: Path | None = None, *, tokens: bool = False, actor: str = "hub", prefix: str = "sverka"
) -> tuple[Path, dict[str, Json]]:
    """Write a backup to a file (or into a folder under its own name); its path and manifest. Without ``tokens`` the credentials that
    vendors renew stay out. Raises OSError."""
    path = named(hub, target, prefix)
    with hub.store.snapshot() as (main, intake):
        manifest = archive.write(path, main, intake, facts(hub.store, main, tokens), tokens=tokens)
    row = {"file": path.name, "rows": sum(t["rows"] for t in manifest["tables"].values()), "tokens": tokens}
    with hub.store.write() as at:
        audit.write(at, [audit.Entry("operator.backup", actor, outcome="ok", after=row)], now=hub.clock())
    return path, manifest


def facts(store: Store, main: Connection, tokens: bool) -> dict[str, Json]:
    """What the manifest says besides the tables."""
    sealed, revision, now = views.sealed(main), latest(main), store.clock()
    return {
        "program": f"sverka {_version()}",
        "taken": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "taken_at": now,
        "wall": time.time(),
        "schema": migrate.current(store),
        "database": store.main.dialect.name,
        "revision": revision[0] if revision else "",
        "audit": {"last_block": sealed.get("id", 0), "digest": sealed.get("digest", "")},
        "holds": {
            "personal_data": True,
            "passwords": "hashes only",
            "tokens": "the credentials that vendors renewed" if tokens else "none",
            "not_inside": "config.yaml, mapping overlays, secrets of the environment, the key that signs sessions and keys tombstones",
        },
    }


def named(hub: Hub, target: Path | None, prefix: str = "sverka") -> Path:
    """The file to write: as given, or under a name with the time in the given or the own folder for backups."""
    stamp = datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%d-%H%M%S")
    if target is None or target.is_dir():
        return (target or hub.settings.folder / FOLDER) / f"{prefix}-{stamp}{SUFFIX}"
    return target


def prune(folder: Path, keep: int, prefix: str = "sverka") -> list[Path]:
    """Delete all but the newest backups of a folder. Returns those deleted."""
    old = sorted(folder.glob(f"{prefix}-*{SUFFIX}"), key=lambda file: file.name)[: -keep or None]
    for file in old:
        file.unlink()
    return old


def _version() -> str:
    try:
        return version("sverka")
    except PackageNotFoundError:
        return "source"
