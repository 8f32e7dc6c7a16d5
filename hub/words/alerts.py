"""What to tell people of an alert: a title, a sentence, what to do, and the page to look at. Pages, commands and messages say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hub.audiences.trouble import LATE
from hub.language import N_, Speech
from hub.language.shown import Shown
from hub.words import audiences as audience_words
from hub.words import brakes as brake_words
from hub.words.problems import pause_of

Json = Any
KIND_TITLES = {
    "paused": N_("The system is paused"),
    "breaker": N_("The system does not answer"),
    "silent": N_("Nothing comes from the store"),
    "dead": N_("Many deliveries have failed"),
    "brake": N_("A brake was pulled"),
    "restored": N_("The base may be a restored copy"),
    "copy": N_("The base is not the one that it was"),
    "disk": N_("The disk is filling up"),
    "standstill": N_("The hub stands still"),
    "audience": N_("An audience is not as it should be"),
}
STEPS = {
    "paused": N_(
        "Replace the credentials or mend what the reason names, then press Check on the page of systems. Nothing is lost meanwhile."
    ),
    "breaker": N_("Retries go on by themselves. If it lasts, ask whoever runs that system."),
    "silent": N_("Look whether the store sells: its till, its network, the exchange of the accounting system."),
    "dead": N_("Open the problems: each names its reason, who mends it and what to press."),
    "brake": N_("Look at the sample and decide whether the changes are meant."),
    "restored": N_("Ask whether the base was put back from a backup. If so, refuse: what it has forgotten is written to it again."),
    "copy": N_(
        "Look whether the base was restored or copied. If it is right, put the system into its mode again: what waited is planned anew."
    ),
    "disk": N_("Free some room: a full disk makes the hub refuse webhooks."),
    "audience": N_(
        "Look at the audience on the page of systems: who is left out and why, and what the system says. A list that is there stays as it was until then."
    ),
    "standstill": N_("Put the former configuration and mappings back and start the hub again; started with these, it asks once more."),
}
PAGES = {
    "paused": "/systems#{}",
    "breaker": "/systems#{}",
    "dead": "/problems",
    "disk": "/alerts",
    "silent": "/alerts",
    "brake": "/brakes",
    "restored": "/brakes",
    "copy": "/systems#{}",
    "standstill": "/brakes",
    "audience": "/systems#{}",
}


@dataclass(frozen=True, slots=True)
class Words:
    """One message. ``page``: path of the dashboard to look at."""

    title: str
    text: str
    step: str
    page: str


def words_of(row: Mapping[str, Json], event: str, say: Speech) -> Words:
    """The words for an alert's row. ``event``: opened | closed."""
    kind, subject = str(row["kind"]), str(row["subject"])
    name = f"Sverka: {called(row, say)}: " if subject else "Sverka: "
    title = say(KIND_TITLES.get(kind, kind))
    page = PAGES.get(kind, "/alerts").format(quote(str((row["details"] or {}).get("system", subject))))
    if event == "closed":
        over, end = (
            say("over"),
            say("It is over. It lasted %(time)s.", time=say.lasting(float(row["closed_at"] or 0.0) - float(row["opened_at"]))),
        )
        return Words(f"{name}{over}: {title}", f"{title}. {end}", "", page)
    return Words(f"{name}{title}", sentence(row, say), say(STEPS.get(kind, "")), page)


def called(row: Mapping[str, Json], say: Speech) -> str:
    """What people call the system or the store of an alert."""
    return say.pick(*((row["details"] or {}).get("titles") or (str(row["subject"]),) * 2))


def taker(row: Mapping[str, Json], say: Speech) -> str:
    """Who takes care of an alert: somebody signed in, or whoever had the message of a receiver."""
    kind, _, receiver = str(row["acknowledged_by"]).partition(":")
    return say("%(receiver)s, by the link in the message", receiver=receiver) if kind == "link" else str(row["acknowledged_by"])


def sentence(row: Mapping[str, Json], say: Speech) -> str:
    """What is amiss, with its figures, in one sentence."""
    subject, details = str(row["subject"]), row["details"] or {}
    match row["kind"]:
        case "paused":
            return say(
                "%(system)s is paused: %(reason)s.", system=subject, reason=pause_of(say, str(details.get("reason", ""))).rstrip(".")
            )
        case "breaker":
            return say(
                "%(system)s does not answer: %(reason)s.", system=subject, reason=pause_of(say, str(details.get("reason", ""))).rstrip(".")
            )
        case "dead":
            return say.many("%(n)s delivery to %(system)s was given up.", "%(n)s deliveries to %(system)s were given up.",
                            int(details.get("count", 0)), system=subject)  # fmt: skip
        case "silent":
            last = details.get("last")
            when = say("The last came at %(time)s.", time=say.moment(last)) if last else say("Nothing has ever come from it.")
            none = say("No order and no receipt comes from the store %(store)s in its working hours.", store=called(row, say))
            return f"{none} {when}"
        case "brake" | "restored":
            if "way" not in details:  # opened by an earlier version
                return say(KIND_TITLES[str(row["kind"])])
            return say("%(what)s. It waits for a decision.", what=brake_words.title({"system": subject, **details}, Shown(say, {})))
        case "copy":
            return say.pick(str(details.get("ru", "")), str(details.get("en", "")))
        case "audience":
            state = audience_words.state_of(details, say, late=details["why"] == LATE)
            return say(
                "The audience %(title)s in %(system)s: %(state)s.",
                title=called(row, say),
                system=details["system"],
                state=state.rstrip("."),
            )
        case "standstill":
            return say(
                "The new configuration was refused by %(name)s: nothing is read, merged or written.", name=str(details.get("actor", ""))
            )
        case "disk":
            return say(
                "%(free)s GB are free on the disk of the data folder.", free=say.number(round(float(details.get("free", 0)) / 1e9, 1))
            )
    return str(row["kind"])
