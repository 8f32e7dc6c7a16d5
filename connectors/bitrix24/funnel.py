"""Call tasks as deals of a funnel of their own: each of its stages says in a word where a task stands. Pure.

The words are the hub's: ``open``, the outcomes of a call, ``closed`` for a task that came to nothing. A portal names the stages of those that it
tells apart; the others stand where the nearest named one stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.bitrix24.manifest import ORIGINATOR

Json = Any
OPEN, TALKED, CLOSED = "open", "talked", "closed"
MUST = (OPEN, TALKED, CLOSED)
# a word without a stage of its own -> the word whose stage it takes; each chain ends at one that a portal must name
NEAREST = {
    "no_answer": OPEN, "busy": "no_answer", "call_later": "no_answer", "promised": TALKED, "bought": TALKED, "refused": CLOSED, "wrong_number": CLOSED,
}  # fmt: skip
WORDS = (OPEN, TALKED, CLOSED, *NEAREST)
SEMANTICS = {"S": TALKED, "F": CLOSED}  # of a stage that nobody named (bitrix24 docs: stageSemanticId); in progress is open


@dataclass(frozen=True, slots=True)
class Funnel:
    """``stages``: word -> code of its stage, without the funnel's prefix."""

    category: int
    stages: Mapping[str, str]

    @property
    def directory(self) -> str:
        """The list of the funnel's stages (bitrix24 docs: crm.status.list)."""
        return f"DEAL_STAGE_{self.category}"

    def holds(self, row: Mapping[str, Json]) -> bool:
        """Whether a deal stands in this funnel, whoever put it there."""
        return bool(row.get("categoryId") == self.category)

    def made(self, row: Mapping[str, Json]) -> bool:
        """Whether it is a task that the hub has put there."""
        return self.holds(row) and row.get("originatorId") == ORIGINATOR

    def shown(self, row: Mapping[str, Json]) -> dict[str, Json]:
        """A deal with the word of its stage in place of the stage."""
        code = str(row.get("stageId") or "").rpartition(":")[2]
        word = next((word for word, stage in self.stages.items() if stage == code), "")
        return {**row, "stage": word or SEMANTICS.get(str(row.get("stageSemanticId")), OPEN)}

    def sent(self, data: Mapping[str, Json], *, new: bool) -> dict[str, Json]:
        """What is written, with the stage of its word; a new deal stands in the funnel from the first."""
        fields = {name: value for name, value in data.items() if name != "stage"}
        if data.get("stage"):
            fields["stageId"] = f"C{self.category}:{self.stages[self.named(str(data['stage']))]}"
        return fields | ({"categoryId": self.category} if new else {})

    def named(self, word: str) -> str:
        """The word whose stage this one takes. Raises KeyError for a word that is none."""
        while word not in self.stages:
            word = NEAREST[word]
        return word


def funnel_of(options: Mapping[str, Json]) -> Funnel | None:
    """By ``call_funnel`` of a system's options; None where tasks are planned calls."""
    said = options.get("call_funnel")
    if not said:
        return None
    return Funnel(int(said["category"]), {word: str(stage).rpartition(":")[2] for word, stage in said["stages"].items()})
