"""Values of the environment, which may come by file: containers are given secrets as files and only the names of these in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def value(env: Mapping[str, str], name: str) -> str:
    """NAME itself, else the content of the file that NAME_FILE names, else empty. Raises OSError for an unreadable file."""
    if env.get(name):
        return env[name]
    path = env.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else ""
