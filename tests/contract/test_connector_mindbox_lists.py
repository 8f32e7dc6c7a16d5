"""Exports, segments and their files by the Mindbox connector, against the stand-in over HTTP."""

from __future__ import annotations

import gzip
import json

import pytest

from connectors.contract import Segments, WebhookRequest
from connectors.errors import Rejected, Unavailable
from connectors.mindbox import exports
from tests.contract.mindbox_project import LINES


def test_customers_are_swept_by_an_export_and_then_by_what_changed(project):
    ids = [project.person(mobilePhone=f"7903000000{n}", ids={"websiteId": str(n)}) for n in range(3)]
    assert project.changes("customer")[0] == [], "what is younger than five minutes is in no list"
    project.later(minutes=6)
    project.control("exports", rows=2)
    found, _, cursor = project.changes("customer")
    assert (found, sorted(cursor)) == (ids, ["mark", "was"])
    project.later(minutes=20)
    _, _, cursor = project.changes("customer", cursor)
    project.site("EditCustomer", {"customer": {"ids": {"mindboxId": ids[1]}, "lastName": "Орлова"}})
    project.later(minutes=6)
    changed, gone, cursor = project.changes("customer", cursor)
    assert (changed, gone) == ([ids[1]], [])
    project.site("EditCustomer", {"customer": {"ids": {"mindboxId": ids[1]}, "firstName": "Аня"}})
    project.connector.merge("customer", str(ids[0]), [str(ids[2])])
    project.later(minutes=6)
    changed, gone, _ = project.changes("customer", cursor)
    assert (sorted(changed), gone) == ([ids[0], ids[1]], [ids[2]])


def test_every_cursor_may_be_resumed_from_and_a_task_is_begun_once(project):
    ids = [project.person(mobilePhone=f"7903000000{n}", ids={"websiteId": str(n)}) for n in range(5)]
    project.later(minutes=6)
    project.control("exports", rows=2)
    pages = project.pages("customer")
    assert [page.waits for page in pages].count(True) == 1
    for number, page in enumerate(pages[:-1]):
        rest = [int(one.id) for later in pages[number + 1 :] for one in later.objects]
        assert project.changes("customer", page.cursor)[0] == rest
    assert [int(one.id) for page in pages for one in page.objects] == ids
    assert project.read("counters")["exports"] == 1


def test_a_period_that_is_asked_for_again_shows_what_was_there_at_first_and_is_told_as_that(project, monkeypatch):
    """Two sweeps of one second are one task (mindbox docs: isDuplicate): what the hub wrote in between is not in its file."""
    project.person(mobilePhone="79030000001", ids={"websiteId": "1"})
    project.later(minutes=6)
    monkeypatch.setattr("connectors.mindbox.exports.start", lambda *_: "one-task")
    monkeypatch.setattr("connectors.mindbox.exports.files", lambda *_: ["file"])
    monkeypatch.setattr("connectors.mindbox.exports.rows", lambda _: iter([{"ids": {"mindboxId": "1"}}]))
    monkeypatch.setattr(project.connector.api, "file", lambda _: b"")
    first = project.pages("customer", {})
    again = project.pages("customer", first[-1].cursor)
    seen = [page.as_of for pages in (first, again) for page in pages if page.objects]
    assert len(seen) == 2 and seen[0] == seen[1]


def test_a_task_that_is_asked_for_too_soon_is_not_asked_for(project):
    project.connector = project.connected(export_pace=60)
    pages = project.connector.changes("customer", {})
    next(pages)
    waiting = next(pages)
    before = project.read("counters")["requests"]
    assert waiting.waits and next(project.connector.changes("customer", waiting.cursor)).waits
    assert project.read("counters")["requests"] == before


def test_a_task_that_is_given_up_is_asked_for_in_halves(project):
    project.control("exports", longest=1000)
    ids = [project.person(mobilePhone="79030000001")]
    project.later(minutes=6)
    assert project.changes("customer")[0] == ids
    project.later(minutes=1)
    project.control("exports", longest=0.0)
    with pytest.raises(Rejected, match="ресурсам"):
        project.changes("customer")


def test_a_file_that_is_gone_is_asked_for_once_and_made_again(project):
    ids = [project.person(mobilePhone="79030000001")]
    project.later(minutes=6)
    real, asked = project.app.exports.file, []
    project.app.exports.file = lambda name: asked.append(name) or (real(name) if len(asked) > 1 else None)
    assert project.changes("customer")[0] == ids
    assert (project.read("counters")["not_found"], len(asked)) == (1, 2)


def test_orders_are_told_by_an_export_and_read_by_id(project):
    made = project.wrote("order", {"lines": LINES, "status": "NEW"})
    project.later(minutes=6)
    found, _, _ = project.changes("order")
    assert found == [int(made.id)]


