"""The pages of both advertising systems: their first section, followed word for word against the stand-ins, and the options that are used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

from sandbox.frame.server import running
from sandbox.mindbox.app import Mindbox
from sandbox.vk_ads.app import VkAds
from sandbox.yandex_audiences.app import YandexAudiences
from tests.contract.pages import Page

CDP = "127.0.0.1:8798"


PAGES = {
    "yandex_audiences": (Page("yandex_audiences", "127.0.0.1:8801"), YandexAudiences, 150),
    "vk_ads": (Page("vk_ads", "127.0.0.1:8802"), VkAds, 2000),
}


@pytest.mark.parametrize("vendor", PAGES)
def test_the_commands_of_the_first_section_do_what_it_says(vendor, tmp_path, monkeypatch):
    page, app, count = PAGES[vendor]
    monkeypatch.setenv("SVERKA_LANGUAGE", "en")
    with running(Mindbox()) as cdp, page.served(app(), tmp_path, monkeypatch) as address:
        config = tmp_path / "config.yaml"
        config.write_text(config.read_text().replace(f"http://{CDP}", cdp))
        assert page.commands[:2] == [
            f"python -m sandbox {vendor} --port {page.port.rpartition(':')[2]}",
            f"python -m sandbox mindbox --port {CDP.rpartition(':')[2]}",
        ]
        said = [page.follow(command.replace(f"http://{CDP}", cdp), address, monkeypatch) for command in page.commands[2:]]
        people = requests.get(f"{address}/_sandbox/people", timeout=5).json()
    assert "made and not uploaded" in said[5] and "the system works on it" in said[7]
    assert "ready" in said[-1] and len(people["Sverka: winback"]) == count


@pytest.mark.parametrize("vendor", PAGES)
def test_the_page_names_the_options_and_what_was_assumed(vendor):
    text, folder = PAGES[vendor][0].text, Path(__file__).parents[2] / "connectors" / vendor
    used = {name for path in folder.glob("*.py") for name in re.findall(r"""options\.get\(["'](\w+)["']""", path.read_text())}
    assert all(f"| `{name}` |" in text for name in used)
    assert "Unconfirmed" in text
