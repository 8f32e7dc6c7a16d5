"""Offers of RetailCRM and their stocks over HTTP: what is read, uploads of 250, price types that are nobody's business, a catalogue file."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from connectors.contract import Write
from connectors.errors import Missing, Rejected
from connectors.limiter import LocalLimiter
from connectors.retailcrm.connector import Retailcrm as Connector
from hub.config.sections.catalogue import Feed
from hub.feeds import written
from sandbox.frame.server import running
from sandbox.retailcrm.app import Retailcrm
from tests.contract.retailcrm_account import Account, now, settings


@pytest.fixture
def account():
    app = Retailcrm()
    app.limits.enforce = False
    with running(app) as url:
        account = Account(app, url)
        account.connector = Connector(settings(url, price_types=["base"]), LocalLimiter(()), now)
        yield account


def swept(account, resource, cursor=None):
    pages = list(account.connector.changes(resource, cursor or {}))
    return {one.id: one.data for page in pages for one in page.objects}, pages[-1].cursor


def stock(offer, store, many, **more):
    return Write(f"{offer}-{store}", None, {"offer": str(offer), "store": store, "available": many}, **more)


def test_stocks_go_in_uploads_of_250_offers_and_are_read_back(account):
    row = account.app.account.offers[31]
    account.app.account.offers |= {n: row | {"id": n, "externalId": f"x{n}"} for n in range(2000, 2300)}
    outcomes = account.connector.write("inventories", [stock(n, "mega", n % 7) for n in range(2000, 2300)])
    assert [one.error for one in outcomes] == [None] * 300
    assert account.app.account.uploads == [("offers", 250), ("offers", 50)]
    (shown,) = account.connector.fetch("inventories", ["2005@mega"])
    assert shown.data == {"id": "2005@mega", "offer": "2005", "store": "mega", "available": 2005 % 7}
    assert len(swept(account, "inventories")[0]) == 300


def test_an_offer_that_is_not_there_is_missing_and_a_store_that_is_not_there_is_refused_alone(account):
    gone, bad, good = account.connector.write("inventories", [stock(9999, "mega", 1), stock(31, "depot", 1), stock(32, "mega", 4)])
    assert (type(gone.error), type(bad.error), good.error) == (Missing, Rejected, None)
    assert account.app.account.stocks == {32: {"mega": 4}}
    (nothing,) = account.connector.write("inventories", [Write("k", None, {"store": "mega", "available": 1})])
    assert (type(nothing.error), nothing.error.field) == (Rejected, "offer")


def test_prices_of_other_types_are_neither_seen_nor_touched(account):
    account.app.account.offers[31]["prices"].append({"priceType": "vip", "price": 1.5, "ordering": 20})
    seen = swept(account, "offers")[0]["31"]
    assert [one["priceType"] for one in seen["prices"]] == ["base"]
    (outcome,) = account.connector.write("offers", [Write("k", "31", {"prices": [{"priceType": "base", "price": 2990}]}, held=seen)])
    assert outcome.error is None
    held = {one["priceType"]: one["price"] for one in account.app.account.offers[31]["prices"]}
    assert held == {"base": 2990, "vip": 1.5}
    (outcome,) = account.connector.write("offers", [Write("k", "31", {"prices": []}, held=seen)])
    assert [one["priceType"] for one in account.app.account.offers[31]["prices"]] == ["vip"]


def test_without_a_name_no_price_is_read(account):
    connector = Connector(settings(account.url), LocalLimiter(()), now)
    assert all(one.data["prices"] == [] for page in connector.changes("offers", {}) for one in page.objects)


def test_the_hubs_own_file_is_taken_over_and_what_it_changed_alone_is_read_next(account):
    _, cursor = swept(account, "offers")
    guid = "0d5f3c1e-77aa-11ef-8c35-00155d010203#1b5f3c1e-77aa-11ef-8c35-00155d010204"
    shirt = {"guid": guid, "name": "Рубашка", "size": "M", "article": "SV-1", "barcodes": ["46"], "prices": [{"kind": "retail", "value": "10.50"}]}  # fmt: skip
    body = b"".join(written(Feed("crm", "icml", "s" * 16, "retail"), lambda: iter([[("r", shirt)]]), "2026-12-01 10:00"))

    class File(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            return

    server = HTTPServer(("127.0.0.1", 0), File)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        account.control("icml", url=f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        server.server_close()
    ((ident, offer),) = swept(account, "offers", cursor)[0].items()
    assert (offer["xmlId"], offer["externalId"], offer["article"], offer["barcode"]) == (guid, guid, "SV-1", "46")
    assert (offer["properties"], offer["prices"][0]["price"]) == ({"size": "M"}, 10.5)
    assert account.connector.find("offers", "hub", [ident]) == []
