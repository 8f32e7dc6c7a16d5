"""What is wrong with a configuration, told with its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDING = {
    "Missing data for required field.": "is missing; add it",
    "Not a valid mapping type.": "keys and values are expected here",
    "Not a valid string.": "text is expected here; use quotation marks around a number",
    "Not a valid integer.": "a whole number is expected here",
    "Not a valid number.": "a number is expected here",
    "Not a valid boolean.": "true or false is expected here",
    "Not a valid list.": "a list is expected here, such as [a, b]",
    "Invalid input type.": "keys and values are expected here",
    "Field may not be null.": "has no value; remove the line or give it one",
}


class SettingsError(Exception):
    """The configuration cannot be used; the message names every place and what to do."""


@dataclass(frozen=True, slots=True)
class ConfigError:
    """One thing wrong with a configuration. ``place``: the dotted path of the setting."""

    line: int
    place: str
    text: str

    def told(self, path: Path) -> str:
        """The error as a line for people: file, line, setting, what is wrong."""
        return f"{path}:{self.line}: {self.place}{': ' if self.place else ''}{self.text}"


def flatten(messages: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    """Nested marshmallow messages as (path, text)."""
    if isinstance(messages, dict):
        return [
            found
            for key, value in messages.items()
            for found in flatten(value, path if key in ("_schema", "value", "key") else (*path, str(key)))
        ]
    texts = messages if isinstance(messages, list) else [messages]
    return [(path, WORDING.get(str(text), str(text))) for text in texts]
