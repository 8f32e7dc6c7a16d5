"""What schemas of settings are built of, the hub's own and those of a connector's options: a schema that names the nearest known key."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validates_schema


def about(text: str) -> dict[str, str]:
    """Metadata of a setting: what it means, for editors and for the documents."""
    return {"about": text}


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'mode'?`` for a name that resembles a known one, else the list of what there is."""
    options = sorted(known)
    close = difflib.get_close_matches(name, options, n=1, cutoff=0.55)
    return f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(options) or 'none'}"


class OneOrEach(fields.Field[Any]):
    """A setting that is one word, or name -> word."""


class Strict(Schema):
    """A schema that names, for each unknown key, the section that it belongs to or the nearest known one."""

    class Meta:
        unknown = EXCLUDE

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def no_unknown_keys(self, data: Any, original: Any, **_: Any) -> None:
        known = {declared.data_key or name for name, declared in self.fields.items()}
        wrong = {
            str(key): [f"unknown key{self._inside(str(key)) or nearest(str(key), known)}"] for key in original or () if key not in known
        }
        if wrong:
            raise ValidationError(wrong)

    def _inside(self, name: str) -> str:
        """``; it belongs under web`` for a key of one of the sections inside, which was written a level too high."""
        under = [place for place, one in self.fields.items() if isinstance(one, fields.Nested) and name in one.schema.fields]
        return f"; it belongs under {' or '.join(under)}" if under else ""
