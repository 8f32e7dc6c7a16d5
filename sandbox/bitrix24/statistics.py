"""The statistics of calls, and the recordings put to them: ``voximplant.statistic.get``, ``telephony.externalCall.attachRecord``."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import quote, urlsplit

from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.filters import Column, Page, page_of
from sandbox.bitrix24.listing import select
from sandbox.bitrix24.params import Params
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.values import show_legacy

_NUMBERS = (
    "ID",
    "PORTAL_USER_ID",
    "CALL_DURATION",
    "CALL_VOTE",
    "CRM_ENTITY_ID",
    "CRM_ACTIVITY_ID",
    "REST_APP_ID",
    "CALL_TYPE",
    "RECORD_DURATION",
)
_KINDS = dict.fromkeys(_NUMBERS, "integer") | {"CALL_START_DATE": "datetime", "COST": "double"}
_TOKEN = "telephony|"


@method("voximplant.statistic.get", "telephony", cost=0.15)
def get(call: Call) -> Page:
    """Rows as strings. The order is two words at the top level, ``SORT`` and ``ORDER``, not an object."""

    def find(name: str) -> Column | None:
        key = name.upper()
        return Column(lambda row: row.get(key), _KINDS.get(key, "string"), key)

    params = Params({name: value for name, value in call.params.items() if name not in ("sort", "order")})
    if call.params.text("SORT"):
        params["order"] = {call.params.text("SORT").upper(): call.params.text("ORDER", "ASC")}
    rows = select(call.portal.calls, params, find, strict=False, default={"ID": "ASC"})
    return page_of(params, rows, _shown, list)


def _shown(row: Row) -> dict[str, Any]:
    shown = {name: show_legacy(_KINDS.get(name, "string"), value) for name, value in row.items()}
    return shown | {"COST": f"{row['COST']:.4f}"}


@method("telephony.externalCall.attachRecord", "telephony", cost=0.5)
def attach(call: Call) -> Any:
    """The file at once (base64 or an address), or an address to upload it to. A second record takes the place of the first."""
    params = call.params
    url, name = params.text("RECORD_URL"), params.get("FILENAME")
    if not url and name is None:
        raise RestError("ERROR_CORE", "Required parameters are not set. Request should contain or URL or FILENAME parameter")
    row = _finished(call, params.text("CALL_ID"))
    if url:
        return {"FILE_ID": _put(call, row, str(name or urlsplit(url).path.rpartition("/")[2]), url)}
    _check_name(str(name))
    if params.get("FILE_CONTENT") is None:
        token = quote(f"{_TOKEN}{row['CALL_ID']}|{name}")
        return {"uploadUrl": f"{call.portal.base}/rest/upload.json?auth={quote(params.text('auth'))}&token={token}", "fieldName": "file"}
    content = params.text("FILE_CONTENT")
    if not content:
        raise RestError("ERROR_CORE", "File content is empty.")
    try:
        base64.b64decode(content, validate=True)
    except binascii.Error:
        raise RestError("ERROR_CORE", "File content is not properly encoded. Base64 encoding is expected.") from None
    return {"FILE_ID": _put(call, row, str(name), "")}


@method("upload", "telephony")
def upload(call: Call) -> Any:
    """The second step of a record: the file itself, named by the token of the first."""
    owner, _, rest = call.params.text("token").partition("|")
    number, _, name = rest.partition("|")
    if f"{owner}|" != _TOKEN or call.params.get("file") is None:
        raise RestError("ERROR_CORE", "File content is empty.")
    return {"FILE_ID": _put(call, _finished(call, number), name, "")}


def _check_name(name: str) -> None:
    if not name:
        raise RestError("ERROR_CORE", "File name is empty")
    if name.lower().rpartition(".")[2] not in ("wav", "mp3"):
        raise RestError("ERROR_CORE", "Wrong file extension. Only wav and mp3 are allowed")


def _finished(call: Call, number: str) -> Row:
    found = call.portal.calls.equal("CALL_ID", number)
    if not found:
        raise RestError("ERROR_CORE", "Call is not found in the statistic table. Looks like it is not finished yet.")
    return call.portal.calls.rows[min(found)]


def _put(call: Call, row: Row, name: str, url: str) -> int:
    """The portal keeps files of its own; an outside address is kept as it was given, since nothing is fetched here."""
    number = call.portal.number("file") + 9000
    row |= {"RECORD_FILE_ID": number, "CALL_RECORD_URL": url or f"{call.portal.base}/disk/records/{number}/{quote(name)}"}
    call.portal.calls.put(row)
    return number
