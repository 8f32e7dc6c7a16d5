"""What people are told of an audience: the page of systems and the command say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.app import Hub
from hub.audiences.consent import NO_CONTACT, NOBODY, REFUSED, UNKNOWN
from hub.audiences.trouble import HELD, LATE, LOADING, SHORT, STUCK, trouble
from hub.audiences.trouble import REFUSED as NOT_TAKEN
from hub.language import N_, Speech

Json = Any
STATES = {
    "none": N_("not uploaded yet"),
    "waits": N_("an upload goes on"),
    "processing": N_("the system works on it"),
    "ready": N_("ready"),
    "few": N_("the system found too few people for advertising"),
    "failed": N_("the system could not work on it: upload it again"),
    SHORT: N_("too few people: %(told)s may be told, and the system takes no list below %(least)s"),
    STUCK: N_(
        "too few people to replace the list that is there: %(told)s may be told, and the system takes no list below %(least)s. Delete the list in the cabinet, since it holds people who should be out"
    ),
    HELD: N_("made and not uploaded: the system is not live"),
    LOADING: N_("waits until the segment and the customers are read whole"),
    NOT_TAKEN: N_("refused by the system"),
}
LEFT = {
    REFUSED: N_("refused: %(n)s"),
    UNKNOWN: N_("never asked for consent: %(n)s"),
    NO_CONTACT: N_("without a phone or e-mail: %(n)s"),
    NOBODY: N_("not known to the hub: %(n)s"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One audience in one system, in words. ``well``: nothing asks for a person."""

    name: str
    system: str
    title: str
    segment: str
    state: str
    uploaded: str
    people: str
    left: str
    matched: str
    well: bool


def lines(hub: Hub, known: Mapping[tuple[str, str], Mapping[str, Json]], say: Speech, system: str = "") -> Iterator[Line]:
    """The configured audiences. ``known``: what became of them (:func:`hub.storage.audiences.listed`); ``system``: of this one alone."""
    for audience in hub.settings.audiences.values():
        for to in audience.to:
            if system in ("", to):
                row = known.get((audience.name, to), {})
                figures, error = row.get("figures") or {}, row.get("error")
                why = trouble(row, patience=hub.settings.alerts.uploading, now=hub.clock()) if row else ""
                yield Line(
                    audience.name, to, audience.title, f"{audience.source}: {audience.segment}", state_of(row, say, late=why == LATE),
                    say.moment(row["uploaded_at"]) if row.get("uploaded_at") else "—",
                    say("%(told)s of %(members)s", told=say.number(figures["told"]), members=say.number(figures["members"])) if figures else "—",
                    left_out(figures, say), say.number(row["matched"]) if row.get("matched") is not None else "—",
                    not error and not why,
                )  # fmt: skip


def state_of(row: Mapping[str, Json], say: Speech, *, late: bool = False) -> str:
    """What became of an audience in a system. ``row``: empty where nothing did yet; ``late``: it has taken too long."""
    figures, error = row.get("figures") or {}, row.get("error")
    numbers = {name: say.number(figures.get(name, 0)) for name in ("told", "least")}
    text = say(STATES.get(row.get("state", "none"), STATES["none"]), **numbers)
    if late and "since" in figures:
        text = say("%(state)s, and is not finished since %(time)s", state=text, time=say.moment(figures["since"]))
    return f"{text}: {say.own(error)}" if error else text


def left_out(figures: Mapping[str, Json], say: Speech) -> str:
    """Who of a segment is not uploaded, and why."""
    left = figures.get("left") or {}
    return "; ".join(say(text, n=say.number(left[why])) for why, text in LEFT.items() if left.get(why))
