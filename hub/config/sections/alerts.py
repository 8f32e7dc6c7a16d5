"""The section ``alerts``: whom to tell of a state that opens or closes, what counts as one, and when to be silent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from marshmallow import ValidationError, fields, validate

from hub.config.fields import NAME, SecretField, Strict, about

KINDS = ("paused", "breaker", "silent", "dead", "brake", "restored", "copy", "disk", "standstill", "audience")
GIGABYTE = 1_000_000_000


def time_of_day(value: str) -> None:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValidationError("write a time of day such as 22:00, in quotation marks")


class QuietSchema(Strict):
    begin = fields.String(required=True, validate=time_of_day, metadata=about("When the quiet hours begin, in the shop's time zone."))
    end = fields.String(required=True, validate=time_of_day, metadata=about("When they end: what is still amiss then is told."))


class AlertsSchema(Strict):
    to = fields.Dict(
        keys=fields.String(validate=NAME),
        values=SecretField(),
        load_default=dict,
        metadata=about("Receivers by name: each the secret address of an apprise service (mailto://, tgram://, json:// ...)."),
    )
    language = fields.String(load_default="ru", validate=validate.OneOf(["ru", "en"]), metadata=about("The language of the messages."))
    quiet = fields.Nested(
        QuietSchema, load_default=None, allow_none=True, metadata=about("Hours in which nothing is told; without it any hour will do.")
    )
    always = fields.List(
        fields.String(validate=validate.OneOf(KINDS)),
        load_default=list,
        metadata=about("Kinds of alerts that are told in quiet hours too."),
    )
    dead_letters = fields.Integer(
        load_default=20, validate=validate.Range(min=0), metadata=about("More deliveries to one system given up than this are an alert.")
    )
    silence = fields.Float(
        load_default=7200.0,
        validate=validate.Range(min=60),
        metadata=about("Seconds of a store's working hours without any order or receipt from it that are an alert."),
    )
    uploading = fields.Float(
        load_default=21600.0,
        validate=validate.Range(min=60),
        metadata=about("Seconds that an audience may take until an advertising system has it in full; longer is an alert."),
    )
    lasting = fields.Float(
        load_default=60.0, validate=validate.Range(min=0), metadata=about("Seconds that a state must last before anybody is told of it.")
    )
    free = fields.Float(
        load_default=1.0,
        validate=validate.Range(min=0),
        metadata=about("Less room on the disk of the data folder than this, in GB, is an alert."),
    )


@dataclass(frozen=True, slots=True)
class Alerts:
    """``to``: name -> apprise address (a secret). ``quiet``: (begin, end) in the shop's zone. ``silence``, ``uploading``, ``lasting``: seconds. ``free``: bytes."""

    to: Mapping[str, str] = field(default_factory=dict, repr=False)
    language: str = "ru"
    quiet: tuple[time, time] | None = None
    always: frozenset[str] = frozenset()
    dead_letters: int = 20
    silence: float = 7200.0
    uploading: float = 21600.0
    lasting: float = 60.0
    free: float = GIGABYTE


def alerts(data: Mapping[str, Any]) -> Alerts:
    """The section's values; ``data`` as the schema loaded them."""
    quiet = data["quiet"]
    hours = (time.fromisoformat(quiet["begin"]), time.fromisoformat(quiet["end"])) if quiet else None
    return Alerts(
        to=dict(data["to"]),
        language=data["language"],
        quiet=hours,
        always=frozenset(data["always"]),
        dead_letters=data["dead_letters"],
        silence=data["silence"],
        uploading=data["uploading"],
        lasting=data["lasting"],
        free=data["free"] * GIGABYTE,
    )
