"""A portal of thousands of items stays usable: filters by id, key, number, phone and time of change read few rows."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.bitrix24.collection import Collection
from sandbox.bitrix24.filters import Column
from sandbox.bitrix24.listing import select
from sandbox.bitrix24.params import Params

MANY = 20_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def collection():
    made = Collection(("ORIGIN_ID", "PHONE", "CONTACT_IDS"), stamp="DATE_MODIFY")
    for number in range(1, MANY + 1):
        phone = {"TYPE_ID": "PHONE", "VALUE": f"8 (9{number:09d}"}
        row = {
            "ID": number,
            "ORIGIN_ID": f"r{number}",
            "FM": [phone],
            "CONTACT_IDS": [number % 7, number],
            "DATE_MODIFY": BEGIN + timedelta(seconds=number),
        }
        made.put(row)
    return made


class Counted:
    """Finds columns, and counts the values that filters read."""

    def __init__(self):
        self.read = 0

    def __call__(self, name):
        kind = {"ID": "integer", "CONTACT_IDS": "link", "DATE_MODIFY": "datetime"}.get(name, "string")
        return Column(self._reader(name), kind, name)

    def _reader(self, name):
        def read(row):
            self.read += 1
            return [entry["VALUE"] for entry in row["FM"]] if name == "PHONE" else row[name]

        return read


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({"ID": 777}, [777], id="one id"),
        pytest.param({"@ID": [5, 777, 10**9]}, [5, 777], id="several ids"),
        pytest.param({">ID": 19_998}, [19_999, 20_000], id="ids after one"),
        pytest.param({">=ID": 10, "<ID": 12}, [10, 11], id="a range of ids"),
        pytest.param({"=ORIGIN_ID": "r42"}, [42], id="the key of another system"),
        pytest.param({"@ORIGIN_ID": ["r42", "none"], ">ID": 41}, [42], id="keys after an id"),
        pytest.param({"PHONE": "8 (9000000042"}, [42], id="a phone as it is written"),
        pytest.param({"CONTACT_IDS": 9_000}, [9_000], id="one of many links"),
        pytest.param({">DATE_MODIFY": (BEGIN + timedelta(seconds=MANY - 1)).isoformat()}, [MANY], id="changed after"),
        pytest.param(
            {">=DATE_MODIFY": (BEGIN + timedelta(seconds=MANY - 1)).isoformat(), ">ID": MANY - 1}, [MANY], id="changed since, after an id"
        ),
    ],
)
@pytest.mark.parametrize("start", [0, -1])
def test_indexed_filters_read_few_rows(collection, wanted, expected, start):
    find = Counted()
    rows = select(collection, Params({"filter": wanted, "order": {"ID": "ASC"}, "start": start}), find, True, {"ID": "ASC"})
    assert [row["ID"] for row in rows] == expected and find.read < 20


def test_a_page_that_nobody_counts_ends_with_its_fiftieth_row(collection):
    find = Counted()
    params = Params({"filter": {">ID": 1000, "!ORIGIN_ID": "r1001"}, "order": {"ID": "ASC"}, "start": -1})
    rows = select(collection, params, find, True, {"ID": "ASC"})
    assert [rows[0]["ID"], rows[-1]["ID"], len(rows)] == [1002, 1051, 50] and find.read == 2 * 51


def test_rows_move_and_go_in_every_index():
    held = Collection(("ORIGIN_ID", "PHONE"), stamp="DATE_MODIFY")
    for number in (1, 2):
        held.put({"ID": number, "ORIGIN_ID": "a", "FM": [{"TYPE_ID": "PHONE", "VALUE": "+79990000001"}], "DATE_MODIFY": BEGIN})
    held.put({**held.rows[1], "ORIGIN_ID": "b", "FM": [], "DATE_MODIFY": BEGIN + timedelta(hours=1)})
    assert (held.equal("ORIGIN_ID", "a"), held.equal("ORIGIN_ID", "b"), held.equal("PHONE", "89990000001")) == ({2}, {1}, {2})
    assert held.since(BEGIN + timedelta(minutes=1)) == [1] and held.since(BEGIN) == [1, 2]
    held.drop(2)
    assert (held.ids, held.since(BEGIN), held.equal("PHONE", "+79990000001"), held.next_id()) == ([1], [1], set(), 3)
