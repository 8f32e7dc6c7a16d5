"""Canaries: secrets and people planted in three systems, trouble between them and a hub of real processes, and then a look at everything that
the hub lets out. A secret is nowhere. A person is where the design says: in records, in values of the audit log, on pages of support."""

from __future__ import annotations

import html
import json
import re
import sys
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import unquote

import pytest
import requests
import yaml
from click.testing import CliRunner
from sqlalchemy import func, select

from hub.cli import main
from hub.language.shown import mask
from hub.storage import states
from hub.storage.accounts import set_user
from hub.storage.tables import delivery, record
from sandbox.bitrix24.app import Bitrix24
from sandbox.frame.server import running
from sandbox.moysklad.app import Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.processes import Installation
from tests.scenarios.shop import SECRETS, Shop
from tests.servers import wait_until

PASSWORD = "canary-password"
PLANTED = {
    "MOYSKLAD_WEBHOOK_SECRET": "canary-hook-sklad",
    "WOO_WEBHOOK_SECRET": "canary-hook-site",
    "BITRIX24_WEBHOOK_SECRET": "canary-hook-crm",
    "SVERKA_SECRET_KEY": "canary-key-of-the-sessions-0123456789",
    "SVERKA_API_KEY": "canary-key-of-the-api",
}
THEIRS = ("MOYSKLAD_", "WOO_", "BITRIX24_", "SVERKA_")  # of the systems of this shop; the client id is no secret
KEPT = {name: value for name, value in (SECRETS | PLANTED).items() if name.startswith(THEIRS) and name != "BITRIX24_CLIENT_ID"}
SECRET = (*KEPT.values(), PASSWORD)
# a form as people type it, then what the hub makes of it
PEOPLE = {
    "site": ("Канарейкина", "Жаннета", "zhanneta.kanareykina@example.ru", "8 (999) 431-27-55", "+79994312755"),
    "sklad": ("Щегловский", "Евлампий", "evlampiy.scheglovskiy@example.ru", "+7 999 652-18-33", "+79996521833"),
    "crm": ("Снегирёвская", "Аполлинария", "apollinariya.snegir@example.ru", "8-999-774-09-62", "+79997740962"),
    "twin": ("Зябликова", "Серафима", "serafima.zyablikova@example.ru", "8 (999) 431-27-55", "+79994312755"),
    "guest": ("Синицын", "Вольдемар", "voldemar.sinitsyn@example.ru", "8 999 815 66 20", "+79998156620"),
}
STREET = "Перепелиная"
PERSONAL = (*dict.fromkeys(value for person in PEOPLE.values() for value in person), STREET)
TROUBLE = [
    {"kind": "error", "rate": 0.1, "status": 502},
    {"kind": "html", "rate": 0.05},
    {"kind": "truncated", "rate": 0.1},
    {"kind": "warnings", "rate": 0.1},
    {"kind": "reset_after", "rate": 0.1, "match": "^(POST|PUT)"},
]
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
LINK = re.compile(r'(?:href|action|src)="(/[^"#]*)"')


