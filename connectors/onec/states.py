"""Where the orders of УТ stand: a register tells that one was shipped, and changes without the order's version changing (probes of a live УТ 11).

The order's own status knows no shipment; the state is shown as one more, which only the program itself gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import Unauthorized
from connectors.onec.api import ABSENT, Api, guid, text

Json = Any
SHIPPED, TO_SHIP, CLOSED = "Отгружен", "КОтгрузке", "Закрыт"
AFTER = frozenset({"ОжидаетсяОплатаПослеОтгрузки", "ГотовКЗакрытию"})  # states of an order whose goods have all left
STATE, ORDER = "Состояние", "Заказ_Key"
PAGE = 1000


class States:
    """The register of one base; ``register`` empty: its configuration has none."""

    def __init__(self, api: Api, register: str) -> None:
        self.api, self.register = api, register

    def beside(self, rows: Sequence[Json]) -> list[Json]:
        """Orders with their states among their fields; empty ones where the register is not in the composition."""
        if not self.register or not rows:
            return list(rows)
        try:
            told = self.api.matching(self.register, ORDER, [guid(str(row["Ref_Key"])) for row in rows])
        except Unauthorized as error:
            if error.code != ABSENT:
                raise
            told = []
        states = {str(one[ORDER]): str(one.get(STATE) or "") for one in told}
        return [{**row, STATE: states.get(str(row["Ref_Key"]), "")} for row in rows]

    def open(self) -> dict[str, str]:
        """Order -> state, of all that are not closed: what a poll compares beside the versions."""
        found: dict[str, str] = {}
        while self.register:
            chosen = {"filter": f"{STATE} ne {text(CLOSED)}", "select": f"{ORDER},{STATE}", "orderby": ORDER}
            try:
                rows = self.api.rows(self.register, **chosen, top=PAGE, skip=len(found))
            except Unauthorized as error:
                if error.code != ABSENT:
                    raise
                return {}
            found |= {str(row[ORDER]): str(row.get(STATE) or "") for row in rows}
            if len(rows) < PAGE:
                break
        return found


def stands(status: Json, row: Mapping[str, Json]) -> Json:
    """The status as it is shown."""
    return SHIPPED if status == TO_SHIP and row.get(STATE) in AFTER else status


def said(status: Json) -> Json:
    """The status as it is written: that goods have left only a shipment says."""
    return TO_SHIP if status == SHIPPED else status
