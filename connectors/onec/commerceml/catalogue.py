"""Fields of what is exchanged with a base as with its site; "-" before the type: read only."""

ORDERS = {
    "Номер": "-string", "number": "string", "Ид": "-string", "hub_key": "-string", "created": "datetime", "status": "string",
    "buyer.name": "string", "buyer.phone": "string", "buyer.email": "string", "buyer.Ид": "-string", "Товары": "list", "Сумма": "-string",
    "bonus": "string", "comment": "text", "track": "string", "delivery.address": "string", "paid": "-datetime", "payments": "-list",
    "number_there": "-string",
}  # fmt: skip
GOODS = {
    "Ид": "-string", "Наименование": "-string", "Артикул": "-string", "barcodes": "-list", "size": "-string", "colour": "-string",
    "group": "-string", "Описание": "-text", "archived": "-boolean", "prices": "-list", "variants": "-boolean", "service": "-boolean",
}  # fmt: skip
STOCK = {"Ид": "-string", "goods": "-string", "store": "-string", "available": "-number"}
STATIC = {"site_orders": ORDERS, "site_goods": GOODS, "site_stock": STOCK}
