"""YAML by libyaml: the nodes, which know their lines, and the values."""

from __future__ import annotations

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML's own parser takes ten times as long, where libyaml was not built in


def parsed(text: str) -> tuple[yaml.Node | None, Any]:
    """(root, value) of a YAML document; both None for an empty one. Raises yaml.YAMLError."""
    return yaml.compose(text, LOADER), yaml.load(text, LOADER)  # twice: making the values folds merge keys into the nodes
