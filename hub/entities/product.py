"""What is sold: one product, or one variant of it (a size, a colour). Each variant is a record of its own."""

from __future__ import annotations

from marshmallow import Schema, fields

from hub.entities.field import meta, text


class Price(Schema):
    """``kind``: a value of the directory of price types; a price of no named type is not kept. ``value``: roubles for one."""

    kind = fields.String(required=True)
    value = fields.Decimal(places=2, as_string=True, required=True)


Product = Schema.from_dict(
    {
        # as CommerceML writes it: the product's guid, and after # that of the characteristic
        "guid": text("Идентификатор в 1С", "1C identifier", match="guid"),
        "barcodes": fields.List(fields.String(), allow_none=True, metadata=meta("Штрихкоды", "Barcodes", match="barcode", policy="union")),
        "article": text("Артикул", "Article"),
        "name": text("Название", "Name"),
        "size": text("Размер", "Size"),
        "colour": text("Цвет", "Colour"),
        "category": text("Категория", "Category"),
        "description": text("Описание", "Description"),
        "url": text("Страница на сайте", "Page on the site"),
        "picture": text("Картинка", "Picture"),
        "prices": fields.List(fields.Nested(Price), allow_none=True, metadata=meta("Цены", "Prices")),
        "archived": fields.Boolean(allow_none=True, metadata=meta("В архиве", "Archived")),
        "for_sale": fields.Decimal(
            as_string=True, allow_none=True, metadata=meta("Доступно сайту", "Available to the site", policy="derived")
        ),
    },
    name="Product",
)
