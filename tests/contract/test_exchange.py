"""The door by which 1C comes in as to its site: who may come in, and what becomes of files."""

from __future__ import annotations

import pytest

from hub.storage import archive, uploads
from hub.sync import exchanging
from hub.web import exchange as face
from tests.conftest import empty
from tests.contract.exchange_door import LINES, ONE
from tests.scenarios.exchange_shop import (
    GUID,
    LOGIN,
    PASSWORD,
    basic,
    catalogue,
    document,
    documents,
    item,
    packed,
)


@ONE
def test_checkauth_tells_cookie_and_sessid(door):
    lines = door.enter()
    assert lines[:2] == ["success", "sverka_exchange"] and lines[3].startswith("sessid=") and len(lines) == 4
    assert door.say(f"type=catalog&mode=init&sessid={door.sessid}") == "zip=yes\nfile_limit=1000000"


@ONE
@pytest.mark.parametrize(
    "auth",
    [None, "Basic", "Basic !!!", "Bearer x", basic(LOGIN, "не тот"), basic("чужой", PASSWORD), basic(LOGIN, ""), basic("", "")],
    ids=["none", "empty", "no base64", "another way", "password", "login", "no password", "nothing"],
)
def test_who_is_not_told_the_password_is_told_nothing(door, auth):
    answer = door.ask("type=catalog&mode=checkauth", auth=auth)
    assert answer.status_code == 401 and answer.get_data(as_text=True).startswith("failure\n") and "WWW-Authenticate" not in answer.headers


@ONE
def test_names_and_passwords_may_come_in_windows_1251(door):
    assert door.say("type=catalog&mode=checkauth", auth=basic(LOGIN, PASSWORD, "windows-1251")).startswith("success")


@ONE
def test_a_wrong_password_beside_a_right_cookie_is_wrong(door):
    door.enter()
    assert door.ask("type=catalog&mode=init", auth=basic(LOGIN, "x")).status_code == 401
    assert door.say("type=catalog&mode=init", auth=None).startswith("zip="), "the cookie alone is enough: it was given for the password"


@ONE
def test_guessing_is_slowed_down_for_the_one_who_guesses(door):
    for _ in range(12):
        door.ask("type=catalog&mode=checkauth", auth=basic(LOGIN, "x"))
    assert door.ask("type=catalog&mode=checkauth").status_code == 401
    with door.app.test_request_context():
        pass
    answer = door.client.get("/exchange/uchet/1c_exchange.php?type=catalog&mode=checkauth", headers={"Authorization": basic(LOGIN, PASSWORD)}, environ_base={"REMOTE_ADDR": "10.0.0.7"})  # fmt: skip
    assert answer.status_code == 200, "1C comes from elsewhere"


@ONE
@pytest.mark.parametrize("cookie", ["", "sverka_exchange=", "sverka_exchange=a.1.b", "sverka_exchange=a.x.b", "other=1"])
def test_without_a_session_nothing_is_taken(door, cookie):
    assert door.say("type=catalog&mode=file&filename=import.xml", b"<a/>", cookie=cookie).startswith("failure\n")


@ONE
def test_a_wrong_sessid_is_refused_and_none_is_not_asked_for(door):
    door.enter()
    assert door.say("type=catalog&mode=init&sessid=другой").startswith("failure\n")
    assert door.say("type=catalog&mode=init").startswith("zip=")


@ONE
def test_a_trial_checkauth_does_not_end_the_session_before_it(door):
    door.enter()
    first = door.cookie
    door.say("type=catalog&mode=file&filename=import.xml", catalogue(item()))
    door.enter()
    assert door.cookie != first
    assert door.say("type=catalog&mode=import&filename=import.xml").startswith("failure\n"), "sessions do not see each other's files"
    assert door.say("type=catalog&mode=import&filename=import.xml", cookie=first) == "success"


@ONE
@pytest.mark.parametrize(
    "path", ["/exchange/uchet", "/exchange/uchet/bitrix/admin/1c_exchange.php", "/bitrix/admin/1c_exchange.php", "/1c_exchange.php"]
)
def test_addresses_as_people_type_them(door, path):
    assert door.say("type=catalog&mode=checkauth", path=path).startswith("success")


@ONE
def test_systems_that_do_not_exchange_have_no_door(door):
    assert door.ask("type=catalog&mode=checkauth", path="/exchange/other/1c_exchange.php").status_code == 401


