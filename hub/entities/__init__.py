"""Canonical entities: the shape in which every system's objects meet."""

from __future__ import annotations

from marshmallow import Schema

from hub.entities.call import OUTCOMES, Call
from hub.entities.customer import FIGURES, Customer
from hub.entities.field import FieldInfo, infos
from hub.entities.loyalty_operation import LoyaltyOperation
from hub.entities.order import Order

SCHEMAS: dict[str, type[Schema]] = {"customer": Customer, "order": Order, "call": Call, "loyalty_operation": LoyaltyOperation}
FIELDS: dict[str, dict[str, FieldInfo]] = {entity: infos(schema) for entity, schema in SCHEMAS.items()}
FACTS = frozenset({"call", "loyalty_operation"})

__all__ = ["FACTS", "FIELDS", "FIGURES", "OUTCOMES", "SCHEMAS", "FieldInfo"]
