"""What is nobody's: the portal knows no item and no planned call without a responsible, so it is the hub's own user's there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.contract import Write

Json = Any


@dataclass(frozen=True, slots=True)
class Nobodys:
    """``own``: the id of the user that the hub writes as. ``field``: which one bears the responsible."""

    own: Callable[[], Json]
    field: str

    def sent(self, write: Write) -> Write:
        """A write that says that nobody is responsible names the hub's own user."""
        if self.field not in write.data or write.data[self.field]:
            return write
        return replace(write, data={**write.data, self.field: self.own()})

    def shown(self, row: Mapping[str, Json]) -> dict[str, Json]:
        """What the hub's own user is responsible for is shown as nobody's."""
        responsible = row.get(self.field)
        return {**row, self.field: 0} if responsible and responsible == self.own() else dict(row)
