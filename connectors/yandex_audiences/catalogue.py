"""Yandex Audience shows no objects: people are told to it and never read back."""

from __future__ import annotations

from collections.abc import Mapping

STATIC: dict[str, Mapping[str, str]] = {}
