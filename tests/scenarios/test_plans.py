"""The cost of a record is the same among ten thousand and among millions: no statement of the daily work reads a whole table that grows.

SQLite's plans are asked for, without statistics: its planner then chooses by the indexes alone, and the same every time.
"""

from __future__ import annotations

import re
import sqlite3

from sqlalchemy import Engine, event

from hub.storage import records
from hub.sync.absorb import Absorber
from tests.scenarios.shop import opened
from tests.scenarios.test_three_systems import change, items, people, place

GROWING = ("inbox", "record", "match_key", "link", "audit", "audit_body", "delivery", "duplicate", "conflict", "lookup", "waiting", "field_problem", "parked")  # fmt: skip
WALKS = re.compile(rf"^SCAN ({'|'.join(GROWING)})\b|^SEARCH ({'|'.join(GROWING)}) USING .*\((system|entity|name|kind)=\?\)$")
FIGURES = {  # these read an index to its end on purpose: a figure for people, not the way of a change
    "SELECT count(*) AS count_1 FROM inbox",
    "SELECT delivery.system, delivery.entity, delivery.state, count(*)",
}


def spoken(work):
    """Statement -> parameters of everything that the hub asks of SQLite during ``work``."""
    found = {}

    def hear(connection, cursor, statement, parameters, context, many):
        if connection.dialect.name == "sqlite" and re.match(r"SELECT|UPDATE|DELETE|WITH", statement):
            key = " ".join(re.sub(r"\?(, \?)+", "?", statement).split())
            if key not in found:
                raw: sqlite3.Cursor = connection.connection.dbapi_connection.cursor()
                given = parameters[0] if many else parameters
                found[key] = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", given)]

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    return found


def match_keys(shop):
    """Records by the phone of the buyer, as a search finds them."""
    with shop.hub.store.read() as at:
        found = records.holders(at, "customer", [("phone", "+79031234567")], most=5)
    return {record_id for ids in found.values() for record_id in ids}


def test_no_statement_of_the_daily_work_reads_a_whole_table(tmp_path):
    with opened(tmp_path, crm=True, reference_wait=5.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})

        def day():
            place(shop, status="processing")
            shop.poll()
            shop.work()
            change(shop, 3, items(shop, 3)[0]["id"], name="Анастасия", UF_CRM_STORE="нет такого магазина")
            shop.site("PUT", f"orders/{shop.site('GET', 'orders')[0]['id']}", {"status": "completed"})
            shop.sklad("POST", "counterparty", {"name": "Анна", "phone": "8 903 123-45-67", "companyType": "individual"})
            shop.poll()
            shop.work()
            shop.sklad("PUT", f"counterparty/{people(shop)[0]['id']}", {"phone": "позвонить"})
            shop.poll()
            shop.work()
            Absorber(shop.hub).remerge(list(match_keys(shop)))
            shop.work()

        plans = spoken(day)
    walked = {sql: [step for step in steps if WALKS.match(step)] for sql, steps in plans.items()}
    bad = {sql: steps for sql, steps in walked.items() if steps and not any(sql.startswith(known) for known in FIGURES)}
    assert len(plans) > 40 and not bad, bad
