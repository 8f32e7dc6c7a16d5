"""Files that vendors bring in pieces: kept in the intake database until they are worked on, so that a killed process loses none.

A piece counts once the row of its file says so: what a broken connection left behind is written over. Names are values here, never paths.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, update

from hub.storage.engine import Store
from hub.storage.tables import upload, upload_piece

t, p = upload.c, upload_piece.c
PIECE = 1 << 20  # bytes of one row
IN_MEMORY = 8 << 20  # bytes of a file that is not worth the disk
FORGOTTEN = 86_400.0  # seconds after which what nobody asked to be worked on is let go
OPEN, READY, DONE = "open", "ready", "done"
FULL = " full"  # behind the kind of a file whose session brings all that there is


class TooLarge(Exception):
    """More than a file may be."""


def append(store: Store, system: str, session: str, kind: str, name: str, body: Iterable[bytes], *, most: int) -> int:
    """Add to the file of this name that the session has open, or begin one. Returns its size. All of the body or none of it. Raises TooLarge."""
    with store.intake() as at:
        row = _open(at, system, session, name)
        if row is None:
            ident = _begin(at, system, session, kind, name, now=store.clock())
            row = dict(at.execute(select(upload).where(t.id == ident)).mappings().one())
        at.execute(delete(upload_piece).where(p.upload_id == row["id"], p.number >= row["pieces"]))
    number, size = int(row["pieces"]), int(row["size"])
    for piece in _pieces(body):
        size += len(piece)
        if size > most:
            raise TooLarge(name)
        with store.intake() as at:
            at.execute(insert(upload_piece).values(upload_id=row["id"], number=number, body=piece))
        number += 1
    with store.intake() as at:
        at.execute(update(upload).where(t.id == row["id"]).values(pieces=number, size=size, touched_at=store.clock()))
    return size


def _pieces(body: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for chunk in body:
        held += chunk
        while len(held) >= PIECE:
            yield held[:PIECE]
            held = held[PIECE:]
    if held:
        yield held


def _open(at: Connection, system: str, session: str, name: str) -> Mapping[str, Any] | None:
    query = select(upload).where(t.system == system, t.session == session, t.name == name, t.state == OPEN)
    row = at.execute(query.order_by(t.id.desc()).limit(1)).mappings().first()
    return dict(row) if row else None


def _begin(at: Connection, system: str, session: str, kind: str, name: str, *, now: float, **more: Any) -> int:
    values = {
        "state": OPEN,
        "pieces": 0,
        "size": 0,
        "position": 0,
        "troubles": 0,
        "inner": "",
        "received_at": now,
        "touched_at": now,
    } | more
    made = at.execute(insert(upload).values(system=system, session=session, kind=kind, name=name, **values).returning(t.id))
    return int(made.scalar_one())


def clear(at: Connection, system: str, session: str) -> None:
    """Let go of what the session brought and nobody was asked to work on."""
    mine = and_(t.system == system, t.session == session, t.state == OPEN, ~_wanted())
    _drop(at, [row.id for row in at.execute(select(t.id).where(mine))])


def _wanted() -> Any:
    """Whether something inside of an archive is still to be worked on."""
    child = upload.alias()
    return exists().where(child.c.source == t.id, child.c.state == READY)


def _drop(at: Connection, ids: list[int]) -> None:
    for start in range(0, len(ids), 400):
        some = ids[start : start + 400]
        at.execute(delete(upload_piece).where(p.upload_id.in_(some)))
        at.execute(delete(upload).where(t.id.in_(some)))


def found(at: Connection, system: str, session: str, name: str) -> list[Mapping[str, Any]]:
    """Files of the session that a name may ask for: the one of that name, newest first, then those of other names."""
    rows = at.execute(select(upload).where(t.system == system, t.session == session, t.state != DONE).order_by(t.id.desc())).mappings()
    return sorted(map(dict, rows), key=lambda row: row["name"].casefold() != name.casefold())


def worked(at: Connection, system: str, session: str, name: str) -> bool:
    """Whether the session has asked for this file already."""
    query = select(t.id).where(t.system == system, t.session == session, t.state.in_((READY, DONE)), t.name == name)
    return at.execute(query.limit(1)).first() is not None


def ready(at: Connection, row: Mapping[str, Any], name: str, inner: str, *, now: float) -> None:
    """The file is whole, and is to be worked on: itself, or what is ``inner`` inside of it."""
    if inner:
        at.execute(update(upload).where(t.id == row["id"]).values(touched_at=now))
    if not inner:
        at.execute(update(upload).where(t.id == row["id"]).values(state=READY, touched_at=now))
        return
    _begin(at, row["system"], row["session"], row["kind"], name, now=row["received_at"], state=READY, source=row["id"], inner=inner)


def drop(at: Connection, row: Mapping[str, Any]) -> None:
    _drop(at, [row["id"]])


def due(at: Connection, *, now: float) -> set[str]:
    """Systems with a file to be worked on."""
    free = or_(t.claim.is_(None), t.claim_until < now)
    return set(at.execute(select(t.system).where(t.state == READY, free).distinct()).scalars())


def left_open(at: Connection, system: str, *, before: float) -> list[Mapping[str, Any]]:
    """Files that nothing was added to since, that nobody asked for, and that hold nothing to be worked on."""
    child = upload.alias()
    asked = exists().where(child.c.source == t.id)
    query = select(upload).where(t.system == system, t.state == OPEN, t.touched_at < before, t.pieces > 0, ~asked)
    return [dict(row) for row in at.execute(query.order_by(t.id).limit(20)).mappings()]


def began(at: Connection, system: str, session: str) -> float:
    """When the session's first file came."""
    found = at.execute(select(func.min(t.received_at)).where(t.system == system, t.session == session)).scalar()
    return float(found or 0.0)