@ONE
@pytest.mark.parametrize("query", ["", "type=reference&mode=checkauth", "type=crm&mode=listen", "type=sale&mode=что"])
def test_unknown_commands_are_answered_in_words(door, query):
    door.enter()
    answer = door.ask(query)
    assert answer.status_code == 200 and answer.get_data(as_text=True) == "failure\nНеизвестная команда."


@ONE
def test_answers_are_plain_text_in_utf8(door):
    answer = door.ask("type=catalog&mode=checkauth")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8" and "Content-Encoding" not in answer.headers


@ONE
def test_fragments_are_put_together(door):
    body = catalogue(*(item(f"{GUID[:-3]}{n:03}", f"A-{n}") for n in range(300)))
    door.enter()
    door.say("type=catalog&mode=init")
    for start in range(0, len(body), 7001):
        assert door.say("type=catalog&mode=file&filename=import0_1.xml", body[start : start + 7001]) == "success"
    assert door.say("type=catalog&mode=import&filename=import0_1.xml") == "success"
    door.work()
    assert door.hub.connectors["uchet"].exchange.shelf.goods(["A-0", "A-299"]).keys() == {"A-0", "A-299"} and not door.unread()


def test_a_lost_answer_to_a_fragment_or_to_import_does_no_harm(door):
    """1C sends the fragment again: the file is refused, and 1C brings all of it at its next exchange. `import` once more is the same success."""
    body = catalogue(item())
    door.enter()
    for piece in (body[:200], body[:200], body[200:]):
        door.say("type=catalog&mode=file&filename=import.xml", piece)
    assert door.say("type=catalog&mode=import&filename=import.xml").startswith("failure\n")
    assert door.bring("import.xml", body) == "success"
    assert door.say("type=catalog&mode=import&filename=import.xml") == "success"
    door.work()
    assert door.say("type=catalog&mode=import&filename=import.xml") == "success"
    door.work()
    assert door.unread() == []


@ONE
def test_init_clears_the_place_and_spares_what_is_to_be_worked_on(door):
    door.enter()
    door.say("type=catalog&mode=file&filename=import.xml", b"<half")
    door.bring("offers.xml", catalogue(item()))
    door.say("type=catalog&mode=init")
    assert door.say("type=catalog&mode=import&filename=import.xml").startswith("failure\n")
    door.work()
    assert door.hub.connectors["uchet"].exchange.shelf.goods(["MUG-R"]) == {"MUG-R": GUID}


@ONE
def test_an_archive_under_a_name_of_the_moment_holds_the_files_that_are_asked_for(door):
    body = packed(
        **{"import0_1.xml": catalogue(item()), "offers0_1.xml": catalogue(item(GUID[::-1], "X")), "import_files/ab/ab.jpeg": b"\xff\xd8"}
    )
    door.enter()
    for start in range(0, len(body), 100):
        door.say("type=catalog&mode=file&filename=v8_3B8F_3e.zip", body[start : start + 100])
    assert door.say("type=catalog&mode=import&filename=import0_1.xml") == "success"
    assert door.say("type=catalog&mode=import&filename=prices0_1.xml").startswith("failure\n")
    door.work()
    assert door.say("type=catalog&mode=import&filename=offers0_1.xml") == "success"
    door.work()
    assert door.hub.connectors["uchet"].exchange.shelf.goods(["MUG-R", "X"]).keys() == {"MUG-R", "X"}


def test_a_backup_holds_what_was_accepted_and_not_worked_on_yet(door, tmp_path):
    door.enter()
    door.bring("import.xml", catalogue(item()))
    with door.store.snapshot() as (main, intake):
        archive.write(tmp_path / "backup.zip", main, intake, {})
    empty(door.store)
    kept = archive.Archive(tmp_path / "backup.zip")
    for branch, transaction in (("main", door.store.write), ("intake", door.store.intake)):
        with transaction() as at:
            kept.put(at, branch)
    kept.close()
    door.work()
    assert door.hub.connectors["uchet"].exchange.shelf.goods(["MUG-R"]) == {"MUG-R": GUID}


@ONE
def test_pictures_are_taken_and_let_fall(door):
    door.enter()
    assert door.say("type=catalog&mode=file&filename=import_files/ab/ab12_34cd.jpeg", b"\xff\xd8" * 1000) == "success"
    with door.store.read_intake() as at:
        assert uploads.found(at, "uchet", door.cookie, "x") == []


