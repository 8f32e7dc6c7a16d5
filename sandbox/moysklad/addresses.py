"""Addresses stand twice, as text and in parts (moysklad docs: counterparty, addresses): writing one form makes the other."""

from __future__ import annotations

from typing import Any

PAIRS = {"actualAddress": "actualAddressFull", "legalAddress": "legalAddressFull", "shipmentAddress": "shipmentAddressFull"}
ORDER = ("postalCode", "city", "street", "house", "apartment", "addInfo")


def both_forms(item: dict[str, Any], body: dict[str, Any]) -> None:
    """Text alone lands in ``addInfo`` and resets the parts; of both forms the text is ignored."""
    for text, full in PAIRS.items():
        if isinstance(body.get(full), dict):
            item[full] = {k: v for k, v in body[full].items() if v not in (None, "")}
            item[text] = ", ".join(str(item[full][k]) for k in ORDER if item[full].get(k))
        elif text in body and full not in body:
            item[full] = {"addInfo": body[text]} if body[text] else {}
        if not item.get(full):
            item.pop(full, None)
