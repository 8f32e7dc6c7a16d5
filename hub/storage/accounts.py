"""People who sign in to the dashboard."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from werkzeug.security import generate_password_hash

from hub.storage.tables import user

HASHING = "scrypt"  # at werkzeug's own cost: a guess of a password takes a tenth of a second


def hashed(password: str) -> str:
    """What is kept of a password."""
    return generate_password_hash(password, HASHING)


def named(at: Connection, name: str) -> Any:
    """The row of a person, let in or not; None where there is nobody of that name."""
    return at.execute(select(user).where(user.c.name == name)).first()


def set_user(at: Connection, name: str, password: str, role: str) -> None:
    """Add a person, or replace their password and role. ``role``: viewer | support | admin."""
    at.execute(delete(user).where(user.c.name == name))
    at.execute(insert(user).values(name=name, password=hashed(password), role=role, language="", active=True))


def speak(at: Connection, name: str, language: str) -> None:
    """The language that a person chose: ``ru`` or ``en``; until then it is the browser's."""
    at.execute(update(user).where(user.c.name == name).values(language=language))


def set_active(at: Connection, name: str, active: bool) -> None:
    """Let a person in, or keep them out; their audit rows stay."""
    at.execute(update(user).where(user.c.name == name).values(active=active))
