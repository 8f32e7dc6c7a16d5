"""Pages of vendors whose first section is a trial against the stand-in: followed word for word, and the customer who was typed in is shown."""

from __future__ import annotations

import pytest

from sandbox.bitrix24.app import Bitrix24
from sandbox.moysklad.app import Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.contract.pages import Page


@pytest.mark.parametrize(
    ("vendor", "port", "app"),
    [
        ("bitrix24", "8794", lambda: Bitrix24(allow_http=True)),
        ("moysklad", "8795", Moysklad),
        ("woocommerce", "8797", Woocommerce),
    ],
)
def test_the_commands_of_the_first_section_do_what_it_says(vendor, port, app, tmp_path, monkeypatch):
    page = Page(vendor, f"127.0.0.1:{port}")
    assert page.commands[0].startswith(f"python -m sandbox {vendor} --port {port}")
    with page.served(app(), tmp_path, monkeypatch, hurried=True) as address:
        said = [page.follow(command, address, monkeypatch) for command in page.commands[1:]]
    assert len(said) == 5 and "Орлова" in said[-1]
