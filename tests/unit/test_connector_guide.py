"""The connector guide, followed word for word: what it tells to write is written to files, and works."""

from __future__ import annotations

import importlib
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import responses

import connectors
import mappings
from connectors.contract import Fetches, Finds, SystemSettings, Write
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.limiter import LocalLimiter
from hub.declared import world
from mappings.examples import Echo, run_examples

GUIDE = Path(__file__).parents[2] / "docs/connector-guide.md"
BLOCK = re.compile(r"^```(?:python|yaml)\n# ([\w/.]+)\n(.*?)^```", flags=re.M | re.S)
URL = "https://tea.example.ru"
ANNA = {
    "id": 7,
    "changed": "2026-03-02T10:00:00Z",
    "name": "Анна",
    "surname": "Седова",
    "tel": "8 903 123-45-67",
    "mail": "a@b.ru",
    "code": "",
}


@pytest.fixture(scope="module")
def teashop(tmp_path_factory):
    """The package that the guide makes."""
    folder = tmp_path_factory.mktemp("guide")
    for path, text in BLOCK.findall(GUIDE.read_text()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    connectors.__path__.append(str(folder / "connectors"))
    yield folder, importlib.import_module("connectors.teashop")
    connectors.__path__.remove(str(folder / "connectors"))
    for name in [name for name in sys.modules if name.startswith("connectors.teashop")]:
        del sys.modules[name]


@pytest.fixture
def shop(teashop):
    settings = SystemSettings("tea", "teashop", URL, secrets={"token": "secret"})
    made = teashop[1].create(settings, LocalLimiter(()), None, lambda: datetime.now(UTC))
    made.api.http.sleep = lambda _: None
    with responses.RequestsMock() as vendor:
        made.vendor = vendor
        yield made


def answer(shop, method, path, body, status=200, **more):
    shop.vendor.add(method, f"{URL}/api/{path}", json=body, status=status, **more)


def test_its_mapping_fits_the_catalogue_and_reads_its_example(teashop, monkeypatch):
    from connectors import registry

    folder, package = teashop
    monkeypatch.setitem(registry.CONNECTORS, "teashop", package)
    assert mappings.lint([folder / "mappings"], world(None)) == []
    (clients,) = mappings.load([folder / "mappings"]).all
    assert clients.examples and run_examples(clients) == []
    assert {(clients.resource, clients.entity)} == {(name, of.entity) for name, of in package.MANIFEST.resources.items()}
    read = clients.read(dict(ANNA), None, frozenset(), True, Echo())
    assert clients.decode_all(read.values, Echo())[0]["last_name"] == "Седова" and (read.id, read.hub_key) == ("7", None)


def test_a_list_is_read_page_by_page_and_goes_on_from_any_cursor(shop):
    assert isinstance(shop, Fetches) and isinstance(shop, Finds)
    answer(shop, "GET", "clients", {"rows": [ANNA], "more": True})
    answer(shop, "GET", "clients", {"rows": [ANNA | {"id": 8, "changed": "2026-03-03T10:00:00Z"}], "more": False})
    first, second = shop.changes("clients", {})
    assert [one.id for one in (*first.objects, *second.objects)] == ["7", "8"] and (first.last, second.last) == (False, True)
    assert shop.vendor.calls[0].request.headers["X-Token"] == "secret"
    answer(shop, "GET", "clients", {"rows": [], "more": False})
    (rest,) = shop.changes("clients", first.cursor)
    assert "page=2" in shop.vendor.calls[2].request.url and rest.cursor == {"since": "2026-03-02T10:00:00Z"}
    assert second.cursor == {"since": "2026-03-03T10:00:00Z"}


def test_what_is_there_is_fetched_and_found_by_the_hub_key(shop):
    answer(shop, "GET", "clients/7", ANNA)
    answer(shop, "GET", "clients/8", {"error": "нет"}, 404)
    assert [one.id for one in shop.fetch("clients", ["7", "8"])] == ["7"]
    answer(shop, "GET", "clients", {"rows": [ANNA | {"code": "rec-1"}], "more": False})
    assert [one.id for one in shop.find("clients", "hub", ["rec-1"])] == ["7"] and shop.find("clients", "phone", ["+7"]) == []


def test_a_batch_has_one_outcome_for_each_item(shop):
    answer(shop, "POST", "clients", ANNA | {"code": "rec-1"})
    answer(shop, "PATCH", "clients/8", {"error": "плохая почта", "code": "bad", "field": "mail"}, 422)
    made, refused = shop.write("clients", [Write("rec-1", None, {"name": "Анна"}), Write("rec-2", "8", {"mail": "x"})])
    assert made.remote.id == "7" and json.loads(shop.vendor.calls[0].request.body) == {"name": "Анна", "code": "rec-1"}
    assert isinstance(refused.error, Rejected) and (refused.error.code, refused.error.field) == ("bad", "mail")
    assert shop.write("clients", []) == []


@pytest.mark.parametrize(
    ("status", "body", "create", "expected"),
    [
        (401, "{}", True, Unauthorized),
        (404, "{}", False, Missing),
        (429, "{}", True, Unavailable),
        (502, "<html>", True, Unknown),  # it may have been made: looked up before it is tried again
        (502, "<html>", False, Unavailable),
        (200, "<html>", True, Unknown),
    ],
)
def test_each_failure_is_of_the_family_that_says_what_happens_next(shop, status, body, create, expected):
    ident = None if create else "7"
    shop.vendor.add("POST" if create else "PATCH", f"{URL}/api/clients" + ("" if create else "/7"), body=body, status=status)
    (outcome,) = shop.write("clients", [Write("rec-1", ident, {"name": "Анна"})])
    assert type(outcome.error) is expected and "secret" not in str(outcome.error)
