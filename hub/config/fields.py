"""What the schemas of the configuration are built of: secrets, checks of names and addresses, and a schema that names the nearest known key."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import jmespath
from marshmallow import ValidationError, fields, validate

from connectors.strict import Strict as Strict
from connectors.strict import about as about
from connectors.strict import nearest as nearest
from hub.config import environment

Json = Any
NAME = validate.Regexp(r"^[a-z][a-z0-9-]{0,30}$", error="use small Latin letters, digits and '-', a letter first, at most 31")
ZONES = frozenset(available_timezones())


def mapping(value: Any) -> Mapping[str, Json]:
    """The value where it is a mapping, else an empty one: a wrong shape is complained of by its own field."""
    return value if isinstance(value, Mapping) else {}


def known_zone(value: str) -> None:
    if value and value not in ZONES:
        raise ValidationError(f"no such time zone{nearest(value, ZONES) if len(value) > 3 else ''}")


def known_expression(value: str) -> None:
    try:
        if value:
            jmespath.compile(value)
    except jmespath.exceptions.JMESPathError as error:
        raise ValidationError(f"not JMESPath: {str(error).splitlines()[0]}") from error


def web_address(value: str) -> None:
    if value and not value.startswith(("http://", "https://")):
        raise ValidationError("write the whole address, beginning with https://")


def day(value: str) -> None:
    try:
        if value:
            date.fromisoformat(value)
    except ValueError as error:
        raise ValidationError("write a date such as 2026-01-31") from error


_ASKED: ContextVar[bool] = ContextVar("secrets are asked for", default=True)


@contextmanager
def secrets_left_out() -> Iterator[None]:
    """Inside, secrets are empty and none need be there: for what reads a configuration and calls no system."""
    before = _ASKED.set(False)
    try:
        yield
    finally:
        _ASKED.reset(before)


def secrets_asked() -> bool:
    """Whether secrets are wanted: not inside :func:`secrets_left_out`."""
    return _ASKED.get()


class SecretField(fields.Field[str]):
    """A secret: {env: NAME} or {file: path}. Never written into the configuration itself."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if isinstance(value, Mapping) and set(value) in ({"env"}, {"file"}) and not _ASKED.get():
            return ""
        if isinstance(value, Mapping) and set(value) == {"env"}:
            name = str(value["env"])
            try:
                found = environment.value(os.environ, name)
            except OSError as error:
                raise ValidationError(f"{name}_FILE names {error.filename}, which cannot be read: {error.strerror}") from error
            if not found:
                raise ValidationError(f"the environment variable {name} is not set (nor {name}_FILE)")
            return found
        if isinstance(value, Mapping) and set(value) == {"file"}:
            try:
                return Path(str(value["file"])).read_text().strip()
            except OSError as error:
                raise ValidationError(f"the file {value['file']} cannot be read: {error.strerror}") from error
        raise ValidationError("write {env: NAME} or {file: path}: a secret has no place in the configuration itself")
