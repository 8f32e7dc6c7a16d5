"""Whether a customer belongs to a group that marketers keep in one of the systems: one record for each customer and segment."""

from __future__ import annotations

from marshmallow import Schema, fields

from hub.entities.field import meta, moment, text

SegmentMembership = Schema.from_dict(
    {
        "customer": text("Клиент", "Customer", ref="customer"),
        "segment": text("Сегмент", "Segment"),  # by the id that it has where it is kept
        "source": text("Где ведётся", "Kept in"),  # the system: two may call different groups alike
        "member": fields.Boolean(allow_none=True, metadata=meta("Состоит", "Belongs to it")),
        "since": moment("С какого времени", "Since", policy="derived"),  # when the hub learned it; empty: before the first load
    },
    name="SegmentMembership",
)
