"""Erasing a person on the pages: an administrator's, after a look at what goes, with a certificate to keep."""

from __future__ import annotations

import json

from hub.explain.found import find
from tests.faces.reader import Reader

PHONE = "+79031234567"


def anna(shop):
    with shop.hub.store.read() as at:
        return next((row["id"] for row in find(shop.hub, at, PHONE, [PHONE]) if row["entity"] == "customer"), "")


def test_only_an_administrator_may(shop):
    path = f"/records/{anna(shop)}/erase"
    for role in ("viewer", "support"):
        reader = Reader(shop.app, role)
        assert reader.get(path).status_code == reader.post(path, sure="1").status_code == reader.get("/erased").status_code == 403
        assert path not in reader.get(f"/records/{anna(shop)}").text


def test_it_is_asked_done_certified_and_taken_back_for_who_returns(shop):
    admin, ident = Reader(shop.app, "admin"), anna(shop)
    path = f"/records/{ident}/erase"
    assert path in admin.get(f"/records/{ident}").text
    page = admin.get(path).text
    assert "Заказов и звонков: 2" in page and "Седова Анна" in page
    assert admin.post(path, reason="request 14").status_code == 302 and anna(shop) == ident, "not without the word that it is for ever"
    done = admin.post(path, reason="request 14", sure="1")
    assert done.status_code == 200 and "Человек стёрт" in done.text and "нет нигде" in done.text
    assert anna(shop) == "" and admin.get(path).status_code == 404
    listed = admin.get("/erased").text
    assert "request 14" in listed and listed.count("Впустить снова</button>") == 1
    certificate = listed.split("/erased/")[1].split(".json")[0]
    file = admin.get(f"/erased/{certificate}.json")
    assert json.loads(file.data)["record"] == ident and "attachment" in file.headers["Content-Disposition"]
    assert admin.get("/erased/nobody.json").status_code == 404
    admin.post(f"/erased/{certificate}/readmit")
    shop.sync()
    assert anna(shop) not in ("", ident)
    assert "впущен снова" in admin.get("/erased").text
