"""Filling the shop, and users editing it; everything goes into the journal."""

from __future__ import annotations

import random
import time
from typing import Any

from sandbox.judge import people
from sandbox.judge.clients import Api

Journal = dict[str, Any]
CUSTOMER_EDITS = ("last_name", "middle_name", "city", "street", "postcode", "comment", "birthday")
META = {"middle_name": "middle_name", "comment": "note", "birthday": "birthday"}
SKLAD = {"last_name": "legalLastName", "middle_name": "legalMiddleName", "comment": "description"}
ADDRESS = {"city": ("city", "city"), "street": ("street", "address_1"), "postcode": ("postalCode", "postcode")}


def fill(sklad: Api, site: Api, *, seed: int, customers: int, orders: int) -> Journal:
    """Everybody and everything, in the vendors' batches. Limits are off meanwhile: a shop was not typed in one minute."""
    rng = random.Random(seed)
    for api in (sklad, site):
        api.control("limits", {"enforce": False})
    made = [people.person(rng, n) for n in range(1, customers + 1)]
    for i, one in enumerate(made[1:], 1):
        if one["where"] != "both" and rng.random() < 0.03 and made[i - 1]["first_name"] != one["first_name"]:
            one["phone"] = made[i - 1]["phone"]
            one["dirt"].append("family")
    nobody = sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
    here = [p for p in made if p["where"] in ("sklad", "both")]
    for start in range(0, len(here), 500):
        part = here[start : start + 500]
        rows = sklad("POST", "counterparty", [people.as_counterparty(p, people.spelled(rng, p)) for p in part])
        for one, row in zip(part, rows, strict=True):
            one["sklad"] = row["id"]
    twins = [p for p in here if "twin" in p["dirt"]]
    for start in range(0, len(twins), 500):
        part = twins[start : start + 500]
        bodies = [people.as_counterparty(p, people.spelled(rng, p)) | {"email": None} for p in part]
        for one, row in zip(part, sklad("POST", "counterparty", bodies), strict=True):
            one["twin"] = row["id"]
    there = [p for p in made if p["where"] in ("site", "both")]
    for start in range(0, len(there), 100):
        part = there[start : start + 100]
        answer = site("POST", "customers/batch", {"create": [people.as_customer(p, people.spelled(rng, p)) for p in part]})
        for one, row in zip(part, answer["create"], strict=True):
            one["site"] = row["id"]
    journal: Journal = {"seed": seed, "people": made, "orders": [], "edits": [], "nobody": nobody["id"]}
    bodies = []
    for _ in range(orders):
        buyer = rng.choice(there) if there and rng.random() > 0.2 else None
        bodies.append(people.order(rng, buyer["site"] if buyer else 0, buyer))
    for start in range(0, len(bodies), 100):
        answer = site("POST", "orders/batch", {"create": bodies[start : start + 100]})
        journal["orders"] += [{"id": row["id"], "number": row["number"], "customer_id": row["customer_id"]} for row in answer["create"]]
    receipts(sklad, rng, journal, count=max(1, orders // 10))
    for api in (sklad, site):
        api.control("limits", {"enforce": True})
    return journal


def receipts(sklad: Api, rng: random.Random, journal: Journal, count: int) -> None:
    """Receipts of the till: six in ten name nobody."""
    shift, goods = sklad("GET", "retailshift")["rows"][0], sklad("GET", "product")["rows"]
    known = [p["sklad"] for p in journal["people"] if p.get("sklad")]
    bodies = []
    for _ in range(count):
        agent = journal["nobody"] if rng.random() < 0.6 or not known else rng.choice(known)
        href = shift["meta"]["href"].split("/entity/")[0] + f"/entity/counterparty/{agent}"
        lines = [{"quantity": 1, "price": g["salePrices"][0]["value"], "assortment": {"meta": g["meta"]}} for g in rng.sample(goods, 2)]
        meta = {"href": href, "type": "counterparty", "mediaType": "application/json"}
        bodies.append({"retailShift": {"meta": shift["meta"]}, "agent": {"meta": meta}, "positions": lines})
    for start in range(0, len(bodies), 500):
        sklad("POST", "retaildemand", bodies[start : start + 500])


def edit(sklad: Api, site: Api, journal: Journal, rng: random.Random, pause: float) -> None:
    """One edit by a random user in a random system, through the vendor's API."""
    if journal["orders"] and rng.random() < 0.3:
        _edit_order(site, journal, rng)
    else:
        _edit_person(sklad, site, journal, rng)
    time.sleep(pause)


def _edit_person(sklad: Api, site: Api, journal: Journal, rng: random.Random) -> None:
    one = rng.choice(journal["people"])
    where = rng.choice([s for s in ("sklad", "site") if one.get(s)])
    field = rng.choice(CUSTOMER_EDITS)
    value = _value(rng, field)
    if where == "sklad":
        if field in ADDRESS:
            now = sklad("GET", f"counterparty/{one['sklad']}").get("actualAddressFull") or {}
            body: dict[str, Any] = {"actualAddressFull": now | {ADDRESS[field][0]: value}}
        elif field == "birthday":
            body = {"birthDate": f"{value} 00:00:00"}
        else:
            body = {SKLAD[field]: value}
        sklad("PUT", f"counterparty/{one['sklad']}", body)
    elif field in ADDRESS:
        site("PUT", f"customers/{one['site']}", {"billing": {ADDRESS[field][1]: value}})
    elif field in META:
        site("PUT", f"customers/{one['site']}", {"meta_data": [{"key": META[field], "value": value}]})
    else:
        site("PUT", f"customers/{one['site']}", {field: value})
    journal["edits"].append({"kind": "customer", "who": one["number"], "system": where, "field": field, "value": value, "at": time.time()})


def _value(rng: random.Random, field: str) -> str:
    if field == "birthday":
        return f"{rng.randrange(1950, 2006)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    if field == "postcode":
        return f"45{rng.randrange(0, 9999):04d}"
    base = {"last_name": "Новикова", "middle_name": "Олеговна", "city": "Уфа", "street": "Чернышевского", "comment": "Перезвонить"}[field]
    return f"{base} {rng.randrange(1, 10**6)}"


def _edit_order(site: Api, journal: Journal, rng: random.Random) -> None:
    chosen = rng.choice(journal["orders"])
    row = site("GET", f"orders/{chosen['id']}")
    field = rng.choice(["status", "comment", "lines"])
    if field == "status":
        value: Any = rng.choice(people.STATUSES)
        site("PUT", f"orders/{chosen['id']}", {"status": value})
    elif field == "comment":
        value = f"Позвонить {rng.randrange(1, 10**6)}"
        site("PUT", f"orders/{chosen['id']}", {"customer_note": value})
    else:
        line, quantity = rng.choice(row["line_items"]), rng.randrange(1, 6)
        price = float(line["subtotal"]) / float(line["quantity"])
        value = quantity
        change = {"id": line["id"], "quantity": quantity, "subtotal": f"{price * quantity:.2f}", "total": f"{price * quantity:.2f}"}
        site("PUT", f"orders/{chosen['id']}", {"line_items": [change]})
    journal["edits"].append({"kind": "order", "who": chosen["number"], "system": "site", "field": field, "value": value, "at": time.time()})
