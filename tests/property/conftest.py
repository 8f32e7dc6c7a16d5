"""The long profile has hours: no test of it is ended by the clock."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items):
    if os.environ.get("HYPOTHESIS_PROFILE") == "long":
        for item in items:
            item.add_marker(pytest.mark.timeout(0))
