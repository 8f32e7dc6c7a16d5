"""What a process held that is known to be dead: leases, claims and rights to be the only one at something. A lease ends by itself 45 seconds after its process
was killed; whoever has seen the process die need not wait for that. What it had sent stays in doubt as it would have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from hub.storage.engine import Store
from hub.storage.tables import delivery, inbox, system_state
from retry_queue.outbox import abandon

ALONE = "sverka:alone:"  # begins the names of rights in Redis that one process at a time has


def free(store: Store, client: Any, mark: str) -> None:
    """Free all that tokens with this mark hold. ``client``: of Redis. Doing it twice does no harm; what other processes hold is left to them."""
    with store.write() as at:
        held = system_state.c.lease.startswith(mark, autoescape=True)
        at.execute(update(system_state).where(held).values(lease=None, lease_until=0.0))
        abandon(at, delivery, mark)
    with store.intake() as at:
        at.execute(update(inbox).where(inbox.c.claim.startswith(mark, autoescape=True)).values(claim_until=0.0))
    for name in client.scan_iter(f"{ALONE}*"):
        if (held := client.get(name)) and held.startswith(mark.encode()):
            client.delete(name)
