"""The pictures of README and documents, taken anew from a demo shop: ``make screenshots``. Needs a Chromium on the PATH."""

from __future__ import annotations

import secrets
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page, sync_playwright

from hub.app import Hub
from hub.demo.quiet import Quiet
from hub.demo.stage import SECRETS, Play, Stage, free_port
from hub.storage import alerts, views
from hub.storage.accounts import set_user
from hub.systems import checks

DOCS = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST = 180.0  # seconds that the shop may take to agree
DESKTOP, PHONE = (1280, 800), (390, 844)
PAGES = (
    ("overview", "/"),
    ("problems", "/problems"),
    ("queue", "/queue"),
    ("directories", "/directories"),
    ("duplicates", "/duplicates"),
    ("conflicts", "/conflicts"),
    ("check", "/check"),
    ("systems", "/systems"),
    ("plan", "/plan"),
)
STORM = 30  # people whose surname is emptied at the end, for the pictures of what a brake holds back
HELD = (("brakes", "/brakes"), ("alerts", "/alerts"))
ASKED = {"comment": {"kind": "ask"}}


def main() -> None:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        sys.exit("no Chromium on the PATH: install Debian's chromium")
    with Stage(Play(seed=5, customers=60, orders=60, dirt=3.0)) as stage:
        stage.open_sandbox()
        stage.fill()
        disagree(stage)
        stage.raw["policies"]["customer"] = stage.raw["policies"].get("customer", {}) | ASKED
        stage.configure(free_port(8765))
        hub = stage.open_hub()
        assert stage.supervisor is not None
        Quiet(hub, stage.supervisor).wait(LONGEST, agreeing=True)
        password = secrets.token_urlsafe(9)
        with hub.store.write() as at:
            set_user(at, "demo", password, "admin")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            for system in hub.settings.systems:
                checks.check(hub, system, actor="demo")
            take(browser, hub, password, (*PAGES, ("record", f"/records/{told(hub)}")))
            storm(stage)
            wait_for_alert(hub)
            take(browser, hub, password, HELD)
            browser.close()


def disagree(stage: Stage) -> None:
    """Three people of whom two systems say different things, each with a relative under the same phone: for duplicates and conflicts."""
    people, users = list[dict[str, object]](), list[dict[str, object]]()
    for number, surname in enumerate(("Дольская", "Ким", "Юнусова")):
        phone = f"+7912347123{number}"
        person = {"legalLastName": surname, "phone": phone, "companyType": "individual"}
        people.append(person | {"name": f"{surname} Мария", "legalFirstName": "Мария", "description": "Не звонить"})
        people.append(person | {"name": f"{surname} Софья", "legalFirstName": "Софья"})
        user = {"email": f"maria{number}@example.ru", "first_name": "Мария", "last_name": surname, "billing": {"phone": phone}}
        users.append(user | {"meta_data": [{"key": "note", "value": "Звонить вечером"}]})
    token, keys = {"Authorization": f"Bearer {SECRETS['moysklad']['token']}"}, tuple(SECRETS["woocommerce"].values())
    requests.post(f"{stage.urls['sklad']}/api/remap/1.2/entity/counterparty", json=people, headers=token, timeout=10).raise_for_status()
    for user in users:
        requests.post(f"{stage.urls['site']}/wp-json/wc/v3/customers", json=user, auth=(keys[0], keys[1]), timeout=10).raise_for_status()


def storm(stage: Stage) -> None:
    """A person of the warehouse empties the surnames of many people."""
    url, token = f"{stage.urls['sklad']}/api/remap/1.2/entity/counterparty", {"Authorization": f"Bearer {SECRETS['moysklad']['token']}"}
    rows = requests.get(url, headers=token, params={"limit": "100"}, timeout=10).json()["rows"]
    emptied = [{"meta": row["meta"], "legalLastName": ""} for row in rows if row.get("legalLastName")][:STORM]
    requests.post(url, json=emptied, headers=token, timeout=10).raise_for_status()


def wait_for_alert(hub: Hub) -> None:
    """Until the brake is on and is told as an alert."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        with hub.store.read() as at:
            if alerts.listed(at, closed=0):
                return
        time.sleep(0.5)


def take(browser: Browser, hub: Hub, password: str, pages: Sequence[tuple[str, str]]) -> None:
    """Pictures of these pages, in Russian as the shop sees them."""
    for size, suffix in ((DESKTOP, ""), (PHONE, "-phone")):
        page = sign_in(browser, hub, password, size)
        for name, address in pages:
            page.goto(address)
            page.screenshot(path=DOCS / f"{name}{suffix}.png", full_page=size == DESKTOP and name == "overview")


def sign_in(browser: Browser, hub: Hub, password: str, size: tuple[int, int]) -> Page:
    page = browser.new_page(
        base_url=f"http://127.0.0.1:{hub.settings.port}", locale="ru-RU", viewport={"width": size[0], "height": size[1]}
    )
    page.goto("/login")
    page.fill("#user", "demo")
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_url("**/")
    return page


def told(hub: Hub) -> str:
    """A record with something to tell: an order that failed in one system, else any order."""
    with hub.store.read() as at:
        rows = views.queue(at, state="dead", entity="order", limit=1) or views.queue(at, entity="order", limit=1)
    return str(rows[0]["record_id"])


if __name__ == "__main__":
    main()
