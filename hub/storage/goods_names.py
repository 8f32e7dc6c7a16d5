"""By what lines of orders name the goods that a vendor brings by itself: it cannot be asked for them, so they are kept.

An article or barcode of two goods names neither: a wrong item in an order is worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, delete, insert, select

from hub.storage.tables import goods_name, lookup

t = goods_name.c
CHUNK = 400


def learn(at: Connection, system: str, goods: Mapping[str, Sequence[str]], *, of: str) -> None:
    """The names of these goods, in the place of earlier ones. ``of``: the lookup whose answers are asked for anew, where they may differ now."""
    touched = {name for names in goods.values() for name in names}
    for some in _chunks(list(goods)):
        mine = and_(t.system == system, t.goods.in_(some))
        touched |= set(at.execute(select(t.name).where(mine)).scalars())
        at.execute(delete(goods_name).where(mine))
    rows = [{"system": system, "goods": ident, "name": name, "place": n} for ident, names in goods.items() for n, name in enumerate(names)]
    if rows:
        at.execute(insert(goods_name), rows)
    for some in _chunks(sorted(touched)):
        at.execute(delete(lookup).where(lookup.c.system == system, lookup.c.name == of, lookup.c.key.in_(some)))


def by_name(at: Connection, system: str, names: Sequence[str]) -> dict[str, str]:
    """Name -> goods, for names of one goods alone."""
    found: dict[str, set[str]] = {}
    for some in _chunks(names):
        for name, ident in at.execute(select(t.name, t.goods).where(t.system == system, t.name.in_(some))):
            found.setdefault(name, set()).add(ident)
    return {name: next(iter(idents)) for name, idents in found.items() if len(idents) == 1}


def of_goods(at: Connection, system: str, goods: Sequence[str]) -> dict[str, str]:
    """Goods -> what they are called: the first of their names that leads back to them alone."""
    mine: dict[str, list[str]] = {}
    for some in _chunks(goods):
        query = select(t.goods, t.name).where(t.system == system, t.goods.in_(some)).order_by(t.goods, t.place)
        for ident, name in at.execute(query):
            mine.setdefault(ident, []).append(name)
    back = by_name(at, system, sorted({name for names in mine.values() for name in names}))
    chosen = {ident: next((name for name in names if back.get(name) == ident), None) for ident, names in mine.items()}
    return {ident: name for ident, name in chosen.items() if name}


def _chunks(values: Sequence[str]) -> list[list[str]]:
    return [list(values[start : start + CHUNK]) for start in range(0, len(values), CHUNK)]
