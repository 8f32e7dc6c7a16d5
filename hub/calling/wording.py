"""What the seller reads in a task. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.calling.outcomes import HINT

Json = Any


def title(customer: Mapping[str, Json], progress: tuple[int, int] | None) -> str:
    """Whom to call. ``progress``: (called, left) of the seller's day, in the first of his tasks alone."""
    name = " ".join(str(customer.get(part)) for part in ("last_name", "first_name") if customer.get(part)) or "клиент без имени"
    return f"Позвонить: {name}" + (f" (обзвонено {progress[0]}, осталось {progress[1]})" if progress else "")


def text(said: str, comment: str, last: Mapping[str, Json] | None, as_of: float, zone: ZoneInfo) -> str:
    """Why to call, what she bought last, how new that is, and which words to write after the mark. ``last``: her last purchase."""
    lines = [said, comment, _purchase(last, zone), f"Данные на {local(as_of, zone)}."]
    return "\n".join(line for line in [*lines, f"Отметьте дело выполненным и допишите одно из слов: {HINT}."] if line)


def local(moment: float, zone: ZoneInfo) -> str:
    """``09:55``, on the store's clock."""
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).strftime("%H:%M")


def _purchase(last: Mapping[str, Json] | None, zone: ZoneInfo) -> str:
    if last is None:
        return "Покупок не видно."
    day = datetime.fromtimestamp(last["at"], UTC).astimezone(zone).strftime("%d.%m.%Y")
    return f"Последняя покупка: {day}" + (f" на {last['total']} ₽." if last.get("total") else ".")
