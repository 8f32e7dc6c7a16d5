"""Event handlers of a portal: ours bound, and bound again where they were lost; a portal shows nobody the handlers of others."""

from __future__ import annotations

from typing import Any

from connectors.bitrix24.api import Api, Command
from connectors.contract import Subscription
from connectors.errors import ConnectorError

Json = Any
TOPICS = (
    "ONCRMCONTACTADD", "ONCRMCONTACTUPDATE", "ONCRMCONTACTDELETE",
    "ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE",
    "ONCRMDEALMOVETOCATEGORY",  # comes instead of an update
    "ONVOXIMPLANTCALLEND", "ONCRMACTIVITYADD", "ONCRMACTIVITYUPDATE", "ONCRMACTIVITYDELETE",
)  # fmt: skip
EXISTS = "ERROR_HANDLER_ALREADY_EXIST"


def hooks(api: Api) -> list[Json]:
    """Every handler that this application has bound (bitrix24 docs: event.get)."""
    return list(api.call("event.get").result or ())


def subscribe(api: Api, url: str) -> Subscription:
    """Every needed event bound to ``url``: lost handlers are bound again, as after an update of the application. A webhook binds none."""
    if not api.access.is_app:
        return Subscription(())
    bound = {(str(hook["event"]).upper(), hook.get("handler")) for hook in hooks(api)}
    lacking = [topic for topic in TOPICS if (topic, url) not in bound]
    for answer in api.many({topic: Command("event.bind", {"event": topic, "handler": url}) for topic in lacking}).values():
        if isinstance(answer, ConnectorError) and answer.code != EXISTS and "set event handler" not in answer.message:
            raise answer
    return Subscription(TOPICS, tuple(lacking))