class Let:
    """What the hub let out: where -> text. A page may write a character as an entity, an address as percents."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def add(self, where: str, text: str) -> None:
        self.texts[where] = f"{text}\n{html.unescape(text)}\n{unquote(text)}"

    def hold(self, values: tuple[str, ...]) -> list[tuple[str, str]]:
        """(where, which) of every value that stands anywhere."""
        return [(where, value) for where, text in self.texts.items() for value in values if value in text]


@pytest.fixture
def let_out(tmp_path):
    """The hub lived through trouble; its logs, exports, figures, answers to strangers, and pages by role."""
    vendors = {"sklad": Moysklad(allow_loopback_webhooks=True), "site": Woocommerce(allow_loopback_webhooks=True), "crm": Bitrix24(allow_loopback_webhooks=True, allow_http=True)}  # fmt: skip
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("SVERKA_API_KEY", KEPT["SVERKA_API_KEY"])
        for name in ("sklad", "crm"):
            vendors[name].limits.enforce = False
        urls = {name: stack.enter_context(running(vendor)) for name, vendor in vendors.items()}
        installation = stack.enter_context(
            Installation(tmp_path, urls, KEPT | {"SVERKA_LOG": "debug", "SVERKA_WORKERS": "1"}, limits="none")
        )
        raw = yaml.safe_load(installation.config.read_text())
        raw["web"]["api_key"] = {"env": "SVERKA_API_KEY"}
        installation.config.write_text(yaml.safe_dump(raw, allow_unicode=True))
        hub = installation.hub()
        stack.callback(hub.store.dispose)
        with hub.store.write() as at:
            for system in urls:
                states.set_values(at, system, hushed="owner")
            for role in ("viewer", "support", "admin"):
                set_user(at, role, PASSWORD, role)
        plant(Shop(hub, urls, vendors))
        faults(urls, TROUBLE)
        installation.start("up", [sys.executable, "-m", "hub", "up", "--config", str(installation.config)])
        installation.wait_for_web()
        edits(urls["sklad"])
        log = installation.folder / "up.log"
        wait_until(lambda: troubled(hub) and "poll.failed" in log.read_text(), 60, "trouble to be met")
        yield everything(installation, urls)


def plant(shop: Shop) -> None:
    """A person in each system, two with one phone, a guest whose order names goods that nobody has."""
    last, first, email, phone, _ = PEOPLE["site"]
    shop.site(
        "POST", "customers", {"email": email, "first_name": first, "last_name": last, "billing": {"phone": phone, "address_1": STREET}}
    )
    for name in ("sklad", "twin"):
        last, first, email, phone, _ = PEOPLE[name]
        body = {"name": f"{last} {first}", "companyType": "individual", "legalLastName": last, "legalFirstName": first, "email": email}
        shop.sklad("POST", "counterparty", body | {"phone": phone, "description": f"{STREET}, спросить: {first}"})
    last, first, email, phone, _ = PEOPLE["crm"]
    fm = [{"typeId": "PHONE", "valueType": "WORK", "value": phone}, {"typeId": "EMAIL", "valueType": "WORK", "value": email}]
    shop.crm("crm.item.add", entityTypeId=3, fields={"name": first, "lastName": last, "fm": fm})
    goods = shop.site_app.shop.next("products")
    shop.site_app.shop.keep("products", {"id": goods, "name": "Новинка", "sku": "NEW-1", "price": "100", "type": "simple"})
    last, first, email, phone, _ = PEOPLE["guest"]
    billing = {"first_name": first, "last_name": last, "email": email, "phone": phone, "address_1": STREET}
    shop.site("POST", "orders", {"status": "processing", "billing": billing, "line_items": [{"sku": "NEW-1", "quantity": 1}]})


def faults(urls: dict[str, str], rules: list[dict[str, Any]]) -> None:
    for url in urls.values():
        requests.post(f"{url}/_sandbox/faults", json=rules, timeout=5).raise_for_status()


def edits(url: str) -> None:
    """People whom other systems cannot hold as they are; whose own requests meet trouble is of no matter."""
    last, first, _, phone, _ = PEOPLE["sklad"]
    for number in range(4):
        person = {"name": f"{last} {number}", "companyType": "individual", "legalLastName": last, "phone": f"{phone} муж {first} {number}"}
        with suppress(requests.RequestException):
            headers = {"Authorization": f"Bearer {KEPT['MOYSKLAD_TOKEN']}"}
            requests.post(f"{url}/api/remap/1.2/entity/counterparty", json=person | {"email": "не почта"}, headers=headers, timeout=5)


def troubled(hub) -> bool:
    """Whether everybody was read, attempts failed, and others succeeded."""
    with hub.store.read() as at:
        failed = at.execute(select(func.count()).where(delivery.c.error_text != "")).scalar()
        done = at.execute(select(func.count()).where(delivery.c.state == "done")).scalar()
        read = str(at.execute(select(record.c.data)).scalars().all())
    return bool(failed and done > 4 and all(phone in read for *_, phone in PEOPLE.values()))


def everything(installation: Installation, urls: dict[str, str]) -> dict[str, Let]:
    found = {name: Let() for name in ("open", "export", "viewer", "support", "admin", "commands")}
    strangers(installation, found["open"])
    for role in ("viewer", "support", "admin"):
        crawl(installation, role, found[role])
    installation.stop()
    faults(urls, [{"kind": "error", "status": 401, "match": "crm"}])
    found["export"].add("rows", run(installation, "audit", "export", "--without-values"))
    for words in (["audit", "export"], ["check"], ["doctor"], ["queue", "list"], ["queue", "list", "--json"], ["plan"]):
        found["commands"].add(" ".join(words), run(installation, *words))
    found["open"].add("up.log", (installation.folder / "up.log").read_text())
    return found


def run(installation: Installation, *words: str) -> str:
    result = CliRunner().invoke(main, list(words), env=installation.env)
    assert result.exit_code in (0, 1) and (result.exception is None or isinstance(result.exception, SystemExit)), result.output
    return result.output


def strangers(installation: Installation, let: Let) -> None:
    """What is told to who is not signed in: figures, errors, refusals of webhooks and of the API."""
    phone = PEOPLE["guest"][4]
    for path in ("/metrics", "/ready", "/health", "/login", "/nothing", "/records/nothing", "/api/v1/openapi.json"):
        let.add(path, requests.get(installation.url + path, timeout=10).text)
    surprise = (
        json.dumps({"name": PEOPLE["guest"][:2], "phone": phone})[:-1] + ', "events": ' + "[" * 10_000
    )  # nobody reads as deep as that
    for path, body in (("/webhooks/sklad/canary-hook-sklad?requestId=2", surprise.encode()), ("/webhooks/sklad/canary-wrong", b"{"), ("/webhooks/sklad/canary-hook-sklad?requestId=1", b"{"), ("/webhooks/site/canary-hook-site", b"[]"), ("/webhooks/crm/canary-hook-crm", b"\xff")):  # fmt: skip
        let.add(f"{path.rpartition('/')[0]} {body!r}"[:30], requests.post(installation.url + path, data=body, timeout=10).text)
    for key in ("wrong", KEPT["SVERKA_API_KEY"]):
        headers = {"Authorization": f"Bearer {key}"}
        answer = requests.post(f"{installation.url}/api/v1/points/balance", json={"phone": phone}, headers=headers, timeout=10)
        let.add(f"balance {key}"[:10], answer.text)


def crawl(installation: Installation, role: str, let: Let) -> None:
    """Every page that can be reached by links."""
    with requests.Session() as session:
        token = TOKEN.search(session.get(f"{installation.url}/login", timeout=10).text).group(1)
        session.post(f"{installation.url}/login", data={"user": role, "password": PASSWORD, "csrf_token": token}, timeout=10)
        queue = ["/", "/plan.csv", "/directories.csv", "/queue?state=any", "/search?q=431-27-55"]
        seen: set[str] = set()
        while queue and len(seen) < 80:
            path = html.unescape(queue.pop(0))
            if path in seen or path.startswith(("/static", "/bootstrap", "/logout", "/language")):
                continue
            seen.add(path)
            answer = session.get(installation.url + path, timeout=20)
            if answer.status_code == 405:  # the address of a form
                continue
            let.add(path, answer.text.replace("431-27-55", "") if path.startswith("/search") else answer.text)
            queue += [link for link in LINK.findall(answer.text) if link not in seen]


def test_a_hub_in_trouble_lets_out_no_secret_and_nobody(let_out):
    """One test, so that the trouble is lived through once. First that the canaries are there, else the rest would prove nothing."""
    planted(let_out)
    leaks = {
        "a secret": [(name, *found) for name, let in let_out.items() for found in let.hold(SECRET)],
        "a person in logs, figures, answers to strangers": let_out["open"].hold(PERSONAL),
        "a person in rows of the audit log without values": let_out["export"].hold(PERSONAL),
        "a person in the audit log beside its values": beside_values(let_out["commands"].texts["audit export"]).hold(PERSONAL),
        "a person on a page of a viewer": let_out["viewer"].hold(PERSONAL),
    }
    assert {what: found for what, found in leaks.items() if found} == {}


def planted(let_out: dict[str, Let]) -> None:
    """Support reads of people, their values are in the audit log, a viewer reads of the same people, and the log has tracebacks."""
    held = {value for _, value in let_out["support"].hold(PERSONAL)}
    assert {PEOPLE["site"][0], PEOPLE["site"][4], PEOPLE["sklad"][2], PEOPLE["guest"][0]} <= held
    assert PEOPLE["site"][2] in {value for _, value in let_out["commands"].hold(PERSONAL)}
    assert len(let_out["viewer"].texts) > 25 and "/metrics" in let_out["open"].texts
    assert let_out["viewer"].hold((mask(PEOPLE["site"][0]), mask(PEOPLE["sklad"][0])))
    log = let_out["open"].texts["up.log"]
    assert [word for word in ("poll.failed", "webhook.unreadable", "Traceback") if word not in log] == []


def beside_values(export: str) -> Let:
    """The rows of the audit log without what they say of before and after."""
    let = Let()
    for row in (json.loads(line) for line in export.splitlines() if line.startswith("{")):
        let.add(str(row.get("id")), json.dumps({k: v for k, v in row.items() if k not in ("before", "after")}, ensure_ascii=False))
    return let
