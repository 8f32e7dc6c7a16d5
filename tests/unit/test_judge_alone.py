"""The judge knows nothing of what it judges: it imports no part of the hub, and no inside of a sandbox."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

JUDGE = sorted((Path(__file__).parents[2] / "sandbox" / "judge").glob("*.py"))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", JUDGE, ids=lambda path: path.name)
def test_it_imports_only_itself_and_http(path):
    ours = {
        name for name in imported(path) if name.split(".")[0] in ("hub", "connectors", "mappings", "retry_queue", "sandbox", "sqlalchemy")
    }
    assert all(name.startswith("sandbox.judge") for name in ours), ours
