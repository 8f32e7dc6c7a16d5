"""Calls: uploaded in batches, told apart by their ``externalId``; no method returns them, so that what was sent is what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.contract import Outcome, Remote, Write
from connectors.errors import ConnectorError, Rejected, Unknown
from connectors.retailcrm.api import Api
from connectors.retailcrm.manifest import MANIFEST

Json = Any


def write(api: Api, writes: Sequence[Write]) -> list[Outcome]:
    """One outcome for each. A batch is taken or refused as a whole: a refused one is sent call by call, so that one bad call is one."""
    outcomes, most = list[Outcome](), MANIFEST.resources["call"].batch
    for start in range(0, len(writes), most):
        outcomes += _group(api, writes[start : start + most])
    return outcomes


def _group(api: Api, writes: Sequence[Write]) -> list[Outcome]:
    calls = [{k: v for k, v in write.data.items() if v not in (None, "")} | {"externalId": write.key} for write in writes]
    try:
        body = api.post("telephony/calls/upload", {"calls": calls})
    except Rejected as error:
        return [Outcome(error=error)] if len(writes) == 1 else [one for write in writes for one in _group(api, [write])]
    except ConnectorError as error:
        return [Outcome(error=error) for _ in writes]
    if int(body.get("processedCallsCount") or 0) + len(body.get("duplicateCalls") or ()) < len(writes):
        return [Outcome(error=Unknown("fewer calls were taken than sent")) for _ in writes]
    return [Outcome(Remote(write.key, call, "answer")) for write, call in zip(writes, calls, strict=True)]
