"""Pages of vendors whose first section is a trial against the stand-in: followed word for word, and the customer who was typed in is shown."""

from __future__ import annotations

import pytest

from sandbox.bitrix24.app import Bitrix24
from sandbox.cdek.app import Cdek
from sandbox.cloudpayments.app import Cloudpayments
from sandbox.frame.server import running
from sandbox.moysklad.app import Moysklad
from sandbox.sms.app import Sms
from sandbox.smsc.app import Smsc
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


def test_the_page_of_an_acquirer_shows_the_payment_of_an_order(tmp_path, monkeypatch):
    page, site = Page("cloudpayments", "127.0.0.1:8793"), Page("woocommerce", "127.0.0.1:8792")
    with running(Woocommerce()) as shop, page.served(Cloudpayments(), tmp_path, monkeypatch, hurried=True) as address:
        config = tmp_path / "config.yaml"
        config.write_text(config.read_text().replace(f"http://{site.port}", shop))
        said = [page.follow(command.replace(f"http://{site.port}", shop), address, monkeypatch) for command in page.commands[2:]]
    assert len(said) == 6 and "890.00" in said[-1] and "kassa" in said[-1]


def test_the_commands_of_the_page_of_messages_do_what_it_says(tmp_path, monkeypatch):
    page = Page("sms", "127.0.0.1:8799")
    assert page.commands[0] == "python -m sandbox sms --port 8799"
    with page.served(Sms(), tmp_path, monkeypatch, hurried=True) as address:
        *_, stopped, message = [page.follow(command, address, monkeypatch) for command in page.commands[1:]]
    assert "+79261112233" in stopped and "marketing" in stopped
    assert "+79031234567" in message and "5" in message


def test_the_commands_of_the_page_of_the_second_gateway_do_what_it_says(tmp_path, monkeypatch):
    page = Page("smsc", "127.0.0.1:8803")
    assert page.commands[0] == "python -m sandbox smsc --port 8803"
    with page.served(Smsc(), tmp_path, monkeypatch, hurried=True) as address:
        *_, checked, _, message = [page.follow(command, address, monkeypatch) for command in page.commands[1:]]
    assert "39.30" in checked and "+79031234567" in message and "3" in message


def test_the_page_of_a_carrier_can_be_followed(tmp_path, monkeypatch):
    page, site = Page("cdek", "127.0.0.1:8791"), Page("woocommerce", "127.0.0.1:8790")
    with running(Woocommerce()) as shop, page.served(Cdek(), tmp_path, monkeypatch, hurried=True) as address:
        config = tmp_path / "config.yaml"
        config.write_text(config.read_text().replace(f"http://{site.port}", shop))
        said = [page.follow(command.replace(f"http://{site.port}", shop), address, monkeypatch) for command in page.commands[2:]]
    assert len(said) == 6 and "cdek_number" in said[1] and "5001" in said[-1]
