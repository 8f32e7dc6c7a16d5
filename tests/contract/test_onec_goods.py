"""Goods and stocks of 1C over HTTP: variants, prices of named kinds alone, what changed, and a balance of nothing."""

from __future__ import annotations

import pytest

from connectors.errors import Rejected
from connectors.onec.goods import looks_of
from sandbox.frame.server import running
from sandbox.onec.app import Onec
from sandbox.onec.schema import ZERO
from sandbox.onec.seed import BACK_ROOM, BOUGHT, DEALERS, GOODS, PRICE, STORES, move, price
from tests.contract.onec_place import Place


@pytest.fixture(params=["ut", "unf", "retail"])
def place(request):
    app = Onec(profile=request.param)
    with running(app) as url:
        yield Place(app, url)


@pytest.fixture
def shop(place):
    place.connector = place.made(price_types=[PRICE])
    return place


def swept(place, resource, cursor=None):
    pages = list(place.connector.changes(resource, cursor or {}))
    assert pages[-1].last and not any(page.last for page in pages[:-1])
    return {one.id: one.data for page in pages for one in page.objects}, pages[-1].cursor


def item(place, name):
    return place.app.base.named("Catalog_Номенклатура", name)


def test_each_variant_is_an_object_with_its_own_barcode_and_the_items_price(shop):
    found, _ = swept(shop, "goods")
    coat = {ident: row for ident, row in found.items() if row["Description"] == "Куртка"}
    assert sorted((row["size"], *row["barcodes"]) for row in coat.values()) == [("L", "JACKET-L"), ("M", "JACKET-M"), ("S", "JACKET-S")]
    assert all(
        ident.startswith(f"{item(shop, 'Куртка')}#") and row["prices"] == [{"kind": PRICE, "value": 5990}] for ident, row in coat.items()
    )
    shirt = found[item(shop, "Рубашка льняная")]
    assert (shirt["Артикул"], shirt["barcodes"], shirt["prices"]) == ("SV-001", ["4600000000001"], [{"kind": PRICE, "value": 3490}])
    assert len(found) == len(GOODS) + 3 + 3  # goods, sizes of the coat, services, which the mapping leaves alone


@pytest.mark.parametrize("place", ["ut"], indirect=True)
def test_a_variants_own_price_stands_above_the_items_and_properties_above_words(shop):
    base, coat = shop.app.base, item(shop, "Куртка")
    size = base.add("ChartOfCharacteristicTypes_ДополнительныеРеквизитыИСведения", Description="Размер (Номенклатура)")["Ref_Key"]
    colour = base.add("ChartOfCharacteristicTypes_ДополнительныеРеквизитыИСведения", Description="Цвет")["Ref_Key"]
    rows = [{"Свойство_Key": size, "Значение": "44"}, {"Свойство_Key": colour, "Значение": "синий"}]
    owner = {"Owner": coat, "Owner_Type": "StandardODATA.Catalog_Номенклатура"}
    blue = base.add("Catalog_ХарактеристикиНоменклатуры", Description="44 синий", ДополнительныеРеквизиты=rows, **owner)["Ref_Key"]
    kind = base.named("Catalog_ВидыЦен", PRICE)
    base.add(
        "InformationRegister_ЦеныНоменклатуры25",
        Period=base.local(),
        Номенклатура_Key=coat,
        ХарактеристикаЦО_Key=blue,
        ВидЦены_Key=kind,
        Цена=6490,
    )
    (shown,) = shop.connector.fetch("goods", [f"{coat}#{blue}"])
    assert (shown.data["size"], shown.data["colour"], shown.data["prices"]) == ("44", "синий", [{"kind": PRICE, "value": 6490}])


@pytest.mark.parametrize("place", ["ut"], indirect=True)
def test_a_characteristic_that_goods_of_a_kind_share_is_a_variant_of_those_that_have_it(shop):
    """In УТ its owner may be the kind of goods: only a barcode or a balance says which of them come in it."""
    base, shirt, scarf = shop.app.base, item(shop, "Рубашка льняная"), item(shop, "Шарф вязаный")
    kind = {"Owner": "11111111-77aa-11ef-8c35-00155d010203", "Owner_Type": "StandardODATA.Catalog_ВидыНоменклатуры"}
    red, blue = (base.add("Catalog_ХарактеристикиНоменклатуры", Description=name, **kind)["Ref_Key"] for name in ("M, красный", "M, синий"))
    _, cursor = swept(shop, "goods")
    move(base, shirt, red, STORES[0], 2)
    base.add("InformationRegister_ШтрихкодыНоменклатуры", Штрихкод="460-blue", Номенклатура_Key=scarf, Характеристика_Key=blue)
    found, _ = swept(shop, "goods", cursor)
    assert {f"{shirt}#{red}", f"{scarf}#{blue}"} <= found.keys() and not {shirt, scarf} & found.keys()
    assert (found[f"{shirt}#{red}"]["colour"], found[f"{shirt}#{red}"]["prices"]) == ("красный", [{"kind": PRICE, "value": 3490}])
    move(base, shirt, red, STORES[0], -2)
    (sold_out,) = shop.connector.fetch("goods", [f"{shirt}#{red}", f"{shirt}#{shirt}"])
    assert sold_out.id == f"{shirt}#{red}", "what was named once is known though no store has it"


@pytest.mark.parametrize("place", ["ut"], indirect=True)
def test_a_variant_of_an_item_is_found_by_its_owner_before_any_barcode_or_balance_names_it(shop):
    """The owner may be goods or a kind of them: a bare guid beside such a field finds nothing, and says nothing."""
    shirt = item(shop, "Рубашка льняная")
    own = {"Owner": shirt, "Owner_Type": "StandardODATA.Catalog_Номенклатура"}
    green = shop.app.base.add("Catalog_ХарактеристикиНоменклатуры", Description="S, зелёный", **own)["Ref_Key"]
    found, _ = swept(shop, "goods")
    assert f"{shirt}#{green}" in found and shirt not in found


