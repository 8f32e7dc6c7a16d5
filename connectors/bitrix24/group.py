"""One request for a group of writes: quiet contacts as imports of twenty, and one list at the end, which shows what was made. Pure.

The vendor counts requests, and the run time of each method by itself (bitrix24 docs: limits), so a first load goes twice as fast where
contacts and deals are made by two methods. Both imports answer with ids alone (bitrix24 docs: crm.item.import, crm.item.batchImport).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.bitrix24.api import COMMANDS, Answer, Command, Result, chunks
from connectors.bitrix24.manifest import MANIFEST
from connectors.bitrix24.shape import commands, item, listing
from connectors.contract import Write
from connectors.errors import ConnectorError, Unknown

Json = Any
Answers = Mapping[str, Answer | ConnectorError]
IMPORT, IMPORTS, IMPORTED = "crm.item.import", "crm.item.batchImport", 20  # items of one batchImport
SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Request:
    """``commands`` of one request. ``places``: a write's import -> the common import that stands for it, and its place there."""

    commands: Mapping[str, Command]
    places: Mapping[str, tuple[str, int]]

    def told(self, answers: Answers, refusal: Callable[[Json], ConnectorError]) -> dict[str, Answer | ConnectorError]:
        """The answer to each command of the writes. ``refusal``: the error of one refused item."""
        found = {key: answer for key, answer in answers.items() if key != SHOWN}
        for key, (common, place) in self.places.items():
            found[key] = one_of(answers[common], place, refusal)
        return found


def one_of(answer: Answer | ConnectorError, place: int, refusal: Callable[[Json], ConnectorError]) -> Answer | ConnectorError:
    """What a common import says of one item."""
    if isinstance(answer, ConnectorError):
        return answer
    items = answer.result.get("items") if isinstance(answer.result, dict) else None
    said = items[place] if isinstance(items, list) and place < len(items) else None
    if not isinstance(said, dict):
        return Unknown("the answer lacks this item", ru="в ответе нет этого объекта")
    return refusal(said) if "error" in said else Answer(said, time=answer.time)


def request_of(resource: str, group: Sequence[tuple[Write, Mapping[str, Command]]]) -> Request:
    """The commands of a group, so few as they may be."""
    steps = {key: step for _, own in group for key, step in own.items()}
    alone = [key for key, step in steps.items() if step.method == IMPORT] if resource == "contact" else []
    places: dict[str, tuple[str, int]] = {}
    for number, together in enumerate(chunks(alone, IMPORTED)):
        if len(together) > 1:
            places |= {key: (f"together{number}", place) for place, key in enumerate(together)}
            data = [steps[key].params["fields"] for key in together]
            steps[f"together{number}"] = Command(IMPORTS, item(resource, data=data))
    made = [identity(next(iter(own)), places) for write, own in group if to_be_shown(write)]
    if made:
        steps[SHOWN] = listing(resource, {"@id": made})
    return Request({key: step for key, step in steps.items() if key not in places}, places)


def identity(key: str, places: Mapping[str, tuple[str, int]]) -> Result:
    """The id that an import of the same request will give."""
    if key not in places:
        return Result(f"$result[{key}][item][id]")
    common, place = places[key]
    return Result(f"$result[{common}][items][{place}][item][id]")


def to_be_shown(write: Write) -> bool:
    """An import tells an id alone, and rows move the total of their deal."""
    return write.id is None and bool(write.quiet or write.data.get("productRows"))


def shown_by(answers: Answers) -> dict[int, dict[str, Json]]:
    """Item by id, of the list at the end; none where it failed: then only a look can tell what is stored."""
    answer = answers.get(SHOWN)
    if not isinstance(answer, Answer) or not isinstance(answer.result, dict):
        return {}
    return {int(row["id"]): row for row in answer.result.get("items") or ()}


def grouped(resource: str, writes: Sequence[Write]) -> Iterator[list[tuple[Write, dict[str, Command]]]]:
    """Writes with their commands, so many together as a small group and one request take, with a place left for the list."""
    most = MANIFEST.resources[resource].batch
    group: list[tuple[Write, dict[str, Command]]] = []
    size = 0
    for i, write in enumerate(writes):
        own = commands(resource, write, f"w{i}")
        if group and (len(group) == most or size + len(own) >= COMMANDS):
            yield group
            group, size = [], 0
        group.append((write, own))
        size += len(own)
    if group:
        yield group
