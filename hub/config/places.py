"""Where a setting stands in its YAML file, so that an error can name the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mappings.parsed import parsed

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """``lines``: path of keys -> line, from 1. ``twice``: keys that stand twice in one mapping (YAML would take the last silently)."""

    lines: Mapping[Path, int]
    twice: tuple[Path, ...] = ()

    def line(self, path: Path) -> int:
        """The line of a setting, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def placed(text: str) -> tuple[Any, Places]:
    """The value of a YAML text, and every key of it. Raises yaml.YAMLError where it is not YAML."""
    lines: dict[Path, int] = {}
    twice: list[Path] = []
    root, value = parsed(text)
    if root is not None:
        _walk(root, (), lines, twice)
    return value, Places(lines, tuple(twice))


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], twice: list[Path]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            if here in lines:
                twice.append(here)
            lines[here] = key.start_mark.line + 1
            _walk(value, here, lines, twice)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            here = (*path, str(index))
            lines[here] = item.start_mark.line + 1
            _walk(item, here, lines, twice)
