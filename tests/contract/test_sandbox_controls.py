"""What every stand-in says to a control that it cannot read: 400 and a sentence, and nothing is set."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
import requests

import sandbox
from sandbox.frame.control import unreadable
from sandbox.frame.server import running

VENDORS = sorted(path.parent.name for path in Path(sandbox.__file__).parent.glob("*/app.py"))


@pytest.fixture(scope="module", params=VENDORS)
def vendor(request):
    app = getattr(import_module(f"sandbox.{request.param}.app"), "".join(part.capitalize() for part in request.param.split("_")))
    made = app()
    with running(made) as url:
        yield made, f"{url}/_sandbox"


@pytest.mark.parametrize(
    "what, body, said",
    [
        ("clock", b'{"offset": 60', "clock takes JSON, and this is none: Expecting ',' delimiter"),
        ("clock", "{“offset”: 60}".encode(), "clock takes JSON, and this is none: "),
        ("clock", b"\xff", "clock takes JSON, and this is none: "),
        ("clock", b"[60]", "clock takes a JSON object, and this is another thing"),
        ("clock", b"60", "clock takes a JSON object, and this is another thing"),
        ("clock", b"", "clock does not take this: "),
        ("clock", b'{"offset": "soon"}', "clock does not take this: "),
        ("faults", b'{"kind": "error"}', "faults takes a list of JSON objects, and this is another thing"),
        ("faults", b'[{"kind": "error"', "faults takes JSON, and this is none: "),
        ("faults", b'["error"]', "faults takes a list of JSON objects, and this is another thing"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(vendor, what, body, said):
    made, controls = vendor
    answer = requests.post(f"{controls}/{what}", body, headers={"Content-Type": "application/json"}, timeout=5)
    assert (answer.status_code, answer.json()["error"][: len(said)]) == (400, said)
    assert made.offset == 0.0


def test_what_can_be_read_is_set_whatever_its_type_is_called(vendor):
    made, controls = vendor
    assert requests.post(f"{controls}/clock", '{"offset": 60}', timeout=5).ok
    assert made.offset == 60.0
    assert requests.post(f"{controls}/clock", '{"offset": 0}', timeout=5).ok


def test_a_fault_without_a_kind_is_no_fault(vendor):
    _, controls = vendor
    answer = requests.post(f"{controls}/faults", json=[{"rate": 1.0}], timeout=5)
    assert (answer.status_code, answer.json()) == (400, {"unknown": [None]})
    assert requests.post(f"{controls}/faults", timeout=5).ok, "none at all"


def test_a_control_that_nobody_knows_is_not_found(vendor):
    assert requests.post(f"{vendor[1]}/nonsense", json={}, timeout=5).status_code == 404


def test_what_is_readable():
    assert unreadable("clock", b"{}") == unreadable("faults", b'[{"kind": "error"}]') == ""
