"""Canonical entities: the shape in which every system's objects meet."""

from __future__ import annotations

from marshmallow import Schema

from hub.entities import customer, stock
from hub.entities.call import OUTCOMES, Call
from hub.entities.call_task import CallRequest, CallTask
from hub.entities.customer import Customer
from hub.entities.field import FieldInfo, infos
from hub.entities.goods_return import Return
from hub.entities.loyalty_operation import LoyaltyOperation
from hub.entities.message import Message
from hub.entities.order import Order
from hub.entities.product import Product
from hub.entities.segment_membership import SegmentMembership
from hub.entities.stock import Stock

SCHEMAS: dict[str, type[Schema]] = {
    "customer": Customer,
    "order": Order,
    "return": Return,
    "call": Call,
    "call_request": CallRequest,
    "call_task": CallTask,
    "message": Message,
    "loyalty_operation": LoyaltyOperation,
    "product": Product,
    "stock": Stock,
    "segment_membership": SegmentMembership,
}
FIELDS: dict[str, dict[str, FieldInfo]] = {entity: infos(schema) for entity, schema in SCHEMAS.items()}
FACTS = frozenset({"call", "call_request", "loyalty_operation", "message"})
FIGURES = customer.FIGURES | stock.FIGURES | {"for_sale"}  # they move with every purchase: many at once are no storm
REFERS = {"customer": "customer", "product": "product"}  # field that names a record -> its entity

__all__ = ["FACTS", "FIELDS", "FIGURES", "OUTCOMES", "REFERS", "SCHEMAS", "FieldInfo"]
