"""A small shop with one case of everything that people ask about: what the faces of the hub (commands, pages) are tested on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from hub.storage import brakes
from hub.storage.accounts import set_user
from hub.storage.tables import record
from hub.sync.scale import Example, Question
from tests.scenarios.shop import Shop, example, opened

PASSWORD = "long enough"
ROLES = ("viewer", "support", "admin")


@contextmanager
def stocked(folder: Path, **changes: Any) -> Iterator[Shop]:
    """Anna with a good order (``shop.good``) and one whose goods nobody knows (``shop.stuck``); Ivan, whom the site cannot hold."""
    with opened(folder, reference_wait=5.0, **changes) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        goods = shop.site_app.shop.next("products")
        shop.site_app.shop.keep("products", {"id": goods, "name": "Новинка", "sku": "NEW-1", "price": "100", "type": "simple"})
        anna = {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Седова", "billing": {"phone": "+79031234567"}}
        buyer = shop.site("POST", "customers", anna)
        shop.good = place(shop, buyer["id"], "SV-001")
        shop.stuck = place(shop, buyer["id"], "NEW-1")
        ivan = {"name": "Иван", "legalFirstName": "Иван", "legalLastName": "Петров", "phone": "8 (905) 111-22-33"}
        shop.sklad("POST", "counterparty", ivan | {"companyType": "individual"})
        shop.sync()
        with shop.hub.store.write() as at:
            for role in ROLES:
                set_user(at, role, PASSWORD, role)
        yield shop


def place(shop: Shop, buyer: int, sku: str) -> Any:
    body = {"customer_id": buyer, "status": "processing", "line_items": [{"sku": sku, "quantity": 2}]}
    return shop.site("POST", "orders", body)["number"]


def page_of(shop: Shop, number: str) -> str:
    """The page of the record with this number."""
    with shop.hub.store.read() as at:
        rows = at.execute(select(record.c.id, record.c.data)).all()
    return next(f"/records/{row.id}" for row in rows if row.data.get("number") == number)


def storm(shop: Shop, system: str = "sklad") -> str:
    """A question to a person, as a storm of emptied names would open it. Returns its id."""
    with shop.hub.store.write() as at:
        ident = at.execute(select(record.c.id).where(record.c.entity == "customer").limit(1)).scalar()
        change = Example(str(ident), "c-1", (("last_name", "Седова", ""),))
        question = Question(system, "customer", "in", "emptied", "last_name", 120, 100, 2000, sample=[change.as_data()])
        return brakes.ask(at, question.as_row(), now=shop.hub.clock())


def written(shop: Shop, folder: Path) -> Path:
    """The configuration file of this shop, for commands."""
    path = folder / "config.yaml"
    urls = {"sklad": shop.sklad_url, "site": shop.site_url}
    raw = example(urls) | {"folder": str(folder), "web": {"port": 0}}
    for system in raw["systems"].values():
        system["limits"] = "none"  # the stand-ins here keep none either
    path.write_text(yaml.safe_dump(raw, allow_unicode=True))
    return path


def families(shop: Shop, apart: int, nameless: int) -> None:
    """Pairs of customers with one phone: ``apart`` of them under two first names, ``nameless`` with the second's name not known."""
    people = []
    for number in range(apart + nameless):
        phone = f"+7912347{1234 + number}"
        first = {"name": f"Мария {number}", "legalFirstName": "Мария", "legalLastName": f"Дольская{number}", "phone": phone}
        second = {"name": f"Фёдор {number}", "legalFirstName": "Фёдор", "legalLastName": f"Дольский{number}", "phone": phone}
        unnamed = {"name": phone, "phone": phone}
        people += [first, second if number < apart else unnamed]
    shop.sklad("POST", "counterparty", [person | {"companyType": "individual"} for person in people])
    shop.sync()
