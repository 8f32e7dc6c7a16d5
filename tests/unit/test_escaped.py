"""What escapes from a connector's own code names the line of that code, and no value."""

from __future__ import annotations

import json

import pytest

from connectors.errors import Unavailable, Unknown
from connectors.escaped import ESCAPED, escaped


class Broken:
    """A connector with a slip."""

    def read(self, body):
        return json.loads(body)


@pytest.mark.parametrize("kind", [Unavailable, Unknown])
def test_a_slip_is_told_with_its_line(kind):
    try:
        Broken().read("Анна")
    except ValueError as error:
        told = escaped(Broken(), error, kind)
    assert type(told) is kind and told.code == ESCAPED
    assert "JSONDecodeError at tests/unit/test_escaped.py:17" in told.message and "Анна" not in told.message


def test_what_arose_elsewhere_names_the_package():
    assert "ValueError at tests" in escaped(Broken(), ValueError("Анна"), Unknown).message
