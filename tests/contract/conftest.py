import pytest

from tests.contract.bitrix24_portal import Handler, served


@pytest.fixture
def portal():
    with served() as portal:
        portal.vendor.limits.enforce = False
        yield portal


@pytest.fixture
def handler():
    handler = Handler()
    yield handler
    handler.close()
