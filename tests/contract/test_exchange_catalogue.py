"""Goods, prices and stocks that 1C brings as to its site."""

from __future__ import annotations

import pytest

from hub.storage.tables import brake, offer, record
from hub.sync import exchanging
from hub.sync.intake import Intake
from tests.contract.exchange_door import ONE
from tests.scenarios.exchange_shop import (
    GUID,
    SIZE,
    Door,
    catalogue,
    item,
    offered,
    offers_of,
)


def carried(door: Door, **files: bytes) -> None:
    door.enter()
    for name, body in files.items():
        assert door.bring(f"{name}.xml", body) == "success"
    door.work()


def prices(product) -> list[tuple[str, str]]:
    return [(one["kind"], one["value"]) for one in product.get("prices") or ()]


@pytest.mark.parametrize("first", ["import", "offers"], ids=["goods first", "offers first"])
def test_a_product_is_put_together_from_several_files(door, first):
    group = "<Группы><Ид>g1</Ид></Группы><Описание>Белая</Описание>"
    lists = "<Классификатор><Группы><Группа><Ид>g0</Ид><Наименование>Дом</Наименование><Группы><Группа><Ид>g1</Ид><Наименование>Посуда</Наименование></Группа></Группы></Группа></Группы></Классификатор>"  # fmt: skip
    goods = catalogue(item(more=group)).replace("<Каталог".encode(), f"{lists}<Каталог".encode(), 1)
    files = {
        "import0_1": goods,
        "offers0_1": offers_of(offered(GUID, "795.00", stores={"s1": "7", "s2": "0"}, more="<Штрихкод>4600000000017</Штрихкод>")),
    }
    carried(door, **dict(sorted(files.items(), reverse=first == "offers")))
    (product,) = door.of("product")
    said = {name: product.get(name) for name in ("guid", "article", "category", "description", "barcodes", "archived")}
    assert said == {
        "guid": GUID,
        "article": "MUG-R",
        "category": "Посуда",
        "description": "Белая",
        "barcodes": ["4600000000017"],
        "archived": False,
    }
    assert prices(product) == [("retail", "795.00")]
    assert sorted((one["store"], one["available"]) for one in door.of("stock")) == [("lenina", "0"), ("mega", "7")]


@ONE
def test_prices_that_nobody_named_do_not_leave_the_files(door):
    carried(door, offers=offers_of(offered(GUID, "795.00")))
    assert prices(door.of("product")[0]) == [("retail", "795.00")] and "111.11" not in repr(door.rows(offer)) + repr(door.of("product"))


@ONE
def test_sizes_are_products_of_their_own_and_the_item_is_none(door):
    red, blue = f"{GUID}#1", f"{GUID}#2"
    carried(door, import_=catalogue(item()), offers=offers_of(offered(red, "10", "M"), offered(blue, "20", "L")))
    found = {one["guid"]: one for one in door.of("product") if one.get("size")}
    assert {guid: (one["size"], one["article"], prices(one)) for guid, one in found.items()} == {red: ("M", "MUG-R", [("retail", "10.00")]), blue: ("L", "MUG-R", [("retail", "20.00")])}  # fmt: skip
    carried(door, import1=catalogue(item(article="NEW-ART")))
    assert {one["article"] for one in door.of("product") if one.get("size")} == {"NEW-ART"}, "what the item says counts for its sizes"


@ONE
def test_an_item_waits_until_it_is_known_whether_it_is_sold_in_sizes(door):
    """Files of one exchange are read one after the other, and only the offers tell."""
    door.enter()
    door.bring("import.xml", catalogue(item(), item("g2", "PLAID")))
    exchanging.work(door.hub, "uchet")
    assert Intake(door.hub).run() == 0 and door.of("product") == [] and exchanging.due(door.hub, now=door.hub.clock()) == set()
    door.bring("offers.xml", offers_of(offered(SIZE, "10", "M")))
    exchanging.work(door.hub, "uchet")
    now = door.hub.clock()
    assert exchanging.due(door.hub, now=now + exchanging.SETTLED + 1) == {"uchet"}
    door.hub.clock = lambda: now + exchanging.SETTLED + 1
    exchanging.work(door.hub, "uchet")
    Intake(door.hub).run()
    assert sorted(one["guid"] for one in door.of("product")) == [SIZE, "g2"]


