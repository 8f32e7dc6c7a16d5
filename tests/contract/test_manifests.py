"""Every connector keeps the contract: its facts are consistent, its operations named, its mapped resources offered, its answers well-formed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import mappings
from connectors import registry
from connectors.contract import (
    Checks,
    Describes,
    Fetches,
    Finds,
    FindsCreated,
    ListsDirectories,
    LooksUp,
    Receives,
    SystemSettings,
    WebhookRefused,
    WebhookRequest,
)
from connectors.kit.frame import Counting
from hub.entities import FACTS, FIELDS

SHIPPED = mappings.load([Path(mappings.__file__).parent]).all
NAMES = sorted(registry.CONNECTORS)
SECRETS = {
    "api_key": "a",
    "secret_key": "s",
    "token": "t",
    "consumer_key": "k",
    "consumer_secret": "s",
    "client_id": "i",
    "client_secret": "s",
    "refresh_token": "r",
    "application_token": "a",
    "login": "l",
    "password": "p",
}
RESOURCES = [(name, resource) for name in NAMES for resource in registry.manifest(name).resources]
PAGES = Path(__file__).parents[2] / "docs" / "connectors"


class NoTokens:
    def load(self):
        return {}

    def save(self, value):
        pass

    def exclusive(self):
        raise TimeoutError


def made(name, limiter=None):
    settings = SystemSettings("system", name, "https://vendor.example.ru", secrets=SECRETS, webhook_secret="hook-secret")
    return registry.create(name, settings, limiter or Counting(), NoTokens(), lambda: datetime.now(UTC))


@pytest.mark.parametrize("name", NAMES)
def test_a_connector_has_the_abilities_that_its_manifest_speaks_of_and_none_in_name_alone(name):
    """`sverka capabilities` tells people of each: a method that answers nothing would be a promise."""
    connector, manifest = made(name), registry.manifest(name)
    of = list(manifest.resources.values())
    spoken = {
        Fetches: any(one.fetched for one in of),
        Describes: bool(of),
        LooksUp: bool(manifest.lookups),
        ListsDirectories: bool(manifest.directories),
        Checks: True,
    }
    assert {ability: isinstance(connector, ability) for ability in spoken} == spoken
    searched = any(operation.find_by for one in of for operation in one.operations.values())
    assert isinstance(connector, (Finds, FindsCreated)) or not searched
    assert isinstance(connector, Receives) or not any(one.telling.webhook for one in of)
    assert all(callable(getattr(connector, method)) for method in ("changes", "write")) and connector.manifest is manifest


@pytest.mark.parametrize("name", NAMES)
def test_every_resource_is_mapped_and_every_mapping_has_its_resource(name):
    mapped = {(m.resource, m.entity) for m in SHIPPED if m.connector == name}
    assert mapped == {(resource, of.entity) for resource, of in registry.manifest(name).resources.items()}


@pytest.mark.parametrize(("name", "resource"), RESOURCES)
def test_a_resource_says_what_it_carries_and_how_its_writes_may_be_repeated(name, resource):
    of = registry.manifest(name).resources[resource]
    assert of.entity in FIELDS and of.fact == (of.entity in FACTS)
    assert {"list", "fetch", "answer"} <= of.representations.keys()
    assert of.operations.keys() <= {"create", "update"} and bool(of.operations) == of.writable
    for operation in of.operations.values():
        assert operation.repeat in ("safe", "keyed", "findable", "never") and operation.settles_after > 0
        assert operation.find_by or operation.repeat not in ("keyed", "findable")
    assert "update" not in of.operations or not of.fact
    assert of.telling.source and (of.telling.webhook or not of.telling.typed)
    assert of.batch >= 1 and of.fetch_batch >= 1 and of.overlap >= 0 and of.settle > 0


@pytest.mark.parametrize("name", NAMES)
def test_limits_can_be_kept(name):
    limits = registry.manifest(name).limits
    assert limits and all(limit.units > 0 and limit.seconds > 0 for limit in limits)
    assert all(limit.kind in ("window", "bucket", "parallel", "operating") for limit in limits)


@pytest.mark.parametrize(("name", "resource"), RESOURCES)
def test_what_a_mapping_reads_of_itself_is_in_the_catalogue(name, resource):
    """The hub key's path is a field that the vendor publishes."""
    catalogue = registry.catalogues().get(name, {})
    assert resource in catalogue and all(kind for kind in catalogue[resource].values())


@pytest.mark.parametrize("name", [name for name in NAMES if isinstance(made(name), Receives)])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id": 7}', b"\xff\xfe", b'{"events": [{"meta": 5}]}'])
def test_a_webhook_that_proves_nothing_says_nothing(name, body):
    """Refused, or of no meaning; never an error of another kind, and never a request to the vendor."""
    try:
        assert made(name).receive(WebhookRequest({}, body, {}, "other")) == []
    except WebhookRefused:
        pass


@pytest.mark.parametrize(("name", "resource"), RESOURCES)
def test_an_empty_write_asks_nobody(name, resource):
    connector = made(name, limiter := Counting())
    assert connector.write(resource, []) == []
    assert not isinstance(connector, Fetches) or connector.fetch(resource, []) == []
    assert limiter.requests == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_connector_has_a_page(name):
    text = (PAGES / f"{name}.md").read_text()
    for resource in registry.manifest(name).resources:
        assert f"`{resource}`" in text
    assert "unconfirmed" in text.lower()  # what was assumed where the vendor's papers are silent
