"""A company of UDS: its programme, its members and their points, its operations (uds docs: Partner API v2)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.frame.effects import Effects

Row = dict[str, Any]
CENT = Decimal("0.01")
RATE = Decimal("5")  # % of money that comes back as points
SHARE = Decimal("50")  # % of a bill that points may pay
LIFE, LONG = timedelta(minutes=45), timedelta(hours=24)  # of a code, and of one that was exchanged


class UdsError(Exception):
    """``errorCode`` with its status."""

    def __init__(self, code: str, status: int = 400, message: str = "") -> None:
        super().__init__(code)
        self.status, self.body = status, {"errorCode": code, "message": message or code}


def money(value: Any) -> Decimal:
    """An amount, also as text; rounded half up. Raises UdsError."""
    try:
        return Decimal(str(value or 0)).quantize(CENT, ROUND_HALF_UP)
    except ArithmeticError:
        raise UdsError("badRequest") from None


@dataclass
class Programme:
    """``policy``: points or discounts; ``repeat``: what a nonce that was used is answered with (``same`` or ``error``); ``ascending``: operations
    come with the oldest first; ``defer``: days until points of a sale are there."""

    policy: str = "CHARGE_SCORES"
    purchase_by_phone: bool = True
    points_by_phone: bool = True
    repeat: str = "same"
    ascending: bool = False
    defer: int = 0
    active: bool = True


@dataclass
class Member:
    number: int
    phone: str | None
    name: str = ""
    uid: str | None = None
    email: str | None = None
    gender: str = "NOT_SPECIFIED"
    birth: str | None = None
    points: Decimal = Decimal(0)
    blocked: bool = False
    tags: list[int] = field(default_factory=list)
    joined: str = ""
    last: str | None = None
    spent: Decimal = Decimal(0)


class Company:
    """All state. Callers hold ``lock``. ``now`` gives aware UTC."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lock, self.now = threading.RLock(), now
        self.programme, self.effects = Programme(), Effects()
        self.members: dict[int, Member] = {}
        self.operations: dict[int, Row] = {}
        self.nonces: dict[str, int] = {}
        self.codes: dict[str, tuple[int, datetime]] = {}
        self.pending: list[tuple[datetime, int, Decimal]] = []  # points that come later
        self.returned: dict[int, Decimal] = {}
        self.counts = {"members": 1099570012344, "operations": 77120454}

    def stamp(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def join(self, phone: str | None, name: str = "", points: Any = 0, app: bool = True, **more: Any) -> Member:
        """Somebody installs the app, or is made by a sale by phone."""
        self.counts["members"] += 1
        uid = str(uuid.uuid4()) if app else None
        made = Member(self.counts["members"], phone, name, uid, points=money(points), joined=self.stamp(), **more)
        self.members[made.number] = made
        return made

    def come_due(self) -> None:
        """Points whose time has come."""
        due = [one for one in self.pending if one[0] <= self.now()]
        self.pending = [one for one in self.pending if one not in due]
        for _, number, points in due:
            self.members[number].points += points

    def code_of(self, number: int, life: timedelta = LIFE) -> str:
        """The six digits that the app shows, or a longer code for a shop."""
        text = f"{len(self.codes) + 104588:06d}" if life == LIFE else f"{len(self.codes) + 1:012d}"
        self.codes[text] = (number, self.now() + life)
        return text

    def by_code(self, code: str) -> Member:
        number, until = self.codes.get(code, (0, self.now()))
        if until <= self.now():
            raise UdsError("notFound", 404)
        return self.members[number]

    def find(self, phone: Any = None, uid: Any = None) -> Member:
        for one in self.members.values():
            if (phone and one.phone == phone) or (uid and one.uid == uid):
                return one
        raise UdsError("notFound", 404)

    def calculated(self, member: Member | None, receipt: Row) -> Row:
        """What a bill comes to: a discount, or points that come back, of what is left to pay in money."""
        total, points, skip = (money(receipt.get(name)) for name in ("total", "points", "skipLoyaltyTotal"))
        loyal = max(total - skip, Decimal(0))
        off = (loyal * RATE / 100).quantize(CENT, ROUND_HALF_UP) if self.programme.policy == "APPLY_DISCOUNT" else Decimal(0)
        most = min(member.points if member else Decimal(0), (loyal * SHARE / 100).quantize(CENT, ROUND_HALF_UP))
        back = Decimal(0) if off else ((loyal - points) * RATE / 100).quantize(CENT, ROUND_HALF_UP)
        cash = total - off - points
        found: Row = {"total": total, "skipLoyaltyTotal": skip, "unredeemableTotal": 0, "maxPoints": most, "maxScoresDiscount": SHARE, "points": points,
                 "discountAmount": off, "discountPercent": RATE if off else 0, "netDiscount": off + points, "certificatePoints": 0, "cash": cash,
                 "cashTotal": cash, "cashBack": max(back, Decimal(0))}  # fmt: skip
        return {name: float(value) for name, value in found.items()}

    def sell(self, body: Row) -> Row:
        """One sale. Raises UdsError."""
        nonce = str(body.get("nonce") or "")
        if nonce and nonce in self.nonces:
            if self.programme.repeat == "error":
                raise UdsError("nonceAlreadyUsed")
            return self.operations[self.nonces[nonce]]
        who, receipt = body.get("participant") or {}, body.get("receipt") or {}
        by_code = bool(body.get("code"))
        member = self._buyer(body)
        points, total, cash = (money(receipt.get(name)) for name in ("points", "total", "cash"))
        if member is not None and member.blocked:
            raise UdsError("participantIsBlocked")
        if points and not by_code and not self.programme.points_by_phone:
            raise UdsError("withdrawNotPermitted")
        if points and (member is None or points > member.points):
            raise UdsError("insufficientFunds")
        due = self.calculated(member, receipt)
        if points > money(due["maxPoints"]):
            raise UdsError("discountLimitExceed")
        if cash != money(due["cash"]):
            raise UdsError("invalidChecksum")
        member = member or self.join(who["phone"], app=False)
        back = money(due["cashBack"])
        row = self._operation(
            member, "NORMAL", total, cash, back - points, str(receipt.get("number") or ""), body.get("cashier") or {}, None
        )
        member.points -= points
        self._give(member, back)
        member.spent += cash
        self.effects["push: operation"] += 1
        if nonce:
            self.nonces[nonce] = row["id"]
        return row

    def _buyer(self, body: Row) -> Member | None:
        if body.get("code"):
            return self.by_code(str(body["code"]))
        who = body.get("participant") or {}
        try:
            return self.find(who.get("phone"), who.get("uid"))
        except UdsError:
            if not who.get("phone"):
                raise
        if not self.programme.purchase_by_phone:
            raise UdsError("purchaseByPhoneDisabled")
        return None

    def _give(self, member: Member, points: Decimal) -> None:
        if self.programme.defer:
            self.pending.append((self.now() + timedelta(days=self.programme.defer), member.number, points))
        else:
            member.points += points

    def refund(self, ident: int, partial: Any) -> Row:
        """Of a sale, whole or in part: points and money in the same proportion. No nonce: said twice it is done twice."""
        sale = self.operation(ident)
        if sale["state"] == "REVERSAL":
            raise UdsError("badRequest")
        left = money(sale["total"]) - self.returned.get(ident, Decimal(0))
        amount = left if partial is None else money(partial)
        if amount <= 0 or amount > left:
            raise UdsError("badRequest")
        share = amount / money(sale["total"])
        member = self.members[sale["customer"]["id"]]
        moved = (-money(sale["points"]) * share).quantize(CENT, ROUND_HALF_UP)
        cash = (money(sale["cash"]) * share).quantize(CENT, ROUND_HALF_UP)
        row = self._operation(member, "REVERSAL", -amount, -cash, moved, sale["receiptNumber"], {}, ident)
        member.points += moved
        self.returned[ident] = self.returned.get(ident, Decimal(0)) + amount
        if self.returned[ident] == money(sale["total"]):
            sale["state"] = "CANCELED"
        return row

    def _operation(
        self, member: Member, state: str, total: Decimal, cash: Decimal, points: Decimal, number: str, cashier: Row, origin: int | None
    ) -> Row:
        self.counts["operations"] += 1
        row: Row = {"id": self.counts["operations"], "dateCreated": self.stamp(), "action": "PURCHASE", "state": state,
               "customer": {"id": member.number, "displayName": member.name, "uid": member.uid}, "cashier": {"id": 3301, "displayName": cashier.get("name", "Касса")},
               "branch": {"id": 9002, "displayName": "Тверская"}, "points": float(points), "certificatePoints": 0.0, "receiptNumber": number,
               "origin": {"id": origin} if origin else None, "total": float(total), "cash": float(cash)}  # fmt: skip
        self.operations[row["id"]] = row
        member.last = row["dateCreated"]
        return row

    def operation(self, ident: int) -> Row:
        found = self.operations.get(ident)
        if found is None:
            raise UdsError("notFound", 404)
        return found

    def member(self, ident: int) -> Member:
        found = self.members.get(ident)
        if found is None:
            raise UdsError("notFound", 404)
        return found


def shown(one: Member, tags: bool = False) -> Row:
    """A customer as lists show it; with ``tags`` as the detail does."""
    row = {
        "uid": one.uid,
        "avatar": None,
        "displayName": one.name,
        "gender": one.gender,
        "phone": one.phone,
        "birthDate": one.birth,
        "email": one.email,
        "channelName": None,
    }
    inside = {"id": one.number, "inviterId": None, "points": float(one.points), "discountRate": 0.0, "cashbackRate": float(RATE), "cashSpent": float(one.spent),
              "savedFunds": 0.0, "membershipTier": {"uid": "base", "name": "Базовый", "rate": float(RATE)}, "note": None, "dateCreated": one.joined,
              "lastTransactionTime": one.last}  # fmt: skip
    return row | {"participant": inside} | ({"tags": [{"id": tag, "name": f"Метка {tag}"} for tag in one.tags]} if tags else {})
