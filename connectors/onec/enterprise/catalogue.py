"""Fields of what is exchanged in messages of EnterpriseData; "-" before the type: read only."""

CUSTOMERS = {
    "Ссылка": "-string", "hub_key": "-string", "archived": "-boolean", "firm": "-boolean", "names": "names", "КонтактнаяИнформация": "contacts", "Комментарий": "text",
}  # fmt: skip
ORDERS = {
    "Ссылка": "-string", "hub_key": "-string", "archived": "-boolean", "number": "string", "Номер": "-string", "Дата": "datetime",
    "Контрагент": "string", "Склад": "string", "Организация": "string", "Товары": "list", "Сумма": "-string", "АдресДоставки": "string",
    "Комментарий": "text",
}  # fmt: skip
RECEIPTS = {
    "Ссылка": "-string", "hub_key": "-string", "archived": "-boolean", "return": "-boolean", "number": "-string", "Дата": "-datetime",
    "Контрагент": "-string", "Организация": "-string", "order": "-string", "card": "-string", "Товары": "-list", "Сумма": "-string", "payments": "-list",
}  # fmt: skip
STATIC = {"ed_customers": CUSTOMERS, "ed_orders": ORDERS, "ed_receipts": RECEIPTS}
GOODS = "ed_goods"  # kept for the names of lines; no resource of its own
