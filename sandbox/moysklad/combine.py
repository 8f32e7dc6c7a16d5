"""What people do with «Объединить» in a list of counterparties: the account's API has no method for it (moysklad docs: audit, source combine).

Choices where the vendor's pages are silent: the one that stays fills its empty fields, takes the other's phones behind its own and its
documents, and is told as updated; the others are told as deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .state import Store

TAKEN = ("email", "discountCardNumber", "actualAddress", "description", "birthDate", "sex")
KIND = "counterparty"
Announce = Callable[[str, str, str, list[str]], None]  # kind, id, action, changed fields


def combine(store: Store, main: str, others: Sequence[str], announce: Announce) -> None:
    """Make counterparties one. The caller holds the store's lock."""
    kept = dict(store.tables[KIND][main])
    for ident in others:
        other = store.tables[KIND][ident]
        kept |= {name: other[name] for name in TAKEN if not kept.get(name) and other.get(name)}
        kept["phone"] = ", ".join(dict.fromkeys(text for text in (kept.get("phone"), other.get("phone")) if text))
        _documents(store, ident, main, announce)
    store.put(KIND, kept)
    announce(KIND, main, "UPDATE", ["phone", *TAKEN])
    for ident in others:
        store.remove(KIND, ident)
        announce(KIND, ident, "DELETE", [])


def _documents(store: Store, other: str, main: str, announce: Announce) -> None:
    for kind, table in store.tables.items():
        for row in list(table.values()):
            agent: Any = row.get("agent") or {}
            if str(agent.get("meta", {}).get("href", "")).endswith(f"/{KIND}/{other}"):
                meta = agent["meta"] | {"href": agent["meta"]["href"].replace(other, main)}
                store.put(kind, dict(row) | {"agent": {"meta": meta}})
                announce(kind, row["id"], "UPDATE", ["agent"])
