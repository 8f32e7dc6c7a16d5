"""What each vendor can do with each entity, said by its manifest and by the abilities of its connector: one table for people, pure.

The page docs/capabilities.md, the command ``sverka capabilities`` and the dashboard's page of systems show the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, get_type_hints

from connectors import registry
from connectors.audiences import HoldsAudiences
from connectors.contract import (
    Describes,
    Fetches,
    Finds,
    Identifies,
    ListsDirectories,
    LooksUp,
    Manifest,
    Merges,
    ResourceManifest,
    Segments,
    Spends,
)
from hub.language import N_, Speech
from hub.words import effects as effect_words

COLUMNS = {
    "read": N_("Reading"),
    "write": N_("Writing"),
    "webhook": N_("Webhook"),
    "poll": N_("Poll"),
    "delete": N_("Deletion is seen by"),
    "repeat": N_("Repeated create"),
    "echo": N_("Echo filter"),
    "effects": N_("Side effects"),
}
ABILITIES: dict[type[Any], str] = {
    Fetches: N_("objects by id"),
    Finds: N_("objects by phone, e-mail, card or hub key"),
    LooksUp: N_("goods by SKU"),
    ListsDirectories: N_("its short lists"),
    Describes: N_("its fields, custom ones too"),
    Identifies: N_("a copy of the base told from the base"),
    Spends: N_("points spent during a checkout"),
    Segments: N_("who is in a segment"),
    Merges: N_("customers merged there for good"),
    HoldsAudiences: N_("lists of people for advertising"),
}
REPEATS = {"safe": N_("harmless"), "keyed": N_("harmless, by its key"), "never": N_("never: a person decides")}
PAGE = """# What each system can do

What the manifests and the connectors say, one line for a vendor's collection. The hub plans by the same facts. Written by
`SVERKA_LANGUAGE=en sverka capabilities > docs/capabilities.md`; change a manifest, not this page.

The hub itself never deletes in another system. Where a deletion is seen by neither webhook nor poll, the nightly comparison finds it.
"""


@dataclass(frozen=True, slots=True)
class Capability:
    """One line of the table, in words of the reader's language. ``source``: the vendor's paper on webhooks, deletions and echoes."""

    vendor: str
    resource: str
    entity: str
    read: str
    write: str
    webhook: str
    poll: str
    delete: str
    repeat: str
    echo: str
    effects: str
    source: str

    def cells(self) -> dict[str, str]:
        """Column -> text, in the order of :data:`COLUMNS`."""
        return {name: str(getattr(self, name)) for name in COLUMNS}


def table(manifests: Iterable[Manifest], say: Speech) -> list[Capability]:
    """The lines of all collections of these vendors."""
    return [_line(manifest.vendor, name, of, say) for manifest in manifests for name, of in manifest.resources.items()]


def _line(vendor: str, name: str, of: ResourceManifest, say: Speech) -> Capability:
    told = of.telling
    return Capability(
        vendor=vendor,
        resource=name,
        entity=of.entity,
        read=say(
            N_("all, and by id") if of.listed and of.fetched else N_("all") if of.listed else N_("by id alone") if of.fetched else N_("no")
        ),
        write=_write(of, say),
        webhook=say(N_("no") if not told.webhook else N_("yes, typed by hand") if told.typed else N_("yes")),
        poll=say(
            N_("known ones, by id")
            if of.revisit
            else N_("no")
            if not of.listed
            else N_("what changed")
            if of.incremental
            else N_("everything, compared")
        ),
        delete=_delete(of, say),
        repeat=_repeat(of, say),
        echo=told.echo or ("—" if _silent(of) else say(N_("no: comes back and is equal"))),
        effects=_effects(of, say),
        source=told.source,
    )


def _silent(of: ResourceManifest) -> bool:
    """Whether nothing of the collection ever comes by itself."""
    return not of.listed and not of.telling.webhook


def _write(of: ResourceManifest, say: Speech) -> str:
    if not of.operations:
        return say(N_("no"))
    return say(N_("yes") if "update" in of.operations else N_("created, never changed"))


def _delete(of: ResourceManifest, say: Speech) -> str:
    ways = [word for word, there in ((N_("webhook"), "deleted" in of.telling.webhook), (N_("poll"), of.telling.gone)) if there]
    if not ways and not of.fetched:
        return "—"
    return ", ".join(map(say, ways)) or say(N_("comparing all") if of.listed else N_("a look by id"))


def _repeat(of: ResourceManifest, say: Speech) -> str:
    create = of.operations.get("create")
    if create is None:
        return "—"
    if create.repeat == "findable":
        return say(N_("looked up first, by %(keys)s"), keys=", ".join(create.find_by.split()))
    return say(REPEATS[create.repeat])


def _effects(of: ResourceManifest, say: Speech) -> str:
    """What people may notice of a write, and how the hub writes without it where the vendor has a way."""
    named = {
        word: one
        for word, key in ((N_("create"), "create"), (N_("update"), "update"))
        if (one := of.operations.get(key)) and one.side_effects
    }
    quiet = N_("%(what)s (quietly: %(how)s)")
    said = {word: effect_words.named(one.side_effects, say) for word, one in named.items()}
    parts = [f"{say(word)}: {say(quiet, what=said[word], how=one.quiet) if one.quiet else said[word]}" for word, one in named.items()]
    return "; ".join(parts) or say(N_("none"))


def abilities(connector: type[Any], say: Speech) -> list[str]:
    """What else a connector can do, by the protocols that it speaks."""
    return [say(words) for protocol, words in ABILITIES.items() if issubclass(connector, protocol)]


def connector_of(name: str) -> type[Any]:
    """The class that a connector's ``create`` makes."""
    found: type[Any] = get_type_hints(registry.CONNECTORS[name].create)["return"]
    return found


def shipped() -> dict[str, Manifest]:
    return {name: registry.manifest(name) for name in registry.CONNECTORS}


def as_json(manifests: Mapping[str, Manifest], say: Speech) -> dict[str, Any]:
    """The same for programs."""
    other = {name: abilities(connector_of(name), say) for name in manifests}
    return {"capabilities": [asdict(line) for line in table(manifests.values(), say)], "abilities": other}


def page(manifests: Mapping[str, Manifest], say: Speech) -> str:
    """The table as Markdown, with its sources."""
    lines = table(manifests.values(), say)
    head = [say(N_("System")), say(N_("Collection")), *map(say, COLUMNS.values())]
    rows = [[manifests[one.vendor].title, f"`{one.resource}`: {one.entity}", *one.cells().values()] for one in lines]
    able = [[manifest.title, ", ".join(abilities(connector_of(name), say))] for name, manifest in manifests.items()]
    papers = [[manifests[one.vendor].title, f"`{one.resource}`", one.source] for one in lines]
    return "\n".join(
        [
            PAGE,
            *_markdown(head, rows),
            f"\n## {say(N_('What else the connectors can do'))}\n",
            *_markdown([say(N_("System")), say(N_("Gives"))], able),
            f"\n## {say(N_('Where the facts on webhooks, deletions and echoes come from'))}\n",
            *_markdown([say(N_("System")), say(N_("Collection")), say(N_("Source"))], papers),
            "",
        ]
    )


def _markdown(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
