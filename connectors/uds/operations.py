"""Purchases and refunds, posted one at a time. A sale bears a nonce and, in its number, the end of the hub's key; a refund bears nothing but the sale
and the sum. Both are looked for among the newest operations before anything is repeated (uds docs: operations)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.contract import Outcome, Posting, Remote, Write
from connectors.errors import ConnectorError, Missing, Rejected, Unknown
from connectors.purchases import CENT, PURCHASE, RELEASE, RELEASED, SAME_RECEIPT, apart, aware
from connectors.uds.api import Api
from connectors.uds.journal import newest
from connectors.uds.manifest import CREATED_FOR

Json = Any
Row = dict[str, Json]
SPACE = uuid.UUID("2f1d0c6e-5b7a-5e0d-8a58-6f0f5a3c9b21")  # under which a nonce follows from the hub's key
TAIL = 12  # letters of the hub's key that a sale's number bears
LATELY = timedelta(days=3)
BEFORE = timedelta(hours=1)  # the service may date an operation by its own clock
REFUND = "REVERSAL"
REFUSALS = frozenset({"badRequest", "invalidChecksum", "withdrawNotPermitted", "insufficientFunds", "discountLimitExceed", "purchaseByPhoneDisabled",
                      "participantIsBlocked"})  # fmt: skip
QUICK = timedelta(minutes=15)  # a sale of the same sum so near, under another number, may be the same receipt


class Operations:
    """Facts of one company."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def write(self, write: Write) -> Outcome:
        """Post one fact. What a refusal that no paper knows may mean of a repeat, the newest operations tell."""
        try:
            ident = {PURCHASE: self._purchase, RELEASE: self._release}.get(write.data["kind"], self._refund)(write)
        except Rejected as error:
            try:
                done = None if error.code in REFUSALS or not error.code else next(iter(self.found([write])), None)
            except ConnectorError:
                done = None
            return Outcome(done) if done is not None else Outcome(error=error)
        except ConnectorError as error:
            return Outcome(error=error)
        return Outcome(Remote(ident, {**write.data, "id": ident}, "answer"))

    def _purchase(self, write: Write) -> str:
        """The sums of a sale must be those that the programme makes of it: they are asked for first. Raises Rejected where the buyer has paid another sum
        than they say: the programme discounts what the shop did not."""
        who = self.who(write)
        receipt: Row = {"total": float(total_of(write)), "points": float(write.data.get("points") or 0)}
        due = self.calculated(who, receipt)
        paid = Decimal(str(receipt["total"])) - Decimal(str(receipt["points"]))
        if abs(Decimal(str(due.get("cash") or 0)) - paid) >= CENT:
            text = f"the programme makes {due.get('cash')} to pay of it, and {paid:.2f} were paid: UDS discounts what the shop did not"
            raise Rejected(text, code="paid_otherwise", field="items")
        receipt |= {"cash": float(due["cash"]), "number": number_of(write)}
        answer = self.api.send(
            "operations",
            {
                "nonce": str(uuid.uuid5(SPACE, write.key)),
                "participant": who,
                "receipt": receipt,
                "cashier": {"externalId": "sverka", "name": "Sverka"},
            },
        )
        return _made(answer)

    def calculated(self, who: Mapping[str, Json], receipt: Mapping[str, Json]) -> Row:
        """The service's own figures; of a phone that it does not know, those of a new customer."""
        try:
            return dict(self.api.calculate({"participant": who, "receipt": receipt})["purchase"])
        except Missing:
            return {"cash": receipt["total"], "maxPoints": 0.0, "cashBack": 0.0}

    def who(self, write: Write) -> Row:
        """How the service knows the buyer: the number that the write names, else the first of the record's phones that is known there, else its
        first phone, under which a sale makes a new customer. Raises Rejected, Missing."""
        if ident := write.data.get("customer"):
            return participant(self.api.get(f"customers/{ident}"))
        phones = [str(one["number"]) for one in (write.about.get("customer") or {}).get("phones") or () if not one.get("invalid")]
        if not phones:
            raise Rejected("UDS knows buyers by phone, and this customer has none", code="no_phone", field="customer")
        for phone in phones:
            try:
                return participant(self.api.get("customers/find", phone=phone)["user"])
            except Missing:
                continue
        return {"phone": phones[0]}

    def _refund(self, write: Write) -> str:
        """So many roubles of the sale; points go back in the service's own proportion, which knows no lines."""
        return _made(self.api.send(f"operations/{write.data['sale']}/refund", {"partialAmount": float(total_of(write))}))

    def _release(self, write: Write) -> str:
        """Nothing is held there, so that there is nothing to let go of."""
        return f"{RELEASED}{write.key}"

    def found(self, writes: Sequence[Write]) -> list[Remote]:
        """What these facts, whose answers were lost, may have made. Of two refunds of one sale and sum, one that another fact has is known already."""
        asked = [write for write in writes if write.data["kind"] != RELEASE]
        if not asked:
            return []
        rows = list(newest(self.api, since=min(before(write.data["date"]) for write in asked)))
        return [
            Remote(str(row["id"]), {**write.data, "id": str(row["id"]), CREATED_FOR: write.key}, "fetch")
            for write in asked
            for row in rows
            if _is_of(row, write)
        ]

    def sold(self, keys: Sequence[str], now: datetime) -> list[Remote]:
        """Sales of the last days that bear the ends of these keys."""
        rows = list(newest(self.api, since=(now - LATELY).isoformat())) if keys else []
        return [
            Remote(str(row["id"]), {"id": str(row["id"]), "kind": PURCHASE, CREATED_FOR: key}, "fetch")
            for key in keys
            for row in rows
            if row.get("state") != REFUND and _bears(row, key)
        ]

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        """Operations that exist."""
        found = []
        for ident in ids:
            if ident.startswith(RELEASED):
                found.append(Remote(ident, {"id": ident, "kind": RELEASE}, "fetch"))
                continue
            try:
                row = self.api.get(f"operations/{ident}")
            except Missing:
                continue
            kind = "return" if row.get("state") == REFUND else PURCHASE
            found.append(Remote(str(row["id"]), {"id": str(row["id"]), "kind": kind}, "fetch"))
        return found

    def foreign(self, writes: Sequence[Write]) -> Iterator[Posting]:
        """Sales that seem to be these purchases and that the hub did not post: under the order's number, or of the same sum at the same time."""
        if not writes:
            return
        rows = list(newest(self.api, since=min(before(write.data["date"]) for write in writes)))
        for write in writes:
            plain = str(write.data.get("number") or "")
            for row in rows:
                near = apart(row.get("dateCreated"), write.data["date"])
                same = abs(Decimal(str(row.get("total") or 0)) - total_of(write)) <= 1 and near <= SAME_RECEIPT
                if row.get("state") == REFUND or not same or _is_of(row, write) or row.get("cashier", {}).get("displayName") == "Sverka":
                    continue
                if near <= QUICK or (plain and plain == str(row.get("receiptNumber") or "")):
                    made = str(row.get("dateCreated"))[:16].replace("T", " ")
                    yield Posting(write.key, str(row["id"]), f"№ {row['id']}, {row.get('total')} ₽, {made}")


