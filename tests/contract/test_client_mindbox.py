"""An independent client, mindbox-api-client, against the stand-in: its code unchanged, its address set by its own argument."""

from __future__ import annotations

import pytest

from sandbox.frame.server import running
from sandbox.mindbox.app import KEYS, SITE, Mindbox

client = pytest.importorskip("mindbox_api_client.client", reason="requirements/clients.lock is not installed")
PHONE = {"customer": {"mobilePhone": "79031234567"}}
LINE = {"lineNumber": 1, "quantity": 1, "basePricePerItem": 1500, "product": {"ids": {"website": "SV-007"}}}


@pytest.fixture
def connected():
    """The client of the site, in either mode."""
    app = Mindbox()
    with running(app) as url:
        yield (
            lambda mode="sync", key=KEYS[SITE]: (
                client.MindboxClient(f"{url}/v3/", SITE, key, operations_type=mode).operations.process_operation
            )
        )


def test_customers_and_orders(connected):
    ask = connected()
    made = ask("Website.RegisterCustomer", payload={"customer": {"mobilePhone": "79031234567", "firstName": "Анна"}})["customer"]
    assert (made["processingStatus"], made["mobilePhone"]) == ("Created", 79031234567)
    assert ask("Website.CheckCustomer", payload=PHONE)["customer"]["ids"] == made["ids"]
    order = {"ids": {"websiteOrderId": "5"}, "totalPrice": 1500, "lines": [LINE]}
    assert ask("Website.CreateAuthorizedOrder", payload=PHONE | {"order": order})["order"]["processingStatus"] == "Created"
    wrong = ask("Website.CreateAuthorizedOrder", payload=PHONE | {"order": order | {"totalPrice": 1}})
    assert (wrong["status"], wrong["order"]["processingStatus"]) == ("Success", "PriceHasBeenChanged")


def test_refusals_and_the_queue(connected):
    broken = {"customer": {"mobilePhone": "12"}}
    assert connected()("Website.RegisterCustomer", payload=broken)["status"] == "ValidationError"
    assert connected("async")("Website.RegisterCustomer", payload=broken) == {"status": "Success"}
    for key, operation, status in ((KEYS[SITE], "Website.NoSuch", 400), ("other", "Website.RegisterCustomer", 401)):
        with pytest.raises(Exception, match="ProtocolError") as caught:
            connected(key=key)(operation, payload=broken)
        assert (type(caught.value).__name__, caught.value.status_code) == ("MindboxAPIClientHTTPError", status)
