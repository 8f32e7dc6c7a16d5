"""Whose word counts in a field, where the configuration gives it an owner: told beside the field, so that nobody wonders where an edit went. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.entities.policy import Policy
from hub.language.shown import Shown

Json = Any


def owners(policies: Mapping[tuple[str, str], Policy], entity: str, data: Mapping[str, Json], shown: Shown) -> dict[str, str]:
    """Field -> who decides it at this moment, and when that changes. ``data``: of the record."""
    mine = {name: policy for (of, name), policy in policies.items() if of == entity and policy.kind == "owner"}
    return {name: told(policy, data.get("status"), shown) for name, policy in mine.items()}


def told(policy: Policy, status: Json, shown: Shown) -> str:
    """The sentence of one field, without its full stop."""
    say, statuses = shown.say, ", ".join(shown.value("order", "status", one) for one in policy.until)
    if not policy.until:
        text = say("decided by %(systems)s", systems=", ".join(policy.systems))
    elif status in policy.until:
        text = say("decided by %(systems)s in the statuses %(statuses)s", systems=", ".join(policy.then), statuses=statuses)
    else:
        first, later = ", ".join(policy.systems), ", ".join(policy.then)
        text = say("decided by %(systems)s until the statuses %(statuses)s, then by %(then)s", systems=first, statuses=statuses, then=later)
    left = say("what others say there is left as it is") if policy.elsewhere == "tolerate" else say("what others say is written over")
    return f"{text}; {left}"