def test_contacts_that_an_export_leaves_out_are_no_observation(project):
    ident = project.person(mobilePhone="79030000001")
    project.later(minutes=6)
    project.control("exports", hashed=True)
    (one,) = [one for page in project.pages("customer") for one in page.objects]
    assert (one.id, "phone" in one.data, project.connector.manifest.resources["customer"].representations["list"].absent_is_empty) == (
        str(ident),
        False,
        False,
    )


def test_a_segment(project):
    assert isinstance(project.connector, Segments)
    ids = [project.person(mobilePhone=f"7903000000{n}", ids={"websiteId": str(n)}) for n in range(2)]
    for ident in ids:
        project.control("segment", name="winback", customer=ident)
    project.later(minutes=6)
    pages = list(project.connector.segment("winback", {}))
    assert [int(one.id) for page in pages for one in page.objects] == ids
    project.control("segment", name="winback", customer=ids[0], inside=False)
    project.later(minutes=11)
    pages = list(project.connector.segment("winback", pages[-1].cursor))
    assert [int(one) for page in pages for one in page.gone] == [ids[0]]


def packed(rows, **more):
    return gzip.compress(json.dumps({"customers": rows}, **more).encode())


def test_a_file_is_read_row_by_row_however_its_pieces_fall(monkeypatch):
    rows = [{"ids": {"mindboxId": n}, "text": 'скобки ]}" и \\ запятая, ' * 5, "list": [[], {}]} for n in range(40)]
    for size in (1, 7, 64, 1 << 20):
        monkeypatch.setattr(exports, "CHUNK", size)
        for more in ({}, {"indent": 1}, {"ensure_ascii": False}):
            assert list(exports.rows(packed(rows, **more))) == rows
    assert list(exports.rows(packed([]))) == []
    assert list(exports.rows(b'{"customers": [{"a": 1}]}')) == [{"a": 1}], "not packed"


CUT = {"in its packing": packed([{"a": 1}] * 99)[:40], "in its text": gzip.compress(b'{"customers": [{"a": 1}, {"b'), "nothing packed": b"\x1f\x8bno", "a page": b"<html>"}  # fmt: skip


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT)
def test_a_file_that_is_cut_short_is_no_end_of_the_list(cut):
    with pytest.raises(Unavailable):
        list(exports.rows(cut))


def test_memberships_of_chosen_segments_are_told_by_their_changes_one_segment_after_another(project):
    connector = project.connected(segments=["winback", "loyal"])
    ids = [str(project.person(mobilePhone=f"7903000000{n}", ids={"websiteId": str(n)})) for n in range(3)]
    for name, ident in (("winback", ids[0]), ("loyal", ids[0]), ("loyal", ids[1]), ("other", ids[2])):
        project.control("segment", name=name, customer=ident)
    project.later(minutes=6)
    told, cursor = heard(connector, {})
    assert told == {f"winback:{ids[0]}": True, f"loyal:{ids[0]}": True, f"loyal:{ids[1]}": True}
    project.control("segment", name="loyal", customer=ids[0], inside=False)
    project.later(minutes=11)
    told, _ = heard(connector, cursor)
    assert told[f"loyal:{ids[0]}"] is False and told[f"winback:{ids[0]}"] is True, "what changed, and the overlap"
    pages = connector.changes("segment", {})
    resumed = next(page.cursor for page in pages if page.objects)  # the hub was killed here
    assert heard(connector, resumed)[0].keys() >= {f"loyal:{ids[1]}"}
    (one, gone) = connector.fetch("segment", [f"loyal:{ids[1]}", "loyal:987654"])
    assert (one.data["member"], gone.data["member"]) == (True, False)


def heard(connector, cursor):
    pages = list(connector.changes("segment", cursor))
    assert [page.last for page in pages].count(True) == 1 and pages[-1].last
    return {one.id: one.data["member"] for page in pages for one in page.objects}, pages[-1].cursor


def test_an_operation_that_returns_no_segmentations_does_not_make_anybody_leave(project):
    ident = project.person(mobilePhone="79030000001")
    project.control("habits", segments=False)
    with pytest.raises(Rejected, match="segmentations"):
        project.connector.fetch("segment", [f"winback:{ident}"])


def test_a_flow_on_a_segment_has_the_membership_read_where_the_hub_keeps_up_with_it(project):
    body = {"transactionalId": "2f0d", "event": "segment.left", "mindboxId": "90417", "segment": "winback"}
    request = WebhookRequest({"Authorization": "Bearer hook-secret"}, json.dumps(body).encode())
    assert [(one.resource, one.id) for one in project.connected(segments=["winback"]).receive(request)] == [
        ("customer", "90417"),
        ("segment", "winback:90417"),
    ]
    assert [one.resource for one in project.connected(segments=["loyal"]).receive(request)] == ["customer"]
