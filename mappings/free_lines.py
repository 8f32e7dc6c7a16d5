"""Lines of goods outside a catalogue, where a system has a name for them and nothing else: ``SKU | name``, ``Доставка: до двери``."""

from __future__ import annotations

FREE = {"delivery": "Доставка", "service": "Услуга"}  # free lines of these kinds are named ``Доставка: до двери``


def told(name: str) -> tuple[str, str, str]:
    """Kind, SKU and name of a free line."""
    for kind, word in FREE.items():
        if name == word or name.startswith(f"{word}: "):
            return kind, "", name[len(word) + 2 :]
    head, bar, tail = name.partition(" | ")
    return ("product", head, tail) if bar else ("product", "", name)


def free_name(kind: str | None, sku: str | None, name: str) -> str:
    """What a free line is called: its kind or its SKU before the name."""
    if kind in FREE and not sku:
        return f"{FREE[kind]}: {name}" if name else FREE[kind]
    return f"{sku} | {name}" if sku else name or "Без названия"
