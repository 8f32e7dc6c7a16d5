"""The cases that every connector passes, over its stand-in by real HTTP; each failure says what the contract asks and in which file to look.

A case is run for each collection of which its argument is true (:mod:`connectors.kit.frame`). What is true of no collection of a vendor is no test of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from itertools import cycle, islice
from typing import Any

import pytest

from connectors.contract import (
    Checks,
    Fetches,
    Finds,
    FindsCreated,
    Receives,
    Remote,
    WebhookRefused,
    WebhookRequest,
    Write,
)
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.facts import complaints
from connectors.kit.frame import HOOK, KEYS, Counting, Frame
from connectors.kit.stand import Answer, Stand

Json = Any
LOST = ("error", "html", "empty", "truncated", "warnings", "reset_before", "reset_after")
NEEDED = ((401, 403), (404,), (429,), (500,))  # of each group one: vendors refuse a wrong key by either


class Suite(Frame):
    """Subclass it in the tests of a connector, as a class whose name begins with Test, with a fixture ``stand``."""

    def test_the_manifest_and_the_catalogue_say_what_the_hub_plans_by(self) -> None:
        catalogue = import_module(f"{self.package.__name__}.catalogue").STATIC
        folder = self.file("").removesuffix("/.py")
        said = complaints(self.manifest, catalogue, folder)
        assert not said, "\n".join(said)

    def test_a_list_shows_everybody_and_goes_on_from_any_page(self, connector: Any, stand: Stand, listed: str) -> None:
        there = {stand.add(listed) for _ in range(self.many)}
        stand.later()
        pages = self.read(connector, listed)
        shown = [{one.id for one in page.objects} for page in pages]
        assert there <= set().union(*shown), f"{self.file('connector')}: changes({listed!r}, {{}}) shows every object"
        assert all(isinstance(ident, str) for ident in set().union(*shown)), f"{self.file('connector')}: Remote.id is text"
        assert (len(pages) == 1) == (listed in self.unpaged), (
            f"let `many` of the suite be more than one page of {listed!r}: paging is tried by it; `unpaged` names what is told whole"
        )
        views = {one.representation for page in pages for one in page.objects}
        assert views <= self.manifest.resources[listed].representations.keys(), f"{self.file('manifest')}: representations lack {views}"
        for at, page in enumerate(pages[:-1]):
            rest = {one.id for later in self.read(connector, listed, page.cursor) for one in later.objects}
            missed = there - set().union(*shown[: at + 1]) - rest
            assert not missed, f"{self.file('connector')}: changes() from the cursor of page {at + 1} of {listed!r} misses {missed}"

    def test_what_changes_after_a_list_was_read_is_seen(self, connector: Any, stand: Stand, listed: str) -> None:
        edited = stand.add(listed)
        stand.later()
        *_, last = self.read(connector, listed)
        stand.edit(listed, edited)
        added = stand.add(listed)
        stand.later()
        seen = {one.id for page in self.read(connector, listed, last.cursor) for one in page.objects}
        assert {edited, added} <= seen, f"{self.file('connector')}: changes() from the last cursor misses {({edited, added}) - seen}"

    def test_what_is_deleted_is_named_by_the_list_and_not_found(self, connector: Any, stand: Stand, gone: str) -> None:
        deleted, kept = stand.add(gone), stand.add(gone)
        stand.later()
        *_, last = self.read(connector, gone)
        stand.remove(gone, deleted)
        stand.later()
        named = {ident for page in self.read(connector, gone, last.cursor) for ident in page.gone}
        assert deleted in named and kept not in named, f"{self.file('connector')}: Page.gone of {gone!r} names {named} and not {deleted}"
        assert connector.fetch(gone, [deleted]) == [], f"{self.file('connector')}: fetch() leaves out what is deleted"

    def test_objects_are_read_by_id_and_what_is_not_there_is_left_out(self, connector: Any, stand: Stand, fetched: str) -> None:
        assert isinstance(connector, Fetches), f"{self.file('connector')}: write fetch(), or say fetched=False in the manifest"
        if not self.theirs(fetched):
            return
        one, other = stand.add(fetched), stand.add(fetched)
        found = connector.fetch(fetched, [one, stand.missing(fetched), other])
        # what has left a list that shows no zeros is shown as one
        zero = self.manifest.resources[fetched].vanishes | ({self.nobodys[fetched]} if fetched in self.nobodys else set())
        there = [each.id for each in found if not zero or any(each.data.get(path) for path in zero)]
        assert sorted(there) == sorted([one, other]), f"{self.file('connector')}: fetch() gives what is there and no error"
        assert connector.fetch(fetched, []) == []

    def test_what_is_written_is_stored_and_answered(self, connector: Any, stand: Stand, created: str) -> None:
        before = stand.count(created)
        made = self.stored(connector, created, stand.create(created))
        assert stand.count(created) == before + 1 and made.id, f"{self.file('connector')}: one write makes one object and gives its id"
        if self.manifest.resources[created].fetched:
            (again,) = connector.fetch(created, [made.id])
            self.agree(made, again)

    def test_a_batch_is_answered_item_by_item(self, connector: Any, stand: Stand, created: str) -> None:
        wrong = stand.refused(created)
        batch = [stand.create(created), *([] if wrong is None else [wrong]), stand.create(created)]
        first, *bad, last = self.write(connector, created, *(Write(next(KEYS), None, data) for data in batch))
        assert first.remote and last.remote, f"{self.file('connector')}: one bad item must not stop those beside it"
        assert all(isinstance(one.error, Rejected) for one in bad), f"{self.file('api')}: what the vendor refuses is Rejected, not {bad}"
        assert connector.write(created, []) == []

    def test_an_update_said_twice_changes_what_it_names_and_nothing_else(self, connector: Any, stand: Stand, updated: str) -> None:
        made = self.stored(connector, updated, stand.create(updated))
        change = stand.update(updated)
        for _ in range(2 if self.manifest.resources[updated].operations["update"].repeat == "safe" else 1):
            (held,) = connector.fetch(updated, [made.id])
            known = {path: value for path, value in held.data.items() if path in change}  # the hub knows what it maps, and no more
            (outcome,) = self.write(connector, updated, Write(next(KEYS), made.id, change, held=known))
            assert outcome.error is None, f"{self.file('connector')}: write() of a change failed: {outcome.error}"
        (after,) = connector.fetch(updated, [made.id])
        kept = {path: value for path, value in held.data.items() if path not in change and path not in self.stamps}
        lost = {path for path, value in kept.items() if path in made.data and made.data[path] == value != after.data.get(path)}
        assert not lost, f"{self.file('connector')}: an update took away {lost}, which it does not name"

    def test_a_create_whose_answer_is_lost_is_made_once(self, connector: Any, stand: Stand, created: str) -> None:
        of, operation = self.manifest.resources[created], self.manifest.resources[created].operations["create"]
        data, key, before = stand.create(created), next(KEYS), stand.count(created)
        stand.faults({"kind": "reset_after", "match": self.writes, "count": 1})
        (outcome,) = self.write(connector, created, Write(key, None, data))
        stand.faults()
        if operation.repeat in ("findable", "never"):
            told = outcome.remote is not None or isinstance(outcome.error, Unknown)
            assert told, f"{self.file('api')}: a create whose answer was lost is Unknown, not {outcome.error!r}"
        if operation.repeat in ("safe", "keyed"):
            self.stored(connector, created, data, key=key)
        if operation.repeat == "findable" or (operation.repeat == "keyed" and of.seen and isinstance(connector, (Finds, FindsCreated))):
            shown = self.found(connector, stand, created, data, key)
            assert shown == 1, f"{self.file('connector')}: find() or find_created() shows what was made, once, not {shown} times"
        assert stand.count(created) == before + 1, f"{self.file('connector')}: {stand.count(created) - before} objects of one create"

    def found(self, connector: Any, stand: Stand, resource: str, data: Mapping[str, Json], key: str) -> int:
        """How many objects the look-up of a lost create shows: by what was written, where the connector can do that, else by keys, as the hub does."""
        if isinstance(connector, FindsCreated):
            return len({one.id for one in connector.find_created(resource, [Write(key, None, data)])})
        assert isinstance(connector, Finds), f"{self.file('connector')}: a create is findable: write find()"
        keys = {"hub": key, **stand.keys(resource, data)}
        kinds = self.manifest.resources[resource].operations["create"].find_by.split()
        return len({one.id for kind in kinds if kind in keys for one in connector.find(resource, kind, [keys[kind]])})

    def test_every_request_waits_for_its_turn_at_the_limiter(self, stand: Stand, fetched: str) -> None:
        connector, ids = self.made(stand, limiter := Counting()), [stand.add(fetched)] if self.theirs(fetched) else [stand.missing(fetched)]
        with stand.counted() as seen:
            connector.fetch(fetched, ids)
            if self.manifest.resources[fetched].listed:
                self.read(connector, fetched)
        assert limiter.requests == seen[-1] > 0, f"{self.file('api')}: {seen[-1]} requests and {limiter.requests} turns: go through Http"

    def test_the_published_limits_are_kept(self, stand: Stand, all_fetched: list[str]) -> None:
        connector = self.made(stand, limiter := Counting(self.short))
        most = min(20, 3 + int(max((limit.units for limit in self.short), default=0)))
        for resource in islice(cycle(all_fetched), max(most, len(all_fetched))):
            connector.fetch(resource, [stand.missing(resource)])
        assert limiter.penalties == 0, f"{self.file('manifest')}: the stand-in refused requests as too many: are the limits the vendor's?"

    @pytest.mark.parametrize("kind", LOST)
    def test_trouble_while_reading_is_an_outage(self, connector: Any, stand: Stand, listed: str, kind: str) -> None:
        stand.add(listed)
        stand.faults({"kind": kind})
        with pytest.raises(ConnectorError) as caught:
            self.read(connector, listed)
        assert isinstance(caught.value, Unavailable), f"{self.file('api')}: {kind} while reading is Unavailable, not {caught.value!r}"

    @pytest.mark.parametrize("kind", LOST)
    def test_trouble_while_writing_says_whether_it_may_have_taken_effect(
        self, connector: Any, stand: Stand, created: str, kind: str
    ) -> None:
        data, repeat = stand.create(created), self.manifest.resources[created].operations["create"].repeat
        before = stand.count(created)
        stand.faults({"kind": kind, "match": self.writes})
        (outcome,) = self.write(connector, created, Write(next(KEYS), None, data))
        allowed = (Unknown, Unavailable) if repeat in ("safe", "keyed") or kind in self.undone else (Unknown,)
        assert isinstance(outcome.error, allowed), (
            f"{self.file('api')}: {kind} while writing is {' or '.join(one.__name__ for one in allowed)}, not {outcome.error!r}"
        )
        assert kind not in self.undone or stand.count(created) == before, f"`undone` of the suite: after {kind} something was done"
        self.keeps_secrets(outcome.error)

    def test_every_answer_of_the_vendor_has_its_meaning(self, stand: Stand) -> None:
        limiter = Counting()  # the vendor does not count what is answered in its place: no turn is waited for
        connector = self.made(stand, limiter)
        there = {answer.status for answer in self.answers}
        missing = [" or ".join(map(str, one)) for one in NEEDED if not there & set(one)]
        assert not missing, f"`answers` of the suite: add what {', '.join(missing)} look like, from the vendor's page of errors"
        for answer in self.answers:
            before = limiter.penalties
            for what, expected, error in self.tried(connector, stand, answer):
                assert type(error) is expected, f"{self.file('api')}: {answer.status} {answer.body[:60]!r} to a {what} is {error!r}"
                self.keeps_secrets(error)
                if answer.status == 429 and isinstance(error, Unavailable):
                    told = error.limited and limiter.penalties > before
                    assert told, f"{self.file('api')}: 429: who asks too often is `limited`, and all processes are told by the limiter"

    def tried(self, connector: Any, stand: Stand, answer: Answer) -> list[tuple[str, type[ConnectorError], ConnectorError | None]]:
        """What an answer makes of a list, and of a write where anything is created that may not be repeated; what is asked before a write is
        answered as ever."""
        fault = {"kind": "error", "status": answer.status, "body": answer.body, "type": "application/json"}
        tried: list[tuple[str, type[ConnectorError], ConnectorError | None]] = []
        for resource in self.those("listed")[:1]:
            stand.faults(fault)
            with pytest.raises(ConnectorError) as caught:
                self.read(connector, resource)
            tried.append(("read", answer.read, caught.value))
        for resource in self.those("created")[:1]:
            data = stand.create(resource)
            stand.faults(fault | {"match": self.writes})
            (outcome,) = self.write(connector, resource, Write(next(KEYS), None, data))
            tried.append(("write", answer.write, outcome.error))
        return tried

    def test_wrong_secrets_are_told_from_an_outage(self, stand: Stand, listed: str) -> None:
        connector = self.made(stand, secrets=dict.fromkeys(self.secrets, "wrong-secret-9"))
        with pytest.raises(ConnectorError) as caught:
            self.read(connector, listed)
        assert isinstance(caught.value, Unauthorized), f"{self.file('api')}: a refused key is Unauthorized, not {caught.value!r}"
        assert "wrong-secret-9" not in str(caught.value), f"{self.file('api')}: give Http the secrets, which it keeps out of errors"

    def keeps_secrets(self, error: ConnectorError | None) -> None:
        said = [name for name, secret in self.secrets.items() if secret in str(error)]
        assert not said, f"{self.file('api')}: an error shows the secret {said}: give Http the secrets, which it keeps out of errors"

    def test_a_check_says_what_is_wrong_and_never_fails_itself(self, stand: Stand) -> None:
        connector = self.made(stand)
        assert isinstance(connector, Checks), f"{self.file('connector')}: write check(): can the hub work with this installation?"
        health = connector.check()
        assert health.ok, [finding.en for finding in health.findings if not finding.ok]
        wrong = self.made(stand, secrets=dict.fromkeys(self.secrets, "wrong-secret-9")).check()
        bad = [finding for finding in wrong.findings if not finding.ok]
        assert bad and all(one.ru and one.en for one in bad), f"{self.file('health')}: wrong secrets are a finding, in Russian and English"
        stand.faults({"kind": "reset_before"})
        assert not connector.check().ok, f"{self.file('health')}: a vendor that does not answer is a finding, not an exception"

    def test_our_own_write_comes_back_as_it_was_answered(self, connector: Any, stand: Stand, echoed: str) -> None:
        of = self.manifest.resources[echoed]
        *_, last = self.read(connector, echoed)
        made = self.stored(connector, echoed, stand.create(echoed))
        stand.later()
        seen = {one.id: one for page in self.read(connector, echoed, last.cursor) for one in page.objects}
        assert of.telling.echo or made.id in seen, f"{self.file('connector')}: our own write is not in the list, and no mark says why"
        if made.id in seen:
            self.agree(made, seen[made.id])

    def agree(self, answered: Remote, shown: Remote) -> None:
        """What a write was answered with is what is shown later: else the hub takes its own write for somebody's edit."""
        differ = {path for path in answered.data if path in shown.data and answered.data[path] != shown.data[path]}
        assert not differ, (
            f"{self.file('connector')}: the answer of a write and a later look differ in {differ}: the answer is what is stored"
        )

    def test_a_webhook_leads_to_its_object_and_a_forged_one_is_refused(self, connector: Any, stand: Stand, told: str) -> None:
        assert isinstance(connector, Receives), f"{self.file('connector')}: the manifest tells of webhooks: write receive()"
        ident = stand.add(told)
        request = stand.webhook(told, ident)
        hints = connector.receive(request)
        named = [hint.id for hint in hints if hint.resource == told]  # what holds it may be named beside it
        fetched = connector.fetch(told, named) if isinstance(connector, Fetches) and self.manifest.resources[told].fetched else None
        shown = named if fetched is None else [one.id for one in fetched]
        assert shown == [ident], f"{self.file('webhook')}: {hints} for object {ident}, and fetch() by them shows {shown}"
        with pytest.raises(WebhookRefused):
            connector.receive(stand.forged(request))

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id": 7}', b"\xff\xfe", b'{"events": [{"meta": 5}]}'])
    def test_a_webhook_that_proves_nothing_says_nothing(self, connector: Any, body: bytes) -> None:
        for secret in ("other", HOOK) if isinstance(connector, Receives) else ():
            try:
                hints = connector.receive(WebhookRequest({}, body, {}, secret))
            except WebhookRefused:
                continue
            assert secret == HOOK or hints == [], f"{self.file('webhook')}: {body!r} proves nothing and says {hints}"

    def test_an_object_that_is_gone_is_missing(self, connector: Any, stand: Stand, updated: str) -> None:
        (outcome,) = self.write(connector, updated, Write(next(KEYS), stand.missing(updated), stand.update(updated)))
        assert isinstance(outcome.error, Missing), f"{self.file('api')}: a change of what is not there is Missing, not {outcome.error!r}"
