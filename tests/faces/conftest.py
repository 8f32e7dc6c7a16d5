"""The small shop, those who read its pages, and its commands: made anew for each file, whose tests change it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.web.app import create_app
from tests.faces.reader import Reader
from tests.faces.shop import ROLES, stocked, written


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    with stocked(folder) as shop:
        shop.app = create_app(shop.hub)
        shop.config = str(written(shop, folder))
        yield shop


@pytest.fixture(scope="module")
def readers(shop):
    return {role: Reader(shop.app, role) for role in ROLES} | {"stranger": Reader(shop.app)}


@pytest.fixture
def run(shop, monkeypatch):
    """A command's output; it must end with ``code``."""
    monkeypatch.setenv("SVERKA_CONFIG", shop.config)
    monkeypatch.setenv("SVERKA_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words, code=0):
        result = CliRunner().invoke(main, list(words))
        assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
        return result.output

    return call