def test_a_first_upload_of_thousands_is_a_first_load_and_no_storm(door):
    many = [item(f"g{n}", f"A-{n}") for n in range(400)]
    carried(door, import_=catalogue(*many))
    assert len(door.of("product")) == 400 and door.rows(brake) == []
    carried(door, import_=catalogue(*many[:2]), import1=only_changes(*(item(f"h{n}", f"B-{n}") for n in range(400))))
    assert len(door.of("product")) == 800 and door.rows(brake) == [], (
        "the button «выгрузить всё»: the first portion alone says that it is all"
    )
    carried(door, import_=only_changes(*(item(f"i{n}", f"C-{n}") for n in range(400))))
    assert [(row["kind"], row["entity"]) for row in door.rows(brake)] == [("created", "product")], (
        "as many at once that are changes are asked about"
    )


def only_changes(*items: str) -> bytes:
    return catalogue(*items).replace('Изменения="false"'.encode(), 'Изменения="true"'.encode())


@ONE
def test_an_update_of_prices_and_stocks_alone_leaves_the_rest(door):
    carried(door, import_=catalogue(item()), offers=offers_of(offered(GUID, "795", stores={"s1": "7", "s2": "2"})))
    carried(door, prices=offers_of(offered(GUID, "800", stores={"s1": "6"}), lists=False, root="ИзмененияПакетаПредложений"))
    (product,) = door.of("product")
    assert product["article"] == "MUG-R" and prices(product) == [("retail", "800.00")]
    assert sorted((one["store"], one["available"]) for one in door.of("stock")) == [("lenina", "0"), ("mega", "6")], "a store that is not told of any more holds nothing"  # fmt: skip


@ONE
def test_a_price_of_nothing_is_none_and_a_deleted_item_is_archived(door):
    carried(door, import_=catalogue(item()), offers=offers_of(offered(GUID, "0")))
    assert prices(door.of("product")[0]) == []
    carried(door, import1=catalogue(item().replace("<Товар>", '<Товар Статус="Удален">')))
    assert door.of("product")[0]["archived"] is True


@ONE
def test_stocks_without_a_store_are_those_of_the_store_that_is_named(store, tmp_path, monkeypatch):
    door = Door(store, tmp_path, monkeypatch, stock_store="Уфа, Мега")
    carried(door, offers=offers_of(offered(GUID, more="<Количество>5</Количество>")), rests=offers_of(offered("g2", more="<Остатки><Остаток><Склад><Ид>s2</Ид><Количество>3</Количество></Склад></Остаток></Остатки>")))  # fmt: skip
    assert sorted((one["store"], one["available"]) for one in door.of("stock")) == [("lenina", "3"), ("mega", "5")]


@ONE
def test_stocks_of_every_version_are_read(door):
    """2.05 names stores in elements, 2.07 in attributes; 2.09 sends a file of stocks that names what has changed."""
    old = "<КоличествоНаСкладах><КоличествоНаСкладе><ИдСклада>s1</ИдСклада><Количество>4</Количество></КоличествоНаСкладе></КоличествоНаСкладах>"
    new = "<Остатки><Остаток><Склад><Ид>{}</Ид><Количество>{}</Количество></Склад></Остаток></Остатки>"
    carried(door, offers=offers_of(offered("g1", more=old), offered("g2", stores={"s1": "5"}), offered("g3", more=new.format("s1", 6))))
    carried(door, rests=offers_of(offered("g3", more=new.format("s2", 7)), lists=False))
    assert sorted((one["store"], one["available"]) for one in door.of("stock")) == [
        ("lenina", "7"),
        ("mega", "4"),
        ("mega", "5"),
        ("mega", "6"),
    ]


@ONE
def test_services_are_no_goods_and_an_item_without_an_id_is_a_note(door):
    service = "<ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>ТипНоменклатуры</Наименование><Значение>Услуга</Значение></ЗначениеРеквизита></ЗначенияРеквизитов>"
    carried(door, import_=catalogue(item("d1", "DELIVERY", service), "<Товар><Наименование>Без всего</Наименование></Товар>", item()))
    assert [one["guid"] for one in door.of("product")] == [GUID] and "Без всего" in door.unread()[0]
    door.place(sku="DELIVERY")
    door.work()
    assert door.states() == [("waiting", "")], "a service can be ordered all the same"


def test_the_same_upload_once_more_is_no_news(door):
    files = {"import": catalogue(item()), "offers": offers_of(offered(GUID, "795", stores={"s1": "7"}))}
    carried(door, **files)
    versions = [(row["id"], row["version"]) for row in door.rows(record)]
    door.enter()
    for name, body in files.items():
        door.bring(f"{name}.xml", body)
    exchanging.work(door.hub, "uchet")
    assert door.waiting() == []
    door.work()
    assert [(row["id"], row["version"]) for row in door.rows(record)] == versions