@ONE
@pytest.mark.parametrize("name", ["../../etc/passwd.xml", "..%5C..%5Cimport.xml", "C:%5Cimport.xml", "", "a%00.xml"])
def test_names_that_lead_outside_are_refused(door, name, tmp_path):
    door.enter()
    before = sorted(tmp_path.rglob("*"))
    assert door.say(f"type=catalog&mode=file&filename={name}", catalogue(item())) == "failure\nНедопустимое имя файла."
    assert sorted(tmp_path.rglob("*")) == before


@ONE
@pytest.mark.parametrize(
    "body", [b"<html>502</html>", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", catalogue(item())[:-9]], ids=["page", "entities", "cut"]
)
def test_what_cannot_be_read_is_refused_while_1c_still_has_it(door, body):
    door.enter()
    assert door.bring("import.xml", body).startswith("failure\nФайл import.xml не принят")


@ONE
def test_an_empty_file_is_refused(door):
    door.enter()
    assert door.say("type=catalog&mode=file&filename=import.xml", b"").startswith("failure\n")


@ONE
def test_a_file_that_is_too_large_is_refused(door, monkeypatch):
    monkeypatch.setattr(face, "LARGEST_FILE", 1000)
    door.enter()
    assert door.say("type=catalog&mode=file&filename=import.xml", b"x" * 900) == "success"
    assert "больше" in door.say("type=catalog&mode=file&filename=import.xml", b"x" * 900)


def test_a_connection_that_breaks_leaves_nothing_of_its_piece(door):
    def broken():
        yield b"y" * (uploads.PIECE + 5)
        raise OSError

    door.enter()
    session = door.cookie.partition("=")[2].partition(".")[0]
    door.say("type=catalog&mode=file&filename=import.xml", catalogue(item())[:100])
    with pytest.raises(OSError):
        uploads.append(door.store, "uchet", session, "catalog", "import.xml", broken(), most=1 << 30)
    door.say("type=catalog&mode=file&filename=import.xml", catalogue(item())[100:])
    assert door.say("type=catalog&mode=import&filename=import.xml") == "success"


@ONE
def test_a_node_that_asks_for_nothing_is_not_waited_for_for_ever(door):
    """The node's flag «выгружать файлы без ожидания подтверждения»."""
    door.enter()
    door.say("type=catalog&mode=file&filename=import.xml", catalogue(item()))
    door.say("type=catalog&mode=file&filename=offers.xml", b"<half")
    door.hub.clock = lambda late=door.hub.clock() + exchanging.QUIET + 1: late
    assert exchanging.due(door.hub, now=door.hub.clock()) == {"uchet"}
    exchanging.work(door.hub, "uchet")
    assert door.hub.connectors["uchet"].exchange.shelf.goods(["MUG-R"]) == {"MUG-R": GUID}
    assert len(door.unread()) == 1 and "offers.xml" in door.unread()[0]


def test_a_kill_in_the_middle_of_a_file_loses_nothing_and_repeats_little(door, monkeypatch):
    monkeypatch.setattr(exchanging, "BATCH", 3)
    door.enter()
    door.bring("orders.xml", documents(*(document(str(n), lines=LINES) for n in range(10))), "sale")
    turns = iter([True, False])  # taken on, and stopped after the first step
    assert exchanging.work(door.hub, "uchet", lambda: next(turns, False)) == 0
    assert 0 < len(door.waiting()) < 10
    door.work()
    assert sorted(row["number"] for row in door.orders()) == [str(n) for n in range(10)]


def test_a_kill_between_the_two_commits_of_a_step_loses_nothing(door, monkeypatch):
    """What is kept is kept, and nobody was told to look at it."""

    def killed(*_):
        raise SystemExit

    door.enter()
    door.bring("orders.xml", documents(document("1", lines=LINES), document("2", lines=LINES)), "sale")
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(exchanging.inbox, "put", killed)
        exchanging.work(door.hub, "uchet")
    assert len(door.offers()) == 2 and door.waiting() == []
    door.hub.clock = lambda late=door.hub.clock() + exchanging.LEASE + 1: late
    door.work()
    assert sorted(row["number"] for row in door.orders()) == ["1", "2"]
