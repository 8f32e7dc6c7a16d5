"""Sweeps through the activities of a portal, for the calls and the call tasks among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.bitrix24.api import Api

Json = Any
PAGE = 50
OVERLAP = timedelta(seconds=60)
CONTACT_TYPE = 3


def sweep(
    api: Api, wanted: Mapping[str, Json], select: list[str], mark: Mapping[str, Json]
) -> Iterator[tuple[list[dict[str, Json]], dict[str, Json]]]:
    """Pages of activities that changed since the mark, by id, each with the mark that follows; one without ``id`` ends the sweep. The new
    mark is the vendor's time at the first page."""
    since, begun, after = str(mark.get("since", "")), str(mark.get("begun", "")), int(mark.get("id", 0))
    while True:
        asked: dict[str, Json] = {**wanted, ">ID": after}
        if since:
            asked[">=LAST_UPDATED"] = (datetime.fromisoformat(since) - OVERLAP).isoformat()
        answer = api.call("crm.activity.list", {"filter": asked, "order": {"ID": "ASC"}, "select": select, "start": -1})
        begun = begun or str(answer.time.get("date_start", ""))
        rows = answer.result or []
        if len(rows) < PAGE:
            yield rows, {"since": begun}
            return
        after = int(rows[-1]["ID"])
        yield rows, {"since": since, "begun": begun, "id": after}
