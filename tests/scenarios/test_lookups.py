"""Values that a system must be asked about before a record can be understood."""

from tests.scenarios.shop import opened


def test_a_deal_of_several_goods_is_understood_whole(tmp_path):
    """Each line names goods by the portal's id; what the second one means is asked after the first is known."""
    with opened(tmp_path, crm=True) as shop:
        buyer = shop.crm("crm.contact.add", fields={"NAME": "Анна", "PHONE": [{"VALUE": "+79031234567", "VALUE_TYPE": "MOBILE"}]})
        deal = shop.crm("crm.deal.add", fields={"TITLE": "Заказ", "UF_CRM_ORDER_NUMBER": "C-1", "CONTACT_ID": buyer})
        rows = [{"PRODUCT_ID": 101 + number, "PRICE": 100 * (number + 1), "QUANTITY": 1} for number in range(4)]
        shop.crm("crm.deal.productrows.set", id=deal, rows=rows)
        shop.sync()
        (order,) = shop.sklad("GET", "customerorder", expand="positions", limit=10)["rows"]
        assert [position["price"] for position in order["positions"]["rows"]] == [10000.0, 20000.0, 30000.0, 40000.0]