@pytest.mark.parametrize(
    ("name", "size", "colour"),
    [("M, красный", "M", "красный"), ("синий, 42-44", "42-44", "синий"), ("XXL", "XXL", None), ("Подарочная", "Подарочная", None), ("", None, None)],
)  # fmt: skip
def test_size_and_colour_are_told_apart_by_the_words_of_the_name(name, size, colour):
    assert looks_of(name) == {"size": size, "colour": colour}


def test_no_price_of_a_kind_that_is_not_named_leaves_the_base(shop):
    """Neither purchase nor dealers' prices are in any answer, though all goods, prices and stocks are read; without a name, no price is."""
    told = []
    shop.app.flask.after_request(lambda answer: told.append(answer.get_data().decode()) or answer)
    for named in ([PRICE], []):
        shop.connector = shop.made(price_types=named)
        goods, _ = swept(shop, "goods")
        swept(shop, "stock")
        shop.connector.fetch("goods", list(goods))
        secret = [str(cost // 2 + 1) for _, cost in GOODS] + [str(cost * 3 // 4 + 1) for _, cost in GOODS]
        body = " ".join(told)
        assert ('"Цена": 3490' in body or '"Цена":3490' in body) is bool(named)
        assert not [value for value in secret if f'"Цена":{value}' in body.replace(": ", ":")]
        told.clear()


def test_a_name_that_the_base_does_not_have_is_told(shop):
    shop.connector = shop.made(price_types=["Рознична"])
    with pytest.raises(Rejected, match="price_types"):
        list(shop.connector.changes("goods", {}))
    assert {BOUGHT, DEALERS} <= {row["Description"] for row in shop.app.base.tables["Catalog_ВидыЦен"].values()}


def test_what_changed_is_found_without_a_version_a_price_a_barcode_a_name_of_a_variant(shop):
    _, cursor = swept(shop, "goods")
    assert swept(shop, "goods", cursor)[0] == {}
    base, shirt, coat = shop.app.base, item(shop, "Рубашка льняная"), item(shop, "Куртка")
    price(base, shirt, PRICE, 2990)
    found, cursor = swept(shop, "goods", cursor)
    assert found[shirt]["prices"] == [{"kind": PRICE, "value": 2990}]
    price(base, shirt, BOUGHT, 1)
    assert swept(shop, "goods", cursor)[0] == {}, "a kind that is not named is not even looked at"
    base.add("InformationRegister_ШтрихкодыНоменклатуры", Штрихкод="4600000000999", Номенклатура_Key=shirt)
    found, cursor = swept(shop, "goods", cursor)
    assert found[shirt]["barcodes"] == ["4600000000001", "4600000000999"]
    variant = next(row for row in shop.app.base.tables["Catalog_ХарактеристикиНоменклатуры"].values() if row["Owner"] == coat)
    base.keep(base.sets["Catalog_ХарактеристикиНоменклатуры"], variant | {"Description": "XS"})
    found, cursor = swept(shop, "goods", cursor)
    assert found[f"{coat}#{variant['Ref_Key']}"]["size"] == "XS"


def test_a_stock_is_told_for_each_store_and_one_of_nothing_vanishes_and_is_read_as_zero(shop):
    found, _ = swept(shop, "stock")
    shirt = item(shop, "Рубашка льняная")
    mine = {row["Склад"]["Description"]: (ident, row["ВНаличии"]) for ident, row in found.items() if row["goods"] == shirt}
    assert {name: many for name, (_, many) in mine.items()} == dict(zip(STORES, (1, 2), strict=True))
    ident = mine[STORES[0]][0]
    move(shop.app.base, shirt, ZERO, STORES[0], -1)
    assert ident not in swept(shop, "stock")[0]
    (shown,) = shop.connector.fetch("stock", [ident])
    assert (shown.data["ВНаличии"], shown.data["КОтгрузке"], shown.data["goods"]) == (0, 0, shirt)
    assert shop.connector.fetch("stock", ["nonsense", f"{shirt}@nonsense"]) == []


@pytest.mark.parametrize("place", ["retail"], indirect=True)
def test_what_lies_in_the_hall_and_in_the_back_room_of_a_shop_is_one_stock(shop):
    shirt = item(shop, "Рубашка льняная")
    move(shop.app.base, shirt, ZERO, STORES[1], 5, room=BACK_ROOM)
    found, _ = swept(shop, "stock")
    mine = [(ident, row) for ident, row in found.items() if row["goods"] == shirt and row["Склад"]["Description"] == STORES[1]]
    assert [row["ВНаличии"] for _, row in mine] == [7]
    (shown,) = shop.connector.fetch("stock", [mine[0][0]])
    assert shown.data["ВНаличии"] == 7
    lonely = shop.app.base.add("Catalog_Магазины", Description="Уфа, Гафури 5")["Ref_Key"]
    (shown,) = shop.made(price_types=[PRICE]).fetch("stock", [f"{shirt}@{lonely}"])
    assert shown.data["ВНаличии"] == 0, "a shop without rooms has nothing"


def test_a_sweep_goes_on_from_any_page(shop, monkeypatch):
    monkeypatch.setattr("connectors.onec.stock.PAGE", 12)
    pages = list(shop.connector.changes("stock", {}))
    assert len(pages) > 3
    rest = [one.id for page in shop.connector.changes("stock", pages[1].cursor) for one in page.objects]
    assert {one.id for page in pages for one in page.objects} == {one.id for page in pages[:2] for one in page.objects} | set(rest)
