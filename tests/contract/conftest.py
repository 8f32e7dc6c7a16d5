import pytest

from sandbox.frame.server import running
from sandbox.mango.app import Mango
from sandbox.mindbox.app import Mindbox
from sandbox.onec.app import Onec
from sandbox.retailcrm.app import Retailcrm
from tests.contract.bitrix24_portal import Handler, served
from tests.contract.mango_pbx import Exchange
from tests.contract.mindbox_project import Project
from tests.contract.onec_place import Place
from tests.contract.retailcrm_account import Account
from tests.scenarios.exchange_shop import Door, catalogue, item


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


@pytest.fixture
def project():
    app = Mindbox(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Project(app, url)


@pytest.fixture
def place():
    app = Onec()
    with running(app) as url:
        yield Place(app, url)


@pytest.fixture
def pbx():
    app = Mango(allow_loopback_webhooks=True)
    with running(app) as url:
        yield Exchange(app, url)


@pytest.fixture
def retail():
    app = Retailcrm(allow_loopback_webhooks=True)
    app.limits.enforce = False
    with running(app) as url:
        yield Account(app, url)


@pytest.fixture
def door(store, tmp_path, monkeypatch):
    return Door(store, tmp_path, monkeypatch)


@pytest.fixture
def stocked(door):
    """1C has brought a mug."""
    door.enter()
    assert door.bring("import.xml", catalogue(item())) == "success"
    door.work()
    return door
