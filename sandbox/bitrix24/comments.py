"""Free text in the timeline of contacts and deals: ``crm.timeline.comment.*`` (bitrix24 docs: timeline comments)."""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError, legacy_not_found
from sandbox.bitrix24.fields import NAMES
from sandbox.bitrix24.filters import Column, Page, page_of
from sandbox.bitrix24.listing import select
from sandbox.bitrix24.params import to_int
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.values import show_legacy

_KINDS = {
    "ID": "integer",
    "ENTITY_ID": "integer",
    "ENTITY_TYPE": "string",
    "AUTHOR_ID": "integer",
    "CREATED": "datetime",
    "COMMENT": "string",
}
_OWNERS = {name.lower(): kind for kind, name in NAMES.items()}


@method("crm.timeline.comment.add", "crm")
def add(call: Call) -> Any:
    """The id of the new comment; the owner's timeline moves."""
    sent = {key.upper(): value for key, value in call.params.mapping("fields").items()}
    owner, number, text = str(sent.get("ENTITY_TYPE") or "").lower(), to_int(sent.get("ENTITY_ID")), str(sent.get("COMMENT") or "")
    if owner not in _OWNERS or number not in call.portal.crm[_OWNERS[owner]].rows:
        raise RestError("OWNER_NOT_FOUND", "Owner was not found")
    if not text:
        raise RestError("", "Empty comment message")
    held, comments, now = call.portal.crm[_OWNERS[owner]].rows[number], call.portal.comments, call.portal.moment()
    comments.put({"ID": comments.next_id(), "ENTITY_ID": number, "ENTITY_TYPE": owner, "AUTHOR_ID": call.identity.user_id,
                  "CREATED": now, "COMMENT": text})  # fmt: skip
    held |= {"LAST_ACTIVITY_TIME": now, "LAST_ACTIVITY_BY": call.identity.user_id}
    return comments.ids[-1]


@method("crm.timeline.comment.list", "crm")
def list_comments(call: Call) -> Page:
    wanted = call.params.mapping("filter")
    if not {"ENTITY_ID", "ENTITY_TYPE"} <= {key.lstrip("=").upper() for key in wanted}:
        raise RestError("", "Filter by ENTITY_ID and ENTITY_TYPE is required")

    def find(name: str) -> Column | None:
        key = name.upper()
        return Column(lambda row: row.get(key), _KINDS[key], key) if key in _KINDS else None

    rows = select(call.portal.comments, call.params, find, strict=False, default={"ID": "ASC"})
    return page_of(call.params, rows, _shown, list)


@method("crm.timeline.comment.get", "crm")
def get(call: Call) -> Any:
    return _shown(_known(call))


@method("crm.timeline.comment.update", "crm")
def update(call: Call) -> Any:
    row = _known(call)
    row["COMMENT"] = str({key.upper(): value for key, value in call.params.mapping("fields").items()}.get("COMMENT") or row["COMMENT"])
    return True


@method("crm.timeline.comment.delete", "crm")
def delete(call: Call) -> Any:
    call.portal.comments.drop(_known(call)["ID"])
    return True


def _known(call: Call) -> Row:
    row = call.portal.comments.rows.get(call.params.integer("id"))
    if row is None:
        raise legacy_not_found()
    return row


def _shown(row: Row) -> dict[str, Any]:
    return {name: show_legacy(kind, row[name]) for name, kind in _KINDS.items()}
