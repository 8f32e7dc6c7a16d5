"""Fields of a parcel as the connector shows it; "-" before the type: read only. Everything is."""

STATIC = {
    "orders": {
        "uuid": "-string", "number": "-string", "cdek_number": "-string", "state": "-string", "status": "-string", "reason": "-string", "city": "-string",
        "is_return": "-boolean", "moved": "-time", "created": "-time", "delivered": "-time", "payments": "-list", "keep_free_until": "-string",
    }
}  # fmt: skip
