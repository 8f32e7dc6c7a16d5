"""What a process held that is known to be dead: leases, claims and rights to be the only one at something. A lease ends by itself 45 seconds after its process
was killed; whoever has seen the process die need not wait for that. What it had sent stays in doubt as it would have."""

from __future__ import annotations

from typing import Any

from hub.storage import inbox, states
from hub.storage.engine import Store
from hub.storage.tables import delivery
from retry_queue.outbox import abandon

ALONE = "sverka:alone:"  # begins the names of rights in Redis that one process at a time has


def free(store: Store, client: Any, mark: str) -> None:
    """Free all that tokens with this mark hold. ``client``: of Redis. Doing it twice does no harm; what other processes hold is left to them."""
    with store.write() as at:
        states.free_leases(at, mark)
        abandon(at, delivery, mark)
    with store.intake() as at:
        inbox.free_claims(at, mark)
    for name in client.scan_iter(f"{ALONE}*"):
        if (held := client.get(name)) and held.startswith(mark.encode()):
            client.delete(name)
