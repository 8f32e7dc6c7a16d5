"""The first load by a command: whether the hub runs and does it itself, and what a load that was killed leaves to the next one."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from werkzeug.serving import make_server

from hub import backfill
from hub.backfill import running
from hub.storage import inbox
from hub.sync.intake import LEASE
from hub.sync.poll import poll
from hub.web.app import create_app
from tests.scenarios.shop import opened


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


def briefly(_: float) -> None:
    time.sleep(0.02)


def test_a_load_waits_for_what_a_killed_one_had_in_hand(tmp_path):
    """It used to end as "not finished", with nothing named to mend, for as long as the dead claim lasted."""
    with opened(tmp_path) as shop:
        shop.sklad(
            "POST", "counterparty", [{"name": f"Иван {n}", "phone": f"+7903555010{n}", "companyType": "individual"} for n in range(3)]
        )
        shop.poll()
        with shop.hub.store.intake() as at:
            assert inbox.claim_kept(at, "sklad", "counterparty", limit=2, lease=LEASE, now=shop.hub.clock()), "the killed one"
        chosen = backfill.places(shop.hub)
        loader = backfill.Loader(shop.hub, chosen)
        loader.start()
        try:
            assert not backfill.watch(shop.hub, chosen, iter([*[True] * 20, False]).__next__, lambda *_: None, briefly)
            assert loader.alive, "it waits"
            shop.clock.skip(LEASE + 1)
            assert backfill.watch(shop.hub, chosen, lambda: loader.alive, lambda *_: None, briefly)
        finally:
            loader.stop()


def test_progress_counts_each_object_once_and_knows_how_many_there_are(tmp_path):
    """MoySklad's pages overlap, and tell the size of what is left; Bitrix24 tells it on the first page alone."""
    with opened(tmp_path, crm=True) as shop:
        people = [{"name": f"Иван {n}", "phone": f"+790355{n:05}", "companyType": "individual"} for n in range(230)]
        shop.sklad("POST", "counterparty", people)
        many = {f"c{n}": f"crm.contact.add?fields[NAME]=Пётр {n}" for n in range(50)}
        for _ in range(3):
            shop.crm("batch", halt=0, cmd=many)
        for system, resource, known in (("sklad", "counterparty", 230), ("crm", "contact", 150)):
            poll(shop.hub, system, resource)
            (row,), _ = backfill.progress(shop.hub, [(system, resource)])
            assert (row.objects, row.total) == (known, known), system
