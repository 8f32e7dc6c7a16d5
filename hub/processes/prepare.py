"""``python -m hub.processes.prepare``: tables, system rows and directories, before the containers of a new version start. Safe to repeat."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hub.app import build, prepare
from hub.config.settings import SettingsError, load


def main() -> int:
    try:
        hub = build(load(Path(os.environ.get("SVERKA_CONFIG", "config.yaml"))))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    prepare(hub)
    hub.store.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
