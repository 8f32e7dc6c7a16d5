"""The quality scale of connectors: bronze, silver and gold, each a set of rules over what a connector says of itself and what its tests show. Pure.

What cannot be seen while the hub runs (tests, the page) is gathered beforehand into ``quality.json`` of the connector's folder
(:mod:`hub.systems.standing`). No rule knows a vendor's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import Checks, Fetches, Finds, Manifest, Receives, ResourceManifest
from connectors.facts import complaints
from hub.language import N_, Speech

LEVELS = ("bronze", "silver", "gold")
NAMES = {"bronze": N_("bronze"), "silver": N_("silver"), "gold": N_("gold"), "": N_("below bronze")}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the tree shows of a connector: ``shown``: claim -> tests that exist (see :mod:`hub.systems.standing`); ``mapped``: collections whose mapping
    has examples; ``no_client``: why no independent client can be tried; ``traps``: tested ones; ``untested``: the rest, in words."""

    shown: Mapping[str, list[str]] = field(default_factory=dict)
    mapped: frozenset[str] = frozenset()
    no_client: str = ""
    traps: int = 0
    untested: tuple[str, ...] = ()

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Standing:
        return cls(
            raw.get("shown", {}),
            frozenset(raw.get("mapped", ())),
            raw.get("no_client", ""),
            raw.get("traps", 0),
            tuple(raw.get("untested", ())),
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """A connector as the rules look at it."""

    manifest: Manifest
    kind: type[Any]
    catalogue: Mapping[str, Mapping[str, str]]
    standing: Standing

    @property
    def resources(self) -> Mapping[str, ResourceManifest]:
        return self.manifest.resources

    def unshown(self, claim: str) -> list[str]:
        """What is lacking where no test shows a claim."""
        return [] if self.standing.shown.get(claim) else [claim]


@dataclass(frozen=True, slots=True)
class Rule:
    """``lacks``: what a connector lacks of it, in names of the code; nothing where it keeps the rule."""

    name: str
    level: str
    text: str
    lacks: Callable[[Subject], list[str]]


def _facts(it: Subject) -> list[str]:
    return complaints(it.manifest, it.catalogue)


def _unmapped(it: Subject) -> list[str]:
    return sorted(it.resources.keys() - it.standing.mapped)


def _unchecked(it: Subject) -> list[str]:
    return [ability.__name__ for ability in (Checks,) if not issubclass(it.kind, ability)]


def _one_way(it: Subject) -> list[str]:
    """Something is read and something is written, whatever the vendor has: a telephone exchange tells of calls and is told to make one."""
    ways = {
        "reading": any(of.fetched or of.listed for of in it.resources.values()),
        "writing": any(of.operations for of in it.resources.values()) or bool(it.manifest.operations),
    }
    return [way for way, there in ways.items() if not there]


def _unheard(it: Subject) -> list[str]:
    """The vendor calls of something and is polled for something; each collection that is read, and is no fact, is one of the two."""
    silent = [name for name, of in it.resources.items() if of.fetched and not of.fact and not of.listed and not of.telling.webhook]
    if not any(of.telling.webhook for of in it.resources.values()) or not issubclass(it.kind, Receives):
        silent.append("webhooks")
    if not any(of.listed or of.revisit for of in it.resources.values()):
        silent.append("polls")
    return silent


def _command(of: ResourceManifest) -> bool:
    """Whether writes are commands that somebody gives one by one: made once, never repeated, their effect is what is wanted (a call-back)."""
    return of.fact and of.one_by_one and all(one.repeat == "never" for one in of.operations.values())


def _unfindable(it: Subject) -> list[str]:
    """Every write may be repeated, by itself, by a key or after a look; none is left to a person, unless it is a command, or an installation's
    own description of its service says no better."""
    known = {name: of for name, of in it.resources.items() if not of.described and not _command(of)}
    never = [f"{name}.{word}" for name, of in known.items() for word, one in of.operations.items() if one.repeat == "never"]
    searched = any(one.repeat == "findable" for of in known.values() for one in of.operations.values())
    needed = [Fetches] * any(of.fetched and of.operations for of in known.values()) + [Finds] * searched
    return never + [ability.__name__ for ability in needed if not issubclass(it.kind, ability)]


def _loud(it: Subject) -> list[str]:
    return [f"{name}.{word}" for name, of in it.resources.items() if not _command(of) for word, one in of.operations.items()
            if one.side_effects and not one.quiet and not one.switch]  # fmt: skip


def _clientless(it: Subject) -> list[str]:
    return [] if it.standing.no_client else it.unshown("client")


def _untested(it: Subject) -> list[str]:
    return list(it.standing.untested) if it.standing.traps else ["traps", *it.standing.untested]


def _shown(claim: str) -> Callable[[Subject], list[str]]:
    return lambda it: it.unshown(claim)


RULES = (
    Rule("facts", "bronze", N_("Limits are data, and each operation says how it may be repeated"), _facts),
    Rule("mappings", "bronze", N_("Every collection is mapped, with examples that are run"), _unmapped),
    Rule(
        "stand_in", "bronze", N_("A stand-in speaks the vendor's protocol, and is tested against the vendor's papers"), _shown("stand_in")
    ),
    Rule("contract", "bronze", N_("The connector is tested over the stand-in by real HTTP"), _shown("contract")),
    Rule(
        "answers",
        "bronze",
        N_("Each answer of the vendor's table is tested to be the error that says what happens next"),
        _shown("answers"),
    ),
    Rule("check", "bronze", N_("A check names missing keys and rights, and the menu path that mends them"), _unchecked),
    Rule("page", "bronze", N_("A page names every collection, and what was assumed where the papers are silent"), _shown("page")),
    Rule("both_ways", "silver", N_("Both directions: something is read and something is written"), _one_way),
    Rule("heard", "silver", N_("Webhooks and polls: what is read is told or listed, and both ways exist"), _unheard),
    Rule(
        "repeat",
        "silver",
        N_(
            "No write is left to a person after a lost answer: it is harmless, keyed, or looked up; of a service that an installation describes, that says it"
        ),
        _unfindable,
    ),
    Rule("lost_answer", "silver", N_("A write whose answer is lost is tested to be made once"), _shown("lost_answer")),
    Rule("paging", "silver", N_("A list is tested to resume from any page"), _shown("paging")),
    Rule(
        "limits",
        "silver",
        N_("The published limits are tested to be kept against a stand-in that refuses what is too much"),
        _shown("limits"),
    ),
    Rule(
        "quiet",
        "silver",
        N_("Side effects have a quiet way, or a switch that a person is led to; a command is given for its effect"),
        _loud,
    ),
    Rule("scenario", "silver", N_("A change is tested to go through the hub to other systems, and its echo to die"), _shown("scenario")),
    Rule("followed", "gold", N_("The page is followed word for word against the stand-in by a test"), _shown("followed")),
    Rule("client", "gold", N_("An independent client works against the stand-in unchanged, where one exists"), _clientless),
    Rule("traps", "gold", N_("Each known trap of the vendor's protocol is tested"), _untested),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a connector stands. ``lacks``: rule -> what is missing, of the rules that it does not keep."""

    vendor: str
    title: str
    level: str
    lacks: Mapping[str, list[str]]
    standing: Standing


def judge(subject: Subject) -> Verdict:
    """A level is reached when all its rules and those of the levels below it are kept."""
    lacks = {rule.name: missing for rule in RULES if (missing := rule.lacks(subject))}
    level = ""
    for name in LEVELS:
        if any(rule.name in lacks for rule in RULES if rule.level == name):
            break
        level = name
    return Verdict(subject.manifest.vendor, subject.manifest.title, level, lacks, subject.standing)


def lines(verdict: Verdict, say: Speech) -> list[tuple[str, str, str]]:
    """What a connector lacks: level, rule and what is missing, in words."""
    return [(say(NAMES[rule.level]), say(rule.text), "; ".join(verdict.lacks[rule.name])) for rule in RULES if rule.name in verdict.lacks]


PAGE = """# The quality scale

What each connector keeps of the rules below: computed from its manifest, its abilities, and what its tests show, which each connector's
`tests/standing/` file names and a test checks. No rule is lighter for anybody. Written by
`python -m hub.systems.standing && SVERKA_LANGUAGE=en sverka connector quality > docs/quality.md`.
"""


def page(verdicts: Iterable[Verdict], say: Speech) -> str:
    """The scale as Markdown: who stands where, what each lacks, and the rules."""
    verdicts = list(verdicts)
    text = [PAGE, f"| | | {' | '.join(f'`{rule.name}`' for rule in RULES)} |", "|" + " --- |" * (len(RULES) + 2)]
    for one in verdicts:
        marks = ["—" if rule.name in one.lacks else "✓" for rule in RULES]
        text.append(f"| {one.title} | **{say(NAMES[one.level])}** | {' | '.join(marks)} |")
    text += ["", f"## {say(N_('What is lacking'))}", ""]
    for one in verdicts:
        if one.lacks:
            text += [f"**{one.title}**", "", *(f"- {level}, {rule}: {missing}" for level, rule, missing in lines(one, say)), ""]
    without = [one for one in verdicts if one.standing.no_client]
    text += [
        f"## {say(N_('Where no independent client exists'))}",
        "",
        *(f"- {one.title}: {one.standing.no_client}" for one in without),
        "",
    ]
    text += [f"## {say(N_('The rules'))}", "", "| | | |", "| --- | --- | --- |"]
    text += [f"| `{rule.name}` | {say(NAMES[rule.level])} | {say(rule.text)} |" for rule in RULES]
    return "\n".join([*text, ""])
