"""The inbox on both databases: hints collapse only into unclaimed ones, live rows go first, a lapsed claim is free again."""

from __future__ import annotations

import threading

import pytest

from hub.storage import inbox

NOW = 1_800_000_000.0


def row(ident="1", kind="hint", **more):
    base = {"system": "sklad", "resource": "counterparty", "external_id": ident, "kind": kind}
    return base | {"looked_at": NOW, "received_at": NOW, "due_at": NOW} | more


def put(store, *rows):
    with store.intake() as at:
        inbox.put(at, rows)


def claim(store, now=NOW, limit=100):
    with store.intake() as at:
        return inbox.claim(at, "sklad", limit=limit, lease=45.0, now=now)


def depth(store):
    with store.read_intake() as at:
        return inbox.depth(at)


def test_a_webhook_that_comes_twice_is_one_hint(store):
    put(store, row(), row(), row("2"))
    put(store, row())
    assert sorted(i.external_id for i in claim(store)) == ["1", "2"]


def test_a_hint_that_comes_while_its_twin_is_worked_on_is_kept(store):
    put(store, row())
    (first,) = claim(store)
    put(store, row())
    (second,) = claim(store)
    assert first.id != second.id, "the object may have changed after the first was fetched"


@pytest.mark.parametrize("kind", ["look", "fact"])
def test_what_carries_data_never_collapses(store, kind):
    put(store, row(kind=kind, data={"a": 1}), row(kind=kind, data={"a": 2}))
    assert [i.data for i in claim(store)] == [{"a": 1}, {"a": 2}]


def test_live_rows_go_before_backfills_and_old_before_new(store):
    put(store, row("load", priority=1, due_at=NOW - 50), row("new", due_at=NOW - 1), row("old", due_at=NOW - 9))
    assert [claim(store, limit=1)[0].external_id for _ in range(3)] == ["old", "new", "load"]


def test_a_killed_workers_claim_is_free_again_after_its_lease(store):
    put(store, row())
    assert len(claim(store)) == 1
    assert claim(store, NOW + 44) == []
    assert len(claim(store, NOW + 46)) == 1


def test_a_postponed_row_comes_back_later_with_its_try_counted(store):
    put(store, row())
    (item,) = claim(store)
    with store.intake() as at:
        inbox.postpone(at, [item.id], until=NOW + 10)
    assert claim(store, NOW + 9) == []
    (again,) = claim(store, NOW + 10)
    assert (again.id, again.attempts) == (item.id, 1)


def test_a_postponed_hint_gives_way_to_a_newer_twin(store):
    put(store, row())
    (item,) = claim(store)
    put(store, row())
    with store.intake() as at:
        inbox.postpone(at, [item.id], until=NOW + 10)
    assert depth(store) == 1


@pytest.mark.parametrize(
    "rows, due, loading",
    [
        ([], [], False),
        ([row(), row("2"), row(system="site")], ["site", "sklad"], False),
        ([row(due_at=NOW + 1)], [], False),
        ([row(priority=1)], ["sklad"], True),
        ([row(priority=1, due_at=NOW + 1), row(system="site")], ["site"], True),
    ],
    ids=["nothing", "due", "not yet", "first load", "first load, later"],
)
def test_what_the_scheduler_asks(store, rows, due, loading):
    put(store, *rows)
    with store.read_intake() as at:
        assert (inbox.due(at, now=NOW), inbox.loading(at)) == (due, loading)


def test_several_workers_claim_different_rows(store):
    put(store, *(row(str(i)) for i in range(300)))
    taken: list[int] = []

    def work() -> None:
        while some := claim(store, limit=20):
            taken.extend(i.id for i in some)
            with store.intake() as at:
                inbox.done(at, [i.id for i in some])

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 300
    assert depth(store) == 0


def test_page_and_cursor_commit_together_or_not_at_all(store):
    with pytest.raises(ZeroDivisionError), store.intake() as at:
        inbox.put(at, [row(kind="look", data={})])
        inbox.set_cursor(at, "sklad", "counterparty", cursor={"since": "later"})
        raise ZeroDivisionError
    with store.read_intake() as at:
        assert (inbox.depth(at), inbox.get_cursor(at, "sklad", "counterparty")["cursor"]) == (0, {})


def hold(store, *rows):
    """Rows come in, are claimed and held back, as an intake does while a brake is on."""
    put(store, *rows)
    with store.intake() as at:
        inbox.hold(at, [i.id for i in inbox.claim(at, "sklad", limit=100, lease=45.0, now=NOW)], "brake")


def held(store):
    with store.read_intake() as at:
        return inbox.held(at, "brake")


def test_what_is_held_back_is_kept_once_however_often_polls_come_by(store):
    for _ in range(5):
        hold(store, row(kind="look", data={"a": ""}), row("2", kind="look", data={"a": ""}), row("3"))
    assert held(store) == 3
    hold(store, row(kind="look", data={"a": "back"}), row(kind="look", data={"a": ""}), row("3"))
    assert held(store) == 5, "the same object said something else meanwhile, and then the first thing again"
    with store.intake() as at:
        inbox.release(at, "brake", "", now=NOW)
    assert [(i.external_id, i.data) for i in claim(store)] == [
        ("1", {"a": ""}),
        ("2", {"a": ""}),
        ("3", None),
        ("1", {"a": "back"}),
        ("1", {"a": ""}),
    ]
