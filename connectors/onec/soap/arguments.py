"""The arguments of a call: what the configuration wrote, with the values that ``$name`` and ``$.field`` stand for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.onec.soap.description import EACH

Json = Any


def filled(template: Json, values: Mapping[str, Json], data: Mapping[str, Json]) -> Json:
    """``values``: of ``$since``, ``$id`` and the like. ``data``: the object that is written; inside of an object with ``$each`` its rows, one after
    the other. What is not known is None, which is sent as nil."""
    if isinstance(template, Mapping):
        if EACH in template:
            inner = {name: value for name, value in template.items() if name != EACH}
            return [filled(inner, values, row) for row in _at(data, str(template[EACH])) or ()]
        return {name: filled(value, values, data) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values, data) for value in template]
    if isinstance(template, str) and template.startswith("$."):
        return _at(data, template[2:])
    if isinstance(template, str) and template.startswith("$"):
        return values.get(template)
    return template


def _at(data: Json, name: str) -> Json:
    for part in name.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def over(held: Json, news: Json) -> Json:
    """``news`` over ``held``; objects are united, lists and words replaced: operations of such services take an object whole."""
    if not isinstance(held, Mapping) or not isinstance(news, Mapping):
        return news
    return {**held, **{name: over(held.get(name), value) for name, value in news.items()}}
