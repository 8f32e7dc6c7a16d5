"""The parts of a batch answer, in each shape in which PHP shows them (bitrix24 docs: batch)."""

from __future__ import annotations

import pytest

from connectors.bitrix24.api import part


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        pytest.param({"a": 1}, {"a": 1}, id="commands with names"),
        pytest.param([7, 8], {"0": 7, "1": 8}, id="commands named 0, 1, 2 come as a list"),
        pytest.param([], {}, id="nothing is an empty list"),
        pytest.param(None, {}, id="a part that is not there"),
    ],
)
def test_a_part_is_read_by_command(shown, read):
    assert part({"result": shown}, "result") == read
