"""Custom actions: what happened to a customer outside, told by an operation with a template. Never changed, never shown but by an export."""

from __future__ import annotations

from typing import Any

from . import customers
from .state import Customer, Project
from .wire import ProtocolError, camel, moment, stamp

Row = dict[str, Any]


def act(project: Project, body: Row, template: str, point: str) -> Row:
    """Keep an action. Raises ProtocolError where nobody is meant."""
    given = customers.asked(body)
    found = customers.matching(project, given, contacts=False) or customers.matching(project, given)
    if len(found) != 1:
        raise ProtocolError("/customer: customer was not found")
    at = moment(body["executionDateTimeUtc"], "/executionDateTimeUtc") if body.get("executionDateTimeUtc") else project.now()
    said = (body.get("customerAction") or {}).get("customFields") or {}
    project.actions.append({
        "ids": {"mindboxId": project.next("action")},
        "actionTemplate": {"ids": {"systemName": template}, "name": template},
        "dateTimeUtc": stamp(at),
        "creationDateTimeUtc": stamp(project.now()),
        "customer": {"ids": customers.ids(found[0])},
        "channel": {"ids": {"externalId": str(body.get("pointOfContact") or point)}},
        "customFields": {camel(name): value for name, value in said.items()},
    })  # fmt: skip
    project.happened("action", found[0], {"template": template})
    return {}


def mailing(project: Project, one: Customer, channel: str, campaign: str) -> Row:
    """What a flow or a campaign has sent, as an export of actions shows it. How a project calls the templates is its own affair."""
    now = stamp(project.now())
    return {
        "ids": {"mindboxId": project.next("action")},
        "actionTemplate": {"ids": {"systemName": f"{channel}Sent"}, "name": f"{channel} sent"},
        "dateTimeUtc": now,
        "creationDateTimeUtc": now,
        "customer": {"ids": customers.ids(one)},
        "channel": {"ids": {"externalId": "Mindbox"}},
        "mailing": {"ids": {"externalId": campaign}, "name": campaign},
        "customFields": {},
    }
