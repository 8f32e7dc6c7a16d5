"""Does the hub run? Several installations may share a machine: one that answers at our port is not ours for that."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from werkzeug.serving import make_server

from hub.backfill import running
from hub.web.app import create_app
from tests.faces.shop import stocked


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with stocked(tmp_path_factory.mktemp("loading")) as shop:
        yield shop


def test_only_our_own_installation_at_our_port_is_the_hub(shop):
    own = shop.hub.settings
    assert not running(shop.hub), "nobody answers at the port"
    server = make_server("127.0.0.1", 0, create_app(shop.hub), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        shop.hub.settings = replace(own, port=server.server_port)
        assert running(shop.hub)
        other = replace(shop.hub, settings=replace(shop.hub.settings, secret_key="of another installation"))
        assert not running(other)
    finally:
        shop.hub.settings = own
        server.shutdown()
        thread.join()
