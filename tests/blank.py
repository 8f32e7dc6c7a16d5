"""Empty SQLite databases of the newest schema: made once by the migrations, then copied, since a test's own migration takes longer than many a test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from hub.storage.engine import open_store
from hub.storage.migrate import upgrade

SCRATCH = "/dev/shm" if Path("/dev/shm").is_dir() else None


@cache
def template() -> Path:
    folder = Path(tempfile.mkdtemp(dir=SCRATCH))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = open_store("", folder)
    upgrade(store)
    store.dispose()
    return folder


def lay_tables(folder: Path) -> None:
    """Put empty databases into a folder that has none yet."""
    for file in template().iterdir():
        if not (folder / file.name).exists():
            shutil.copy(file, folder)
