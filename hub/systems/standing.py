"""What the tree shows of each connector, gathered for the quality scale: ``python -m hub.systems.standing`` writes ``connectors/<name>/quality.json``.

``tests/standing/<name>.yaml`` says which test shows what; a test that it names and that is not there is an error, so that no claim outlives
its proof. A connector without that file shows nothing. A test that is run for everything alike proves nothing of one vendor by its name: a trap that rests on it
says which example of a mapping, or which codec, shows it.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import mappings
from connectors import registry
from hub.systems import capabilities
from hub.systems.quality import Standing, Subject, Verdict, judge

ROOT = Path(__file__).parents[2]
CLAIMS = ("stand_in", "contract", "answers", "page", "lost_answer", "paging", "limits", "scenario", "followed", "client")
FILE = "quality.json"
OF_EXAMPLES = "unit/test_mappings.py::test_shipped_mapping_fulfils_its_examples"
OF_CODECS = "unit/test_codecs.py::"


class NotShown(ValueError):
    """A claim of ``tests/standing`` names a test that does not exist, or a word that the scale does not know."""


def gather(name: str, root: Path = ROOT) -> dict[str, Any]:
    """What the tree shows of one connector. Raises NotShown."""
    path = root / "tests" / "standing" / f"{name}.yaml"
    said = yaml.safe_load(path.read_text()) if path.exists() else {}
    if unknown := set(said) - {*CLAIMS, "traps", "no_client"}:
        raise NotShown(f"{path}: {', '.join(sorted(unknown))} is no claim; there are {', '.join(CLAIMS)}, traps, no_client")
    shown = {claim: sorted(_listed(said[claim])) for claim in CLAIMS if said.get(claim)}
    traps = said.get("traps") or []
    for test in [*(test for tests in shown.values() for test in tests), *(test for trap in traps for test in _listed(trap.get("tests")))]:
        _exists(test, root, path)
    for trap in traps:
        _shows(trap, name, path)
    if not (root / "docs" / "connectors" / f"{name}.md").exists() and "page" in shown:
        raise NotShown(f"{path}: page: there is no docs/connectors/{name}.md")
    return {
        "shown": shown,
        "mapped": sorted(one.resource for one in _mappings() if one.connector == name and one.examples),
        "no_client": said.get("no_client", ""),
        "traps": sum(1 for trap in traps if trap.get("tests")),
        "untested": [trap["trap"] for trap in traps if not trap.get("tests")],
    }


def _shows(trap: Mapping[str, Any], name: str, path: Path) -> None:
    """Raises NotShown where a trap rests on tests of all mappings or codecs, and does not say which of them shows it; or names what is not there."""
    tests, examples, codecs = _listed(trap.get("tests")), _listed(trap.get("examples")), _listed(trap.get("codecs"))
    if bool(examples) != (OF_EXAMPLES in tests) or bool(codecs) != any(test.startswith(OF_CODECS) for test in tests):
        raise NotShown(
            f'{path}: {trap["trap"]}: examples: ["resource: name of the example"] goes with {OF_EXAMPLES}, codecs: [name] with {OF_CODECS}'
        )
    there = {f"{one.resource}: {example.name}" for one in _mappings() if one.connector == name for example in one.examples}
    if missing := [one for one in examples if one not in there] + [one for one in codecs if one not in mappings.CODECS]:
        raise NotShown(f"{path}: {trap['trap']}: there is no {', '.join(missing)}")


def _listed(said: Any) -> list[str]:
    return [] if said is None else [said] if isinstance(said, str) else [str(one) for one in said]


@cache
def _mappings() -> tuple[Any, ...]:
    return tuple(mappings.load([Path(mappings.__file__).parent]).all)


def _exists(test: str, root: Path, path: Path) -> None:
    """Raises NotShown unless ``file.py::function``, or a whole file, is there below tests/. A class of the contract suite has the suite's tests."""
    name, _, function = test.partition("::")
    file = root / "tests" / name
    if not file.exists():
        raise NotShown(f"{path}: there is no tests/{name}")
    if function and function not in _functions(file):
        raise NotShown(f"{path}: tests/{name} has no {function}")


@cache
def _functions(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text())
    suite = Path(__file__).parents[2] / "connectors/kit/suite.py"
    found = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    if (
        any(isinstance(one, ast.ClassDef) and "Suite" in {getattr(base, "id", "") for base in one.bases} for one in tree.body)
        and file != suite
    ):
        found |= _functions(suite)
    return frozenset(found)


def kept(name: str) -> Standing:
    """What was gathered of a connector, as it came with its package; nothing where nothing came."""
    file = Path(registry.CONNECTORS[name].__path__[0]) / FILE
    return Standing.of(json.loads(file.read_text()) if file.exists() else {})


def of(name: str) -> Verdict:
    """Where a connector stands."""
    catalogue = registry.catalogues().get(name, {})
    return judge(Subject(registry.manifest(name), capabilities.connector_of(name), catalogue, kept(name)))


def verdicts() -> list[Verdict]:
    """Where every connector stands, by name."""
    return [of(name) for name in sorted(registry.CONNECTORS)]


def text(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    try:
        for shipped in sorted(path.stem for path in (ROOT / "tests" / "standing").glob("*.yaml")):
            (ROOT / "connectors" / shipped / FILE).write_text(text(gather(shipped)))
    except NotShown as error:
        sys.exit(str(error))
