"""Welcome points are given once for ever: a phone, e-mail address or card that somebody welcomed ever had welcomes nobody else, whatever it went through."""

from __future__ import annotations

import pytest

from connectors.contract import Outcome
from connectors.errors import Rejected
from hub.explain.record import explain
from hub.keeping import erasure
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import views
from hub.storage.tables import link
from hub.sync.welcome import WITHHELD
from hub.web.story import story_of
from tests.scenarios.loyalty_shop import ANNA, CONTACT, GREETED, WELCOMED, opened, registers, settled

NEW, NEWEST, OLD = ({"phone": one} for one in ("+7 926 123-40-17", "+7 927 123-40-18", "8 (903) 123-45-67"))


@pytest.fixture
def shop(tmp_path):
    """Every system was read for the first time, and Anna was welcomed: ``shop.account`` is hers on the site."""
    with opened(tmp_path) as shop:
        welcomes_anna(shop)
        yield shop


def welcomes_anna(shop):
    shop.sync()
    shop.account = registers(shop)["id"]
    settled(shop)
    assert shop.movements() == WELCOMED


def changes(shop, account, **fields):
    shop.site("PUT", f"customers/{account}", fields)


def moves_at_once(shop):
    """Her new phone, and somebody with the old one, are seen in the same look."""
    changes(shop, shop.account, billing=NEW)
    return registers(shop, email="other@example.ru")["id"]


def moves_earlier(shop):
    changes(shop, shop.account, billing=NEW)
    settled(shop)
    return registers(shop, email="other@example.ru")["id"]


def moves_there_and_back(shop):
    """It is the phone that she had for a while that comes again."""
    changes(shop, shop.account, billing=NEW)
    settled(shop)
    changes(shop, shop.account, billing=OLD)
    settled(shop)
    registers(shop, email="other@example.ru", billing=NEW)


def moves_the_email(shop):
    changes(shop, shop.account, email="anna@example.com")
    settled(shop)
    registers(shop, billing=NEW)


def shares_the_email(shop):
    """The contact of somebody else in the CRM has her address."""
    phone, email = ({"typeId": kind, "valueType": "HOME", "value": value} for kind, value in (("PHONE", NEW["phone"]), ("EMAIL", "anna@example.ru")))  # fmt: skip
    shop.crm("crm.item.add", entityTypeId=CONTACT, fields={"name": "Пётр", "fm": [phone, email]})


def changes_the_card(shop):
    """Her old card of the programme stands on somebody else's account."""
    old = shop.members()[0]["discountCardNumber"]
    shop.loyalty("PATCH", f"customer/{ANNA}", {"cardNumber": 2000000000008})
    settled(shop)
    registers(shop, email="other@example.ru", billing=NEW, meta_data=[{"key": "card", "value": old}])


def is_deleted_in_the_programme(shop):
    shop.loyalty("DELETE", f"customer/{ANNA}")
    settled(shop)
    moves_earlier(shop)


def hands_it_on(shop):
    """From the second, who was registered without points, to a third."""
    second = moves_earlier(shop)
    settled(shop)
    changes(shop, second, billing=NEWEST)
    settled(shop)
    registers(shop, email="third@example.ru")


WAYS = [moves_earlier, moves_there_and_back, moves_the_email, shares_the_email, changes_the_card, is_deleted_in_the_programme, hands_it_on]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.replace("_", " "))
def test_nobody_is_welcomed_again_under_a_key_that_she_had(shop, way):
    before = len(shop.members())
    way(shop)
    settled(shop)
    assert len(shop.members()) > before or way is is_deleted_in_the_programme
    assert (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)


def test_a_phone_that_moves_and_comes_again_in_the_same_look(tmp_path, database_url):
    with opened(tmp_path, database_url) as shop:
        welcomes_anna(shop)
        moves_at_once(shop)
        settled(shop)
        assert len(shop.members()) == 2 and (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)


def taken_in(shop):
    shop.poll_only("site", "customers")
    shop.take()


def test_of_two_who_had_the_phone_while_the_programme_was_away_one_is_welcomed(tmp_path):
    """Whoever of them is told of first."""
    with opened(tmp_path) as shop:
        shop.sync()
        shop.fault("error", "^[A-Z]+ /api/", count=10_000, status=503)
        account = registers(shop)["id"]
        taken_in(shop)
        changes(shop, account, billing=NEW)
        taken_in(shop)
        registers(shop, email="other@example.ru")
        taken_in(shop)
        shop.fault("error", "nothing")
        settled(shop, 4)
        assert len(shop.members()) == 2 and (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)


def test_erased_in_the_hub_and_in_the_programme_she_comes_back_and_is_not_welcomed_again(tmp_path, database_url):
    with opened(tmp_path, database_url) as shop:
        welcomes_anna(shop)
        told = erasure.erase(shop.hub, record_of(shop, shop.account), actor="olga")
        shop.loyalty("DELETE", f"customer/{ANNA}")
        settled(shop)
        erasure.readmit(shop.hub, told["certificate"], actor="olga")
        settled(shop)
        assert len(shop.members()) == 1 and (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)


def test_who_could_not_be_registered_takes_the_welcome_from_nobody(tmp_path, monkeypatch):
    """The programme refuses the first: the second with her phone gets the points that nobody got."""
    with opened(tmp_path) as shop:
        shop.sync()
        with monkeypatch.context() as patched:
            refusal = Outcome(error=Rejected("no such phone", code="PHONE", field="phone"))
            patched.setattr(shop.hub.connectors["loyalty"], "write", lambda resource, writes: [refusal for _ in writes])
            registers(shop)
            settled(shop)
        assert shop.members() == []
        registers(shop, email="other@example.ru", first_name="Пётр", billing=OLD)
        settled(shop)
        assert shop.movements() == WELCOMED


def record_of(shop, account):
    with shop.hub.store.read() as at:
        mine = (link.c.system == "site", link.c.external_id == str(account))
        return at.execute(link.select().with_only_columns(link.c.record_id).where(*mine)).scalar_one()


def test_the_reason_stands_on_the_page_of_who_was_not_welcomed(shop):
    second = moves_earlier(shop)
    settled(shop)
    with shop.hub.store.read() as at:
        page = views.record_page(at, record_of(shop, second))
        said = {language: told_of(shop.hub, at, page, language) for language in ("ru", "en")}
        first = views.audit_rows(at, record_id=record_of(shop, shop.account), action=WITHHELD)
    assert (
        "No welcome points: this phone was in the programme already, since " in said["en"]
        and "give them in the programme by hand." in said["en"]
    )
    assert "Приветственные баллы не даны: этот телефон уже был в программе, с " in said["ru"]
    assert first == []


def told_of(hub, at, page, language):
    """What the record's page and `queue why` say of the programme; the time line says it too."""
    shown = Shown(Speech(language, hub.settings.timezone), views.titles(at))
    (one,) = [one for one in explain(hub, at, page, shown) if one.system == "loyalty"]
    (step,) = [step for step in story_of(hub, at, page, shown) if step.action == WITHHELD]
    assert step.outcome and step.outcome in one.text
    return one.text


def test_where_nobody_is_welcomed_anyway_no_key_is_to_blame(tmp_path):
    with opened(tmp_path) as shop:
        registers(shop)
        registers(shop, email="other@example.ru", first_name="Пётр")
        settled(shop)
        with shop.hub.store.read() as at:
            assert views.audit_rows(at, action=WITHHELD) == []
