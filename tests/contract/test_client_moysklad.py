"""The vendor's own client, moysklad-remap-12-sdk, against the stand-in: unchanged but for its address and the gzip header, by its own options.

Its models are strict: an answer of another shape than the published OpenAPI fails here. In a file of its own, since it takes long to import.
"""

from __future__ import annotations

import pytest

from sandbox.frame.server import running
from sandbox.moysklad.app import TOKEN, Moysklad


@pytest.fixture(scope="module")
def sdk():
    import moysklad_remap_12_sdk

    return moysklad_remap_12_sdk


@pytest.fixture
def client(sdk):
    account = Moysklad()
    account.limits.enforce = False
    with running(account) as url:
        client = sdk.ApiClient(sdk.Configuration(host=f"{url}/api/remap/1.2", access_token=TOKEN))
        client.set_default_header("Accept-Encoding", "gzip")
        yield client


def method(api, *names):
    return getattr(api, next(name for name in names if hasattr(api, name)))


def test_official_client_reads_what_it_creates(sdk, client):
    api = sdk.CounterpartiesApi(client)
    create = method(api, "entity_counterparty_post", "create_counterparty", "counterparty_create")
    made = create(sdk.Counterparty(name="Петров", phone="+79031234567", companyType="individual"))
    rows = method(api, "get_counterparties", "entity_counterparty_get", "get_counterparty_list", "list_counterparties")().rows
    assert [(str(row.id), row.name) for row in rows] == [(str(made.id), "Петров")]
