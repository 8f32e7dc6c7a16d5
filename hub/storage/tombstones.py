"""Marks of erased persons: what of theirs is never read in again, as keyed digests, so that the table itself tells nobody who they were."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select

from hub.storage.tables import tombstone

Mark = tuple[str, ...]  # object, system, resource, id | record, id | key, kind, value
OBJECT, RECORD, KEY = "object", "record", "key"
CHUNK = 400


def digest(secret: str, mark: Mark) -> str:
    """HMAC-SHA256 of a mark under the hub's own secret key: who lacks the key cannot try phone numbers."""
    return hmac.new(secret.encode(), "\x1f".join(mark).encode(), "sha256").hexdigest()


def exist(at: Connection) -> bool:
    """Whether anybody was ever erased here."""
    return at.execute(select(tombstone.c.digest).limit(1)).first() is not None


def certificates(at: Connection, secret: str, marks: Iterable[Mark]) -> dict[Mark, str]:
    """Those of the marks that belong to erased persons, each with its certificate."""
    wanted = {digest(secret, mark): mark for mark in marks}
    found: dict[Mark, str] = {}
    digests = sorted(wanted)
    for start in range(0, len(digests), CHUNK):
        some = tombstone.c.digest.in_(digests[start : start + CHUNK])
        for one, certificate in at.execute(select(tombstone.c.digest, tombstone.c.certificate).where(some).order_by(tombstone.c.erased_at)).tuples():  # fmt: skip
            found[wanted[one]] = certificate
    return found


def put(at: Connection, secret: str, marks: Iterable[Mark], certificate: str, *, now: float) -> int:
    """Mark what belongs to an erased person. Returns how many marks are new."""
    known = set(at.execute(select(tombstone.c.digest).where(tombstone.c.certificate == certificate)).scalars())
    fresh = sorted({digest(secret, mark) for mark in marks} - known)
    if fresh:
        at.execute(insert(tombstone), [{"digest": one, "certificate": certificate, "erased_at": now} for one in fresh])
    return len(fresh)


def lift(at: Connection, certificate: str) -> int:
    """Forget the marks of a certificate: the person came back. Returns how many there were."""
    return at.execute(delete(tombstone).where(tombstone.c.certificate == certificate)).rowcount


def all_of(at: Connection) -> Mapping[str, str]:
    """Digest -> certificate, the latest of several."""
    return dict(at.execute(select(tombstone.c.digest, tombstone.c.certificate).order_by(tombstone.c.erased_at)).tuples().all())
