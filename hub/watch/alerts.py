"""Alerts: told once when a state opens and once when it closes, to each receiver, never twice however often a process is killed.

A message is claimed in the database before it leaves. A process that is killed in between leaves it as "unknown": it is not sent again, and
the page and ``sverka alerts list`` say so. A message that the service refused is tried again for a day.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.config.sections.alerts import Alerts
from hub.config.settings import Settings, zone
from hub.language import Speech
from hub.storage import alerts as rows
from hub.storage import audiences, brakes, states, views
from hub.storage.alerts import CLOSED, FAILED, OPENED, SENT, WAITING, Message
from hub.sync import revisions
from hub.watch import notify
from hub.watch.amiss import Facts, amiss
from hub.words.alerts import Words, words_of

Json = Any
Send = Callable[[str, str, str], str]
PATIENCE = 120.0  # seconds after which a claimed message is taken for cut off; a service has 4 s to answer
AGAIN, LONGEST, TRIES = 60.0, 3600.0, 28  # a refused message is tried after 1, 2, 4 ... 60 minutes: for about a day
LINK_LIVES = 30 * 86400


def watch(hub: Hub, *, send: Send = notify.send) -> int:
    """Open and close alerts by what is amiss now, then tell whom they concern. Returns messages that went out."""
    now = hub.clock()
    found = facts(hub, now)
    with hub.store.write() as at:
        _compare(hub, at, found, now)
        rows.give_up(at, before=now - PATIENCE)
    return tell(hub, send=send)


def facts(hub: Hub, now: float) -> Facts:
    """The figures that alerts depend on."""
    begun = {name: since for name, one in hub.settings.stores.items() if (since := one.open_since(now, hub.settings.timezone)) is not None}
    with hub.store.read() as at:
        known, dead = states.all_states(at), rows.dead_letters(at)
        titles = {value: names for (name, value), names in views.titles(at).items() if name == "store"}
        last = rows.stores_seen(at, sorted(begun)) if begun else {}
        held = defaultdict(list)
        for row in brakes.undecided(at):
            held[row["system"]].append(row)
        refused, uploads = revisions.standstill(hub, at), audiences.listed(at)
    configured = {name: {**state, "brakes": held.get(name, [])} for name, state in known.items() if name in hub.settings.systems}
    if "" in held:
        configured[""] = {"brakes": held[""]}
    stores = {name: (since, last.get(name)) for name, since in begun.items()}
    told = {(a.title, to): uploads[a.name, to] for a in hub.settings.audiences.values() for to in a.to if (a.name, to) in uploads}
    return Facts(configured, dead, stores, titles, shutil.disk_usage(hub.settings.folder).free, refused, told)


def _compare(hub: Hub, at: Connection, found: Facts, now: float) -> None:
    chosen, open_keys = hub.settings.alerts, rows.open_keys(at)
    wrong = {one.key: one for one in amiss(found, chosen, open_keys=open_keys, now=now)}
    for key in sorted(wrong.keys() - open_keys):
        one = wrong[key]
        ident = rows.open_one(at, one.kind, one.subject, dict(one.details), now=now)
        if ident:
            rows.owe(at, ident, OPENED, chosen.to, due=now + chosen.lasting)
    for key in sorted(open_keys - wrong.keys()):
        ident = rows.close_one(at, key, now=now)
        if ident:
            rows.drop(at, ident)
            rows.owe(at, ident, CLOSED, [r for r in rows.heard(at, ident) if r in chosen.to], due=now)


def tell(hub: Hub, *, send: Send = notify.send) -> int:
    """Send the messages that are due. No transaction is open while a service is called."""
    now, sent = hub.clock(), 0
    with hub.store.read() as at:
        messages = rows.due(at, now=now)
        about = {m.alert_id: rows.get(at, m.alert_id) for m in messages}
    for message in messages:
        row = about[message.alert_id]
        if row and not is_quiet(hub.settings, str(row["kind"]), now):
            sent += _tell(hub, message, row, send)
    return sent


def _tell(hub: Hub, message: Message, row: Mapping[str, Json], send: Send) -> bool:
    address = hub.settings.alerts.to.get(message.receiver, "")
    with hub.store.write() as at:
        if not rows.claim(at, message, now=hub.clock()):
            return False
    words = words_of(row, message.event, Speech(hub.settings.alerts.language, hub.settings.timezone))
    error = send(address, words.title, text_of(hub, words, message)) if address else "no such receiver in the configuration any more"
    with hub.store.write() as at:
        if not error:
            rows.finish(at, message, SENT)
        elif message.attempts + 1 >= TRIES or not address:
            rows.finish(at, message, FAILED, error=error)
        else:
            rows.finish(at, message, WAITING, error=error, due=hub.clock() + min(LONGEST, AGAIN * 2.0 ** min(message.attempts, 10)))
    return not error


def text_of(hub: Hub, words: Words, message: Message) -> str:
    """The body of a message: what is amiss, what to do, where to look, and the link by which it is acknowledged."""
    base = hub.settings.public_url.rstrip("/")
    parts = [words.text, words.step, f"{base}{words.page}" if words.page else ""]
    if message.event == OPENED:
        say = Speech(hub.settings.alerts.language)
        mine = say("I take care of it:")
        parts.append(f"{mine} {base}/alerts/acknowledge/{link(hub, message.alert_id, message.receiver)}")
    return "\n\n".join(part for part in parts if part)


def is_quiet(settings: Settings, kind: str, now: float) -> bool:
    """Whether nobody is to be told of this kind at this hour: hours that begin before midnight may end after it."""
    chosen: Alerts = settings.alerts
    if chosen.quiet is None or kind in chosen.always:
        return False
    begin, end = chosen.quiet
    hour = datetime.fromtimestamp(now, UTC).astimezone(zone(settings.timezone)).time()
    return begin <= hour < end if begin <= end else hour >= begin or hour < end


def test(hub: Hub, receiver: str = "", *, send: Send = notify.send) -> dict[str, str]:
    """Send a test message to one receiver or to all: receiver -> why it was not taken, empty where it was."""
    say = Speech(hub.settings.alerts.language)
    title, body = say("Sverka: a test message"), say("If you can read this, alerts of the hub reach you.")
    chosen = {name: to for name, to in hub.settings.alerts.to.items() if receiver in ("", name)}
    return {name: send(to, title, body) for name, to in chosen.items()}


def link(hub: Hub, alert_id: str, receiver: str) -> str:
    """The signed last part of the address by which this receiver acknowledges this alert without signing in."""
    return str(_signer(hub).dumps([alert_id, receiver]))


def read_link(hub: Hub, token: str) -> tuple[str, str] | None:
    """(alert, receiver) that a link speaks of, or None where it was not made here or is over 30 days old."""
    try:
        alert_id, receiver = _signer(hub).loads(token, max_age=LINK_LIVES)
    except (BadData, ValueError, TypeError):
        return None
    return str(alert_id), str(receiver)


def acknowledge(hub: Hub, at: Connection, alert_id: str, who: str) -> bool:
    """Somebody takes care of it: recorded and audited once; False where the alert is unknown or somebody else was first."""
    row = rows.get(at, alert_id)
    if row is None or not rows.acknowledge(at, alert_id, who, now=hub.clock()):
        return False
    entry = audit.Entry("operator.acknowledge", who, system=row["subject"], cause=f"{row['kind']} {alert_id}", outcome="acknowledged")
    audit.write(at, [entry], now=hub.clock())
    return True


def _signer(hub: Hub) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(hub.settings.secret_key, salt="sverka.alerts")
