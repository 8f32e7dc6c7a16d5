"""What a cabinet holds: messages, the stop list, money; and how messages go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.frame.effects import Effects

Json = Any
Row = dict[str, Any]
PRICE = 5.49
WORDS = {0: "queue", 1: "delivery", 2: "failed", 3: "send", 4: "wait status", 6: "reject", 8: "moderation"}  # SMS Aero docs: sms/status


@dataclass(slots=True)
class Message:
    """One message. ``callback``: (address, whether as JSON) that its sender named."""

    id: int
    number: str
    text: str
    sender: str
    created: int
    status: int = 8
    answered: int | None = None
    callback: tuple[str, bool] = ("", False)

    def sent(self) -> Row:
        """As ``sms/send`` shows it: the number is text, the cost a number."""
        return {"id": self.id, "from": self.sender, "number": self.number, "text": self.text, "status": self.status, "extendStatus": WORDS[self.status],
                "channel": "FREE SIGN", "cost": PRICE, "dateCreate": self.created, "dateSend": self.created}  # fmt: skip

    def told(self) -> Row:
        """As ``sms/status`` shows it: the number is a number, the cost text."""
        return self.sent() | {"number": int(self.number), "cost": f"{PRICE:.2f}", "dateAnswer": self.answered}


@dataclass(slots=True)
class Cabinet:
    """``now``: by the gateway's clock. ``effects``: what people were sent."""

    now: Callable[[], float]
    balance: float = 1337.7
    messages: dict[int, Message] = field(default_factory=dict)
    stops: dict[int, str] = field(default_factory=dict)  # the list's own number of an entry -> phone
    effects: Effects = field(default_factory=Effects)
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: int = 90_000_000

    def next(self) -> int:
        self.numbers += 1
        return self.numbers

    def send(self, number: str, text: str, sender: str, callback: tuple[str, bool] = ("", False)) -> Message:
        """Each call sends, and bills, again. Nothing goes to a phone on the stop list."""
        made = Message(self.next(), number, text, sender, int(self.now()), callback=callback)
        if number in self.stops.values():
            made.status = 6
        else:
            self.effects["sms"] += 1
            self.balance -= PRICE
        self.messages[made.id] = made
        return made

    def entry(self, number: str) -> int | None:
        return next((ident for ident, one in self.stops.items() if one == number), None)