def mark_full(at: Connection, system: str, session: str) -> None:
    """The session brings all that there is: its further files are marked as of what has changed, and are not."""
    mine = and_(t.system == system, t.session == session, t.kind.not_like(f"%{FULL}"))
    at.execute(update(upload).where(mine).values(kind=t.kind + FULL))


def is_full(at: Connection, system: str, session: str) -> bool:
    query = select(t.id).where(t.system == system, t.session == session, t.kind.like(f"%{FULL}"))
    return at.execute(query.limit(1)).first() is not None


def busy(at: Connection, system: str, *, since: float) -> bool:
    """Whether files of a system wait to be worked on, or the exchange that brought them has gone on since."""
    going = or_(t.state == READY, t.touched_at > since)
    return at.execute(select(t.id).where(t.system == system, going).limit(1)).first() is not None


def claim(at: Connection, system: str, *, lease: float, now: float) -> Mapping[str, Any] | None:
    """The first file of a system, unless another worker has it: files are worked on in the order in which they came. ``lapsed``: a worker had it
    and was killed, perhaps between its two commits."""
    query = select(upload).where(t.system == system, t.state == READY).order_by(t.id).limit(1)
    row = at.execute(query.with_for_update() if at.dialect.name == "postgresql" else query).mappings().first()
    if row is None or (row["claim"] and row["claim_until"] >= now):
        return None
    token = uuid.uuid4().hex
    at.execute(update(upload).where(t.id == row["id"]).values(claim=token, claim_until=now + lease))
    return dict(row) | {"claim": token, "lapsed": row["claim"] is not None}


def moved(at: Connection, row: Mapping[str, Any], position: int, troubles: int, *, until: float) -> bool:
    """Note how far a file is taken in; False where another worker has it now."""
    mine = and_(t.id == row["id"], t.claim == row["claim"])
    news = {"position": position, "troubles": troubles, "claim_until": until}
    return bool(at.execute(update(upload).where(mine).values(**news)).rowcount)


def finish(at: Connection, row: Mapping[str, Any]) -> None:
    """All of the file is taken in. Its pieces go; those of an archive once nothing inside is wanted, by :func:`tidy`."""
    at.execute(update(upload).where(t.id == row["id"], t.claim == row["claim"]).values(state=DONE, claim=None, claim_until=None))
    if row["source"] is None:
        at.execute(delete(upload_piece).where(p.upload_id == row["id"]))


def release(at: Connection, row: Mapping[str, Any]) -> None:
    at.execute(update(upload).where(t.id == row["id"], t.claim == row["claim"]).values(claim=None, claim_until=None))


def tidy(at: Connection, *, now: float) -> None:
    """Let go of what is old and done, and of what was never asked for."""
    old = and_(t.touched_at < now - FORGOTTEN, t.state != READY, ~_wanted())
    _drop(at, [row.id for row in at.execute(select(t.id).where(old).limit(1000))])


@contextmanager
def opened(store: Store, upload_id: int) -> Iterator[BinaryIO]:
    """The bytes of a file, as a file of this process that vanishes with it."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        number = 0
        while True:
            with store.read_intake() as at:
                count = at.execute(select(t.pieces).where(t.id == upload_id)).scalar() or 0
                body = at.execute(select(p.body).where(p.upload_id == upload_id, p.number == number)).scalar() if number < count else None
            if body is None:
                break
            file.write(body)
            number += 1
        file.seek(0)
        yield cast(BinaryIO, file)
