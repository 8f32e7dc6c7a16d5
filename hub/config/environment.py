"""Values of the environment, which may come by file: containers are given secrets as files and only the names of these in the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hub.config.errors import SettingsError


def value(env: Mapping[str, str], name: str) -> str:
    """NAME itself, else the content of the file that NAME_FILE names, else empty. Raises OSError for an unreadable file."""
    if env.get(name):
        return env[name]
    path = env.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else ""


def from_env(env: Mapping[str, str], name: str) -> str:
    """A value of the environment: NAME itself, or the content of the file that NAME_FILE names. Raises SettingsError for an unreadable file."""
    try:
        return value(env, name)
    except OSError as error:
        raise SettingsError(f"{name}_FILE names {error.filename}, which cannot be read: {error.strerror}") from error


def database_of(env: Mapping[str, str]) -> str:
    """DATABASE_URL, empty for SQLite. Raises SettingsError for anything but PostgreSQL."""
    url = from_env(env, "DATABASE_URL")
    if url and url.partition("://")[0].partition("+")[0] not in ("postgres", "postgresql"):
        raise SettingsError("DATABASE_URL must look like postgresql://USER:PASSWORD@HOST:5432/DATABASE; without it SQLite is used")
    return url


def secret_key(folder: Path, env: Mapping[str, str]) -> str:
    """The key that signs sessions: from the environment, else made once and kept in the data folder, readable by its owner only."""
    if given := from_env(env, "SVERKA_SECRET_KEY"):
        return given
    path = folder / "secret_key"
    if path.exists():
        return path.read_text().strip()
    folder.mkdir(parents=True, exist_ok=True)
    key = os.urandom(32).hex()
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    return key
