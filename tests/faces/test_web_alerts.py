"""Alerts by Flask's client: taken care of by a link once, by support, and by no viewer."""

from __future__ import annotations

from hub.storage import alerts as alert_rows
from hub.storage import states
from hub.watch import alerts
from tests.faces.reader import TOKEN


def test_an_alert_is_taken_care_of_by_the_link_of_its_message_once_and_without_signing_in(shop, readers):
    """Opening the link does nothing: mail programs open links by themselves."""
    with shop.hub.store.write() as at:
        states.set_values(at, "site", paused="проба")
    alerts.watch(shop.hub)
    with shop.hub.store.read() as at:
        ident = next(row["id"] for row in alert_rows.listed(at) if row["key"] == "paused:site")
    path = f"/alerts/acknowledge/{alerts.link(shop.hub, ident, 'post')}"
    stranger = readers["stranger"]
    page = stranger.get(path)
    assert page.status_code == 200
    assert "site на паузе: проба." in page.text
    stranger.token = TOKEN.search(page.text).group(1)
    assert "занимается этим" not in readers["viewer"].get("/alerts").text
    assert "Вы занимаетесь этим" in stranger.post(path).text
    assert "post (по ссылке из сообщения) занимается этим" in stranger.post(path).text
    assert "post (по ссылке из сообщения) занимается этим" in readers["viewer"].get("/alerts").text
    assert stranger.get("/alerts/acknowledge/forged").status_code == 404
    assert stranger.post(path, token=False).status_code == 400
    with shop.hub.store.write() as at:
        states.set_values(at, "site", paused="")
    alerts.watch(shop.hub)


def test_support_takes_care_of_an_alert_and_a_viewer_may_not(shop, readers):
    with shop.hub.store.write() as at:
        states.set_values(at, "sklad", paused="проба")
    alerts.watch(shop.hub)
    with shop.hub.store.read() as at:
        ident = next(row["id"] for row in alert_rows.listed(at) if row["key"] == "paused:sklad")
    assert readers["viewer"].post(f"/alerts/{ident}/acknowledge").status_code == 403
    assert readers["support"].post(f"/alerts/{ident}/acknowledge").status_code == 302
    assert "support занимается этим" in readers["support"].get("/alerts").text
    assert readers["support"].post("/alerts/unknown/acknowledge").status_code == 404
    assert readers["support"].post("/alerts/test").status_code == 403
    with shop.hub.store.write() as at:
        states.set_values(at, "sklad", paused="")
    alerts.watch(shop.hub)
