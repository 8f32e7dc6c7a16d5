"""Fields of what is exchanged with a base as with its site; "-" before the type: read only."""

ORDERS = {
    "Номер": "-string", "number": "string", "Ид": "-string", "hub_key": "-string", "created": "datetime", "status": "string",
    "buyer.name": "string", "buyer.phone": "string", "buyer.email": "string", "buyer.Ид": "-string", "Товары": "list", "Сумма": "-string",
    "bonus": "string", "comment": "text", "track": "string", "delivery.address": "string", "paid": "-datetime", "payments": "-list",
    "number_there": "-string",
}  # fmt: skip
STATIC = {"site_orders": ORDERS}