def participant(user: Mapping[str, Json]) -> Row:
    """How a customer is named in an operation: by the app's id, else by phone."""
    return {"uid": user["uid"]} if user.get("uid") else {"phone": user.get("phone")}


def total_of(write: Write) -> Decimal:
    """Roubles of all lines."""
    return sum((Decimal(str(item["sum"])) for item in write.data.get("items") or ()), Decimal(0))


def number_of(write: Write) -> str:
    """The order's number and the end of the hub's key: the only words of a sale that come back."""
    return f"{write.data.get('number') or ''} {write.key[-TAIL:]}".strip()


def before(moment: Json) -> str:
    return (datetime.fromisoformat(aware(moment)) - BEFORE).isoformat()


def _is_of(row: Mapping[str, Json], write: Write) -> bool:
    """Whether an operation is the one that a fact would make."""
    if write.data["kind"] == PURCHASE:
        return row.get("state") != REFUND and _bears(row, write.key)
    origin = str((row.get("origin") or {}).get("id") or "")
    return row.get("state") == REFUND and origin == str(write.data["sale"]) and abs(Decimal(str(row.get("total") or 0))) == total_of(write)


def _bears(row: Mapping[str, Json], key: str) -> bool:
    return str(row.get("receiptNumber") or "").split()[-1:] == [key[-TAIL:]]


def _made(answer: Json) -> str:
    if not isinstance(answer, dict) or not answer.get("id"):
        raise Unknown("the answer does not show the operation")
    return str(answer["id"])
