"""Fields of transactions as the connector shows them; "-" before the type: read only. Everything is."""

from __future__ import annotations

from connectors.contract import DirectoryValue

SHOWN = {
    "id": "-string", "InvoiceId": "-string", "AccountId": "-string", "Amount": "-money", "Currency": "-string", "Status": "-string",
    "TestMode": "-boolean", "created": "-time",
}  # fmt: skip
STATIC = {"payments": SHOWN | {"payments": "-list", "paid": "-time"}, "refunds": SHOWN | {"PaymentTransactionId": "-string"}}
KINDS = [DirectoryValue("card", "Карта"), DirectoryValue("sbp", "СБП")]
