"""An independent client, `cloudpayments`, against the stand-in: its code unchanged, its address by its attribute. It asks for every field of a
transaction by its name: an answer that lacks one fails here."""

from __future__ import annotations

from decimal import Decimal

import pytest
import requests
from cloudpayments import CloudPayments
from cloudpayments.errors import CloudPaymentsError

from sandbox.cloudpayments.app import PUBLIC_ID, SECRET, Cloudpayments
from sandbox.frame.server import running


@pytest.fixture
def acquirer():
    with running(Cloudpayments()) as url:
        client = CloudPayments(PUBLIC_ID, SECRET)
        client.URL = f"{url}/"
        yield client


def paid(client, **more):
    body = {"invoice": "A-1007", "amount": "1490.50", **more}
    return requests.post(f"{client.URL}_sandbox/pay", json=body, timeout=5).json()["TransactionId"]


def test_a_payment_is_found_by_its_order_and_by_its_number(acquirer):
    acquirer.test()
    number = paid(acquirer, status="Authorized")
    held = acquirer.find_payment("A-1007")
    assert (held.id, held.amount, held.status, held.confirm_date) == (number, Decimal("1490.5"), "Authorized", None)
    acquirer.confirm_payment(number, 1490.5)
    done = acquirer.get_transaction(number)
    assert (done.status, done.invoice_id, done.test_mode) == ("Completed", "A-1007", False) and done.confirm_date >= done.created_date
    with pytest.raises(CloudPaymentsError, match="Not found"):
        acquirer.find_payment("A-1008")


def test_a_refund_said_twice_under_one_id_is_one(acquirer):
    number = paid(acquirer)
    first, again = (acquirer.refund(number, 500, request_id="back-1") for _ in range(2))
    assert first == again != number
    with pytest.raises(CloudPaymentsError):
        acquirer.refund(number, 5000)


def test_a_hold_is_let_go(acquirer):
    number = paid(acquirer, status="Authorized")
    acquirer.void_payment(number)
    assert acquirer.get_transaction(number).status == "Cancelled"
