"""Lines proposed for the custom fields of a vendor's objects: what each is called as a field of one's own, and by which codec it is read.
Pure; each vendor's types are in its own ``custom.py``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import yaml

from mappings import paths
from mappings.rules import plain_path

Json = Any
CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
LATIN = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch _ y _ e yu ya".replace("_", "").split(" ")
LETTERS = dict(zip(CYRILLIC, LATIN, strict=True))
HIDDEN = "_"  # begins the names of what plugins keep for themselves (woocommerce docs: protected meta)
WIDTH = 10_000  # a line stays a line


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom field as a vendor describes it. ``options``: texts that it may hold, where they are few; ``many``: it holds several."""

    path: str
    type: str
    title: str = ""
    writable: bool = True
    options: Sequence[str] = ()
    many: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """One line of an overlay: ``custom.<name>``, its options, and what the configuration must say of the field under ``custom_fields``."""

    name: str
    line: Mapping[str, Json]
    type: str
    title: str
    about: str


Known = Mapping[str, Mapping[str, Json]]  # name -> what ``custom_fields`` says of it


def types(connector: str) -> Mapping[str, tuple[str, Mapping[str, Json]]]:
    """Remote type -> (type of the own field, options of the line); empty for a vendor without custom fields."""
    module = f"mappings.{connector}.custom"
    found: Mapping[str, tuple[str, Mapping[str, Json]]] = import_module(module).TYPES if find_spec(module) else {}
    return found


def refused(connector: str, one: Custom) -> str:
    """Why no line can be proposed for the field; empty where one can."""
    if not readable(one.path):
        return "its name has a quote"
    if own_name(one.path).startswith(HIDDEN):
        return "a plugin keeps it for itself"
    if kind_of(one) not in types(connector):
        return f"no codec reads {kind_of(one)}"
    return "" if one.type != "enumeration" or one.options else "its list is empty"


def kind_of(one: Custom) -> str:
    return f"{one.type}[]" if one.many else one.type


def propose(connector: str, fields: Iterable[Custom], known: Known, *, give: bool = True) -> list[Proposal]:
    """A line for each field that can have one. A field called like one of ``known`` by name or title, and of its type, is taken for the same.
    ``give``: whether the hub may write the objects."""
    made: list[Proposal] = []
    for one in fields:
        if refused(connector, one):
            continue
        kind, options = types(connector)[kind_of(one)]
        taken = {name: str(said.get("type", "text")) for name, said in known.items()} | {done.name: done.type for done in made}
        name = _name(one, kind, taken, {done.name for done in made}, known)
        made.append(Proposal(name, _line(one, options, give), kind, one.title or own_name(one.path), kind_of(one)))
    return made


def _line(one: Custom, options: Mapping[str, Json], give: bool) -> dict[str, Json]:
    line: dict[str, Json] = {"remote": one.path, **options}
    if one.options and "as" in options:
        line["as"] = {options["as"]: {"field": one.path, "options": {text: text for text in one.options}}}
    return line if one.writable and give else line | {"only": "read"}


def _name(one: Custom, kind: str, taken: Mapping[str, str], here: set[str], known: Known) -> str:
    """A known field of this title and type, else the vendor's own name in small Latin letters, with a number where that means another."""
    for name, said in known.items():
        if one.title and one.title in (said.get("ru"), said.get("en")) and taken[name] == kind and name not in here:
            return name
    wanted = latin(own_name(one.path))
    if not re.search("[a-z]", wanted):  # UF_CRM_1712345678: a number that the portal gave
        wanted = latin(one.title) or f"field_{wanted}"
    name, number = wanted, 2
    while name in here or taken.get(name, kind) != kind:
        name, number = f"{wanted}_{number}", number + 1
    return name


def own_name(path: str) -> str:
    """What the vendor calls the field: the picked name, else the last key, without Bitrix24's prefix."""
    steps = paths.parse(path)
    picked = next((step[2] for step in steps if step[0] == "pick"), steps[-1][1])
    return picked.removeprefix("UF_CRM_")


def latin(text: str) -> str:
    """``Размер обуви`` -> ``razmer_obuvi``."""
    plain = "".join(LETTERS.get(letter, letter) for letter in text.casefold())
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40]


def readable(path: str) -> bool:
    try:
        plain_path(path)
    except paths.PathError:
        return False
    return True


def declared(proposals: Iterable[Proposal], known: Known) -> dict[str, dict[str, str]]:
    """What must be added under ``custom_fields`` of the entity."""
    return {one.name: {"type": one.type, "ru": one.title, "en": one.title} for one in proposals if one.name not in known}


def overlay(system: str, connector: str, entity: str, resource: str, proposals: Sequence[Proposal], needed: Json) -> str:
    """An overlay with these lines; its head says what the configuration needs beside it."""
    head = [
        f"# Own fields of {system} ({connector} {resource}), proposed by `sverka discover {system}`. Rename what is called otherwise in other systems,",
        "# and drop what need not travel: a line goes both ways unless it says only: read.",
    ]
    if needed:
        head.append("# config.yaml must declare them:")
        head += [f"#   {line}" for line in as_yaml({"custom_fields": {entity: needed}}).splitlines()]
    lines = [f"  custom.{one.name}: {flow(one.line)}  # {one.about}: {' '.join(one.title.split())}" for one in proposals]
    return "\n".join([*head, f"system: {connector}", f"entity: {entity}", f"resource: {resource}", "fields:", *lines, ""])


def as_yaml(data: Json) -> str:
    """``custom_fields`` as a person would write them: one line a field."""
    lines = ["custom_fields:"]
    for entity, names in data["custom_fields"].items():
        lines += [f"  {entity}:", *(f"    {name}: {flow(said)}" for name, said in names.items())]
    return "\n".join(lines)


def flow(data: Json) -> str:
    text: str = yaml.dump(data, Dumper=Quoting, default_flow_style=True, allow_unicode=True, sort_keys=False, width=WIDTH)
    return text.strip()


class Quoting(yaml.SafeDumper):
    """Texts with apostrophes in double quotes, as people write paths."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if "'" in text else None)


Quoting.add_representer(str, _text)
