"""The section `status_steps`: which status of an order may follow which; and with it the policy of the status itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields

from hub.config.fields import about, nearest
from hub.entities.policy import Policy

ENTITY, FIELD = "order", "status"
Steps = tuple[tuple[str, tuple[str, ...]], ...]


def field() -> fields.Field[Any]:
    return fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        load_default=dict,
        metadata=about(
            "status of an order -> those that may follow it, backward ones too. A step that is not here waits for a person as a conflict; "
            "without the section any may follow any."
        ),
    )


def wrong(raw: Mapping[str, Any], statuses: Sequence[str]) -> dict[str, list[str]]:
    """status -> what is wrong with its line: names that the directory order_status does not have."""
    found: dict[str, list[str]] = {}
    for status, following in raw.items():
        for name in [status, *(following if isinstance(following, (list, tuple)) else ())]:
            if statuses and name not in statuses:
                found.setdefault(str(status), []).append(f"no such status: {name}{nearest(str(name), statuses)}")
    return found


def build(data: Mapping[str, Sequence[str]]) -> Steps:
    return tuple((status, tuple(following)) for status, following in data.items())


def with_status(policies: Mapping[tuple[str, str], Policy], steps: Steps) -> dict[tuple[str, str], Policy]:
    """The policies, with that of the status: where steps are told apart, or owners change with the status, each of its edits counts."""
    staged = any(policy.until for (entity, _), policy in policies.items() if entity == ENTITY)
    return {**policies, **({(ENTITY, FIELD): Policy("steps", steps=steps)} if steps or staged else {})}
