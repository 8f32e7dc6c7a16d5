"""The page about web services of 1C is followed word for word against the stand-in; its example is what the configuration takes."""

from __future__ import annotations

import re

from sandbox.onec.app import Onec
from tests.contract.pages import Page

PAGE = Page("onec-soap", "127.0.0.1:18100")


def test_the_page_can_be_followed(tmp_path, monkeypatch):
    said = []
    with PAGE.served(Onec(), tmp_path, monkeypatch) as address:
        for command in PAGE.commands:
            for name in re.findall(r"\$(ONEC_\w+)", command):
                command = command.replace(f"${name}", {"ONEC_LOGIN": "sverka", "ONEC_PASSWORD": "пароль"}[name])
            said.append(PAGE.follow(command, address, monkeypatch))
    _, wsdl, checked, _, loaded, compared = said
    assert 'name="GetCustomersRequestMessage"' in wsdl and "http://srv-1c.local" in wsdl
    assert "GetCustomers" in checked and "GetOrders" in checked
    assert "soap_customers: 1 object" in loaded and "soap_orders: 1 object" in loaded
    assert "agrees" in compared
