"""The vendor's own client, moysklad-remap-12-sdk, against the stand-in: its code unchanged, its address and the gzip header set by its options.

Its models are strict: an answer of another shape than the published OpenAPI fails here.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import pytest

from sandbox.frame.server import running
from sandbox.moysklad.app import TOKEN, Moysklad

SDK = "moysklad_remap_12_sdk"


def model(name):
    """The client's class ``CounterpartyList``, from its module ``counterparty_list``."""
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(import_module(f"{SDK}.models.{re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()}"), name)


@pytest.fixture(scope="module")
def sdk():
    """The client's modules of counterparties. Its packages import every model that they have when they are imported themselves, which
    takes half a minute: they are entered without that."""
    (root,) = find_spec(SDK).submodule_search_locations
    for name, path in ((SDK, root), (f"{SDK}.models", f"{root}/models"), (f"{SDK}.api", f"{root}/api")):
        package = ModuleType(name)
        package.__path__ = [path]
        sys.modules[name] = package
    sys.modules[SDK].models = sys.modules[f"{SDK}.models"]
    sys.modules[SDK].models.__getattr__ = model  # a model is imported when it is asked for
    yield lambda name: import_module(f"{SDK}.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == SDK]:
        del sys.modules[name]


@pytest.fixture
def api(sdk):
    account = Moysklad()
    account.limits.enforce = False
    with running(account) as url:
        settings = sdk("configuration").Configuration(host=f"{url}/api/remap/1.2", access_token=TOKEN)
        client = sdk("api_client").ApiClient(settings)
        client.set_default_header("Accept-Encoding", "gzip")
        yield sdk("api.counterparties_api").CounterpartiesApi(client)


def test_official_client_creates_reads_and_changes(sdk, api):
    counterparty = sdk("models.counterparty").Counterparty
    made = api.create_counterparty(counterparty(name="Петров", phone="+79031234567", companyType="individual", tags=["опт"]))
    rows = api.get_counterparties().rows
    assert [(str(row.id), row.name, row.phone) for row in rows] == [(str(made.id), "Петров", "+79031234567")]
    api.update_counterparty(made.id, counterparty(description="звонить после 18"))
    read = api.get_counterparty_by_id(made.id)
    assert (read.name, read.description, read.tags) == ("Петров", "звонить после 18", ["опт"])


def test_official_client_makes_several_at_once_notes_and_deletes(sdk, api):
    counterparty, note = sdk("models.counterparty").Counterparty, sdk("models.note").Note
    made = api.create_counterparties_batch([counterparty(name=name, companyType="individual") for name in ("Седова", "Орлова")])
    first, second = (one.actual_instance if hasattr(one, "actual_instance") else one for one in made)
    api.create_counterparty_note(first.id, note(description="Позвонить утром"))
    assert [one.description for one in api.get_counterparty_notes(first.id).rows] == ["Позвонить утром"]
    api.delete_counterparty(second.id)
    assert [row.name for row in api.get_counterparties().rows] == ["Седова"]
