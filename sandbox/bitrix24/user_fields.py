"""``crm.contact.userfield.*`` and ``crm.deal.userfield.*``: definitions of ``UF_CRM_*`` fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.bitrix24.errors import RestError, legacy_not_found
from sandbox.bitrix24.fields import CONTACT, DEAL, NAMES, Field, camel_uf
from sandbox.bitrix24.filters import Page
from sandbox.bitrix24.params import as_mapping, is_yes
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.state import Portal

TYPES = frozenset({"string", "integer", "double", "boolean", "datetime", "date", "money", "url", "address", "enumeration", "employee"})
LONGEST = 50
_LABELS = ("EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL")
_NAME = re.compile(r"[A-Z0-9_]+")


def show(kind: int, field: Field) -> dict[str, Any]:
    """One definition; ``LIST`` of an enumeration holds its item ids and texts."""
    about: dict[str, Any] = {
        "ID": str(field.number), "ENTITY_ID": f"CRM_{NAMES[kind]}", "FIELD_NAME": field.name, "USER_TYPE_ID": field.kind, "XML_ID": None,
        "SORT": "100", "MULTIPLE": "Y" if field.multiple else "N", "MANDATORY": "N", "SHOW_FILTER": "E", "SHOW_IN_LIST": "Y",
        "EDIT_IN_LIST": "Y", "IS_SEARCHABLE": "N", "SETTINGS": [],
    }  # fmt: skip
    if field.options:
        about["LIST"] = [
            {"ID": str(option), "SORT": str(100 * place), "VALUE": text, "DEF": "N", "XML_ID": f"opt{option}"}
            for place, (option, text) in enumerate(field.options, start=1)
        ]
    return about


def _list(call: Call, kind: int) -> Any:
    fields = [field for field in call.portal.tables[kind].fields if field.dynamic]
    shown = [show(kind, field) | dict.fromkeys(_LABELS, field.title) for field in fields]
    wanted = {key.lstrip("=").upper(): value for key, value in as_mapping(call.params.get("filter")).items()}
    found = [about for about in shown if all(str(about.get(key)) == str(value) for key, value in wanted.items())]
    return Page(found, total=len(found))


def _known(call: Call, kind: int) -> Field:
    number = call.params.integer("id")
    found = next((field for field in call.portal.tables[kind].fields if field.dynamic and field.number == number), None)
    if found is None:
        raise legacy_not_found()
    return found


def _get(call: Call, kind: int) -> Any:
    """Labels by language here, where the list has one text."""
    field = _known(call, kind)
    return show(kind, field) | {label: {"ru": field.title, "en": field.title} for label in _LABELS}


def _add(call: Call, kind: int) -> Any:
    sent, portal = call.params.mapping("fields"), call.portal
    name = str(sent.get("FIELD_NAME") or "").upper()
    name = name if name.startswith("UF_CRM_") else f"UF_CRM_{name}"
    sort = str(sent.get("USER_TYPE_ID") or "")
    if sort not in TYPES:
        raise RestError("ERROR_CORE", f"Тип поля {sort} не найден")
    if not _NAME.fullmatch(name) or len(name) > LONGEST or name in portal.tables[kind].by_name:
        raise RestError("ERROR_CORE", f"Поле {name} не создано: имя занято или неверно")
    field = Field(
        name, camel_uf(name), sort, multiple=is_yes(sent.get("MULTIPLE")), title=_title(sent, name), number=portal.number("userfield")
    )
    portal.tables[kind].put(replace(field, options=_options(portal, sent, ())))
    return field.number


def _update(call: Call, kind: int) -> Any:
    """Label and list items; an item sent with its ID keeps it, one with ``DEL`` goes, others are new."""
    sent, field = call.params.mapping("fields"), _known(call, kind)
    call.portal.tables[kind].put(replace(field, title=_title(sent, field.title), options=_options(call.portal, sent, field.options)))
    return True


def _delete(call: Call, kind: int) -> Any:
    call.portal.tables[kind].drop(_known(call, kind).name)
    return True


def _title(sent: dict[str, Any], default: str) -> str:
    label = sent.get("EDIT_FORM_LABEL") or sent.get("LABEL") or default
    return str(next(iter(label.values()), default)) if isinstance(label, dict) else str(label)


def _options(portal: Portal, sent: dict[str, Any], before: tuple[tuple[int, str], ...]) -> tuple[tuple[int, str], ...]:
    options = dict(before)
    for item in as_mapping(sent.get("LIST")).values():
        one = as_mapping(item)
        number = int(one["ID"]) if str(one.get("ID", "")).isdigit() else portal.number("userfield option") + 1000
        if one.get("DEL") == "Y":
            options.pop(number, None)
        else:
            options[number] = str(one.get("VALUE") or options.get(number, ""))
    return tuple(options.items())


_ACTIONS: dict[str, Callable[[Call, int], Any]] = {"list": _list, "get": _get, "add": _add, "update": _update, "delete": _delete}


def _register(kind: int, action: str, handler: Callable[[Call, int], Any]) -> None:
    method(f"crm.{NAMES[kind].lower()}.userfield.{action}", "crm")(lambda call: handler(call, kind))


for _kind in (CONTACT, DEAL):
    for _action, _handler in _ACTIONS.items():
        _register(_kind, _action, _handler)
