"""Why nothing is known of what somebody looks for: a person erased by law, an object that could not be read, a load that is not over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from hub.app import Hub
from hub.keeping.erasure import certificate_of
from hub.language import N_, Speech
from hub.storage import inbox, traces, views
from hub.sync.questions import asked
from mappings.phones import numbers

YEAR = 366  # days in which a document of another day is looked for
SHORTEST = 4  # letters of a word that is looked for in objects that could not be read
GONE = N_("This person was erased on request, certificate %(certificate)s: nothing of what the systems still have is read in. Who came back and agreed anew is let in by: sverka record readmit %(certificate)s")  # fmt: skip


def _other_days(at: Connection, keys: Sequence[tuple[str, str]], now: date, say: Speech) -> list[str]:
    """Who names a document's day remembers it wrongly more often than its number; its store likewise."""
    number, _, day = next((value for kind, value in keys if kind == "receipt_day"), "").rpartition("|")
    days = views.days_of(at, number, (now - timedelta(days=ago) for ago in range(-1, YEAR))) if number else []
    if day in days:
        return [say("There is a document of this number and day, in another store: leave the store out.")]
    shown = [".".join(reversed(one.split("-"))) if say.language == "ru" else one for one in days]
    return [say("Documents of this number are of other days: %(days)s.", days=", ".join(shown))] if shown else []


def reasons(hub: Hub, at: Connection, text: str, say: Speech) -> list[str]:
    """Sentences, the surest first; empty where nothing speaks for it but that it was never there."""
    if certificate := certificate_of(hub, at, text):
        return [say(GONE, certificate=certificate)]
    keys = asked(text, numbers(text), hub.today).keys
    found = _other_days(at, keys, hub.today, say)
    words = {text.strip(), *(value for _, value in keys)}
    for row in traces.parked_with(at, sorted(word for word in words if len(word) >= SHORTEST)):
        found.append(say("An object of %(system)s (%(resource)s) in which it stands could not be read: %(reason)s. See Review.",
                         system=row["system"], resource=row["resource"], reason=say.own(row["reason"])))  # fmt: skip
    with hub.store.read_intake() as intake:
        cursors, waiting = inbox.cursors(intake), inbox.depth(intake, 100_000)
    unread = sorted({s for s in hub.settings.systems for r in hub.resources(s) if not cursors.get((s, r), {}).get("identified_at")})
    if unread:
        found.append(say("The first load is not over (%(systems)s): what it has not come to is not found yet.", systems=", ".join(unread)))
    elif waiting:
        found.append(say("Objects that came in and are not looked at yet: %(n)s. Try again in a minute.", n=say.number(waiting)))
    return found
