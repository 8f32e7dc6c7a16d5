"""What an account holds: messages by sending and phone, money; and how the vendor shows them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.frame.effects import Effects

Json = Any
Row = dict[str, Any]
PRICE = 3.20
MOSCOW = ZoneInfo("Europe/Moscow")
WORDS = {  # SMSC.ru docs: statuses
    -3: "Сообщение не найдено", -2: "Остановлено", -1: "Ожидает отправки", 0: "Передано оператору", 1: "Доставлено", 2: "Прочитано", 3: "Просрочено",
    4: "Нажата ссылка", 20: "Невозможно доставить", 22: "Неверный номер", 23: "Запрещено", 24: "Недостаточно средств", 25: "Недоступный номер",
}  # fmt: skip


@dataclass(slots=True)
class Message:
    """One sending to one phone. ``sending``: shared by all phones of one request; ``own``: the vendor's number of this message alone."""

    sending: int
    own: int
    phone: str
    text: str
    sender: str
    sent: int
    status: int = -1
    err: int = 0
    changed: int | None = None

    def told(self) -> Row:
        """As ``status.php`` shows it with ``all=2``: without its id."""
        row: Row = {"status": self.status, "err": self.err, "send_date": stamp(self.sent), "phone": self.phone, "cost": f"{PRICE:.2f}",
                    "sender_id": self.sender, "status_name": WORDS[self.status], "message": self.text, "type": 0, "sms_cnt": 1}  # fmt: skip
        when = self.changed if self.changed is not None else self.sent
        return row | {"send_timestamp": self.sent, "last_date": stamp(when), "last_timestamp": when}

    def listed(self) -> Row:
        """As the history shows it: more numbers, no timestamps."""
        return {k: v for k, v in self.told().items() if not k.endswith("_timestamp")} | {"id": self.sending, "int_id": str(self.own)}

    def report(self) -> Row:
        """The fields of a report of delivery, before they are signed."""
        return {"id": self.sending, "phone": self.phone, "status": self.status, "ts": self.changed or self.sent, "err": self.err, "type": 0, "cnt": 1,
                "cost": f"{PRICE:.2f}", "sender": self.sender}  # fmt: skip


@dataclass(slots=True)
class Account:
    """``now``: by the gateway's clock. ``messages``: the oldest first. ``effects``: what people were sent."""

    now: Callable[[], float]
    balance: float = 42.50
    messages: dict[tuple[int, str], Message] = field(default_factory=dict)
    effects: Effects = field(default_factory=Effects)
    lock: threading.RLock = field(default_factory=threading.RLock)
    sendings: int = 1000
    numbers: int = 77_000_000

    def send(self, phones: list[str], text: str, sender: str, sending: int = 0) -> int:
        """The id of the sending. A phone to which this sending went already gets nothing again (that own ids are heeded is a guess)."""
        if not sending:
            self.sendings += 1
            sending = self.sendings
        for phone in phones:
            if (sending, phone) not in self.messages:
                self.numbers += 1
                self.messages[sending, phone] = Message(sending, self.numbers, phone, text, sender, int(self.now()))
                self.effects["sms"] += 1
                self.balance -= PRICE
        return sending


def stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, MOSCOW).strftime("%d.%m.%Y %H:%M:%S")


def day(text: str) -> float:
    """The beginning of a day of Moscow, ``dd.mm.yyyy``. Raises ValueError."""
    return datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=MOSCOW).timestamp()
