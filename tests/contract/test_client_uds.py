"""An independent client, async-uds-api, against the stand-in: its code unchanged, its address set by its own argument; what it reads it checks by types."""

from __future__ import annotations

import pytest

from sandbox.frame.server import running
from sandbox.uds.app import COMPANY, KEY, Uds
from tests.contract.apart import finished

library = pytest.importorskip("async_uds_api", reason="requirements/clients.lock is not installed")
from async_uds_api import models  # noqa: E402
from async_uds_api.errors import UDSBadRequestError, UDSNotFoundError, UDSUnauthorizedError  # noqa: E402


@pytest.fixture
def connected():
    """The stand-in, and what runs a conversation of the client with it."""
    app = Uds()
    app.company.join("+79035550101", "Ирина Орлова", points=420, gender="FEMALE", birth="1991-04-17")
    with running(app) as url:

        def run(talk, key=KEY):
            async def whole():
                async with library.UDSClient(COMPANY, key, base_url=f"{url}/partner/v2", retries=1, timeout=5) as client:
                    return await talk(client)

            return finished(whole())

        yield app, run


def sale(total, points, nonce):
    receipt = models.CreateOperationReceipt(total=total, cash=total - points, points=points, number="100204")
    who = models.CreateOperationParticipant(phone="+79035550101")
    cashier = models.CashierInput(external_id="hub1", name="Site")
    return models.CreateOperation(participant=who, nonce=nonce, cashier=cashier, receipt=receipt)


def test_members_and_settings_are_read_by_its_types(connected):
    app, run = connected
    for n in range(60):
        app.company.join(f"+7926000{n:04d}")

    async def talk(client):
        told = await client.settings.get()
        found = await client.customers.find(phone="+79035550101", total=3000)
        everybody = [row async for row in client.customers.iter_all()]
        await client.customers.set_tags(found.user.participant.id, [4, 9])
        tags = await client.customers.get_tags(found.user.participant.id)
        return told, found, everybody, tags

    told, found, everybody, tags = run(talk)
    assert (told.base_discount_policy.value, told.purchase_by_phone, told.use_points_by_phone) == ("CHARGE_SCORES", True, True)
    assert (found.user.display_name, found.user.participant.points, found.purchase.max_points, found.purchase.cashback) == (
        "Ирина Орлова",
        420,
        420,
        150,
    )
    assert len({row.participant.id for row in everybody}) == 61 and [one.id for one in tags.rows] == [4, 9]


def test_a_purchase_a_refund_and_a_reward(connected):
    app, run = connected

    async def talk(client):
        asked = models.PurchaseCalcRequest(
            participant=models.PurchaseCalcRequestParticipant(phone="+79035550101"),
            receipt=models.PurchaseCalcRequestReceipt(total=3000, points=200),
        )
        due = (await client.operations.calc(asked)).purchase
        made = await client.operations.create(sale(3000, 200, "8f14e45f-ceea-467a-9a5c-2b1d7a10c0de"))
        again = await client.operations.create(sale(3000, 200, "8f14e45f-ceea-467a-9a5c-2b1d7a10c0de"))
        part = await client.operations.refund(made.id, models.RefundOperationRequest(partial_amount=1200))
        whole = await client.operations.refund(made.id)
        await client.operations.reward(models.RewardRequest(points=150, participants=[made.customer.id], silent=True))
        return due, made, again, part, whole, [one async for one in client.operations.iter_all()], await client.operations.get(made.id)

    due, made, again, part, whole, listed, now = run(talk)
    assert (due.cash, made.cash, made.points, made.receipt_number, again.id) == (2800, 2800, 140 - 200, "100204", made.id)
    assert (part.state.value, part.origin.id, part.total, whole.total, now.state.value) == ("REVERSAL", made.id, -1200, -1800, "CANCELED")
    assert [one.id for one in listed] == [whole.id, part.id, made.id]


def test_refusals_and_the_signature(connected):
    app, run = connected

    async def too_many(client):
        await client.operations.create(sale(3000, 421, "8f14e45f-ceea-467a-9a5c-2b1d7a10c0de"))

    async def nobody(client):
        await client.customers.find(phone="+79990000000")

    async def signed(client):
        headers = app.hooks.signed("2026-02-03T09:41:13Z")
        return client.verify_webhook_signature(headers["X-RequestId"], headers["X-Timestamp"], headers["X-Signature"])

    for talk, key, error in ((too_many, KEY, UDSBadRequestError), (nobody, KEY, UDSNotFoundError), (nobody, "other", UDSUnauthorizedError)):
        with pytest.raises(error):
            run(talk, key)
    assert run(signed)
