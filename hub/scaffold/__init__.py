"""The files that a new connector begins with, in this tree or as a package of its own: the same names as its siblings, nothing done. Pure.

The tests among them run, and each failure says what to write next and in which file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hub.entities import FIELDS

TEMPLATES = Path(__file__).parent / "template"
NAME = re.compile(r"^[a-z][a-z0-9_]{1,30}$")
PARTS = ("__init__", "manifest", "catalogue", "api", "shape", "connector", "webhook", "health")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to begin. ``own_package``: a package that others install; else folders of this tree."""

    name: str
    title: str
    resource: str
    entity: str
    own_package: bool = False

    @property
    def package(self) -> str:
        """Under which name its code is imported."""
        return f"sverka_{self.name}" if self.own_package else f"connectors.{self.name}"

    def places(self) -> dict[str, str]:
        """What it is called -> where it lies, beside the files of the connector's own folder."""
        if self.own_package:
            return {
                "folder": self.package, "sandbox": f"{self.package}/sandbox", "mappings": f"{self.package}/mappings",
                "test": f"tests/test_connector_{self.name}.py", "stand_in": f"tests/test_sandbox_{self.name}.py", "page": "README.md",
            }  # fmt: skip
        return {
            "folder": f"connectors/{self.name}", "sandbox": f"sandbox/{self.name}", "mappings": f"mappings/{self.name}",
            "test": f"tests/contract/test_connector_{self.name}.py", "stand_in": f"tests/contract/test_sandbox_{self.name}.py",
            "page": f"docs/connectors/{self.name}.md",
        }  # fmt: skip


def files(asked: Asked) -> dict[str, str]:
    """Path -> text of every file, in the order in which one would read them."""
    at = asked.places()
    made = {f"{at['folder']}/{part}.py": f"connector/{part}.py" for part in PARTS}
    made |= {
        f"{at['mappings']}/{asked.resource}.yaml": "mapping.yaml",
        f"{at['sandbox']}/__init__.py": "sandbox/__init__.py",
        f"{at['sandbox']}/app.py": "sandbox/app.py",
        at["test"]: "tests/connector.py",
        at["stand_in"]: "tests/stand_in.py",
        at["page"]: "page.md",
    }
    if asked.own_package:
        made |= {f"{at['sandbox']}/__main__.py": "package/sandbox_main.py", "pyproject.toml": "package/pyproject.toml"}
    return {path: _filled(template, asked) for path, template in made.items()}


def _filled(template: str, asked: Asked) -> str:
    at = asked.places()
    words = {
        "NAME": asked.name, "TITLE": asked.title, "RESOURCE": asked.resource, "ENTITY": asked.entity, "PACKAGE": asked.package,
        "CLASS": "".join(part.capitalize() for part in asked.name.split("_")), "FOLDER": at["folder"],
        "SANDBOX": at["sandbox"].replace("/", "."), "SANDBOX_FOLDER": at["sandbox"], "MAPPINGS_FOLDER": at["mappings"],
        "MAPPINGS": "package.__file__" if asked.own_package else "mappings.__file__",
        "MAPPINGS_NAME": "mappings" if asked.own_package else asked.name, "FIELD": next(iter(FIELDS[asked.entity])),
    }  # fmt: skip
    text = (TEMPLATES / f"{template}.txt").read_text()
    return re.sub("@([A-Z_]+)@", lambda found: words[found[1]], text)


def remains(asked: Asked) -> list[str]:
    """The lines of other files that make the new connector known, for a person to write."""
    if asked.own_package:
        return []
    return [
        f'connectors/registry.py: import {asked.name}, and "{asked.name}": {asked.name} in SHIPPED',
        f"sandbox/__main__.py: {asked.name} in VENDORS",
        f'pyproject.toml: "connectors.{asked.name}" among the vendors that never import each other, "sandbox.{asked.name}" for mypy',
        f"tests/standing/{asked.name}.yaml: which test shows what, for the quality scale",
        "docs/capabilities.md, docs/quality.md and docs/fields.md are written anew by the commands that they name",
    ]
