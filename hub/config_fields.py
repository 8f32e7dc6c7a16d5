"""What the schemas of the configuration are built of: secrets, checks of names and addresses, and a schema that names the nearest known key."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import jmespath
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from hub import environment

Json = Any
NAME = validate.Regexp(r"^[a-z][a-z0-9-]{0,30}$", error="use small Latin letters, digits and '-', a letter first, at most 31")
ZONES = frozenset(available_timezones())


def about(text: str) -> dict[str, str]:
    """Metadata of a setting: what it means, for editors and for the documents."""
    return {"about": text}


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'mode'?`` for a name that resembles a known one, else the list of what there is."""
    options = sorted(known)
    close = difflib.get_close_matches(name, options, n=1, cutoff=0.55)
    return f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(options) or 'none'}"


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


class SecretField(fields.Field[str]):
    """A secret: {env: NAME} or {file: path}. Never written into the configuration itself."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
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


class Strict(Schema):
    """A schema that names the nearest known key for each unknown one."""

    class Meta:
        unknown = EXCLUDE

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def no_unknown_keys(self, data: Any, original: Any, **_: Any) -> None:
        known = {declared.data_key or name for name, declared in self.fields.items()}
        wrong = {str(key): [f"unknown key{nearest(str(key), known)}"] for key in original or () if key not in known}
        if wrong:
            raise ValidationError(wrong)
