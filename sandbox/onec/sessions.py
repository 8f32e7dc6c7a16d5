"""Sessions and licences: every open session holds one licence; sessions are reused by a cookie, by the web extension's own pool, or not at all.

Vendor note on session reuse: ``reuseSessions`` of the publication is ``dontuse``, ``use`` (by the header ``IBSession``) or ``autouse``
(both); idle sessions end after ``sessionMaxAge`` seconds.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field

from .wire import WebError

NO_LICENCE = "Не обнаружено свободной лицензии!"
EXPIRED = "Истекло время ожидания сеанса"


@dataclass
class Session:
    """``cookie``: by which its holder asks for it, empty for one of the pool."""

    cookie: str = ""
    used: float = field(default_factory=time.monotonic)
    busy: threading.Lock = field(default_factory=threading.Lock)
    once: bool = False


class Sessions:
    """``licences``: how many sessions fit, ``taken``: how many of them people hold."""

    def __init__(self) -> None:
        self.reuse, self.licences, self.taken, self.max_age, self.status = "autouse", 100, 0, 20.0, 500
        self.open: list[Session] = []
        self.started = self.most = self.refused = 0
        self._lock = threading.Lock()

    def enter(self, header: str, cookie: str) -> Session:
        """The session of one request. Raises WebError: it is gone (406), or there is no licence for one more."""
        with self._lock:
            self._end_idle()
            managed = self.reuse in ("use", "autouse")
            if cookie and managed:
                found = next((one for one in self.open if one.cookie == cookie), None)
                if found is None:
                    raise WebError(406, EXPIRED)
            else:
                found = self._free(header) or self._new(header if managed else "")
        found.busy.acquire()
        return found

    def _free(self, header: str) -> Session | None:
        """An idle one of the pool."""
        if self.reuse != "autouse" or header == "start":
            return None
        return next((one for one in self.open if not one.cookie and not one.once and not one.busy.locked()), None)

    def _new(self, header: str) -> Session:
        if len(self.open) + self.taken >= self.licences:
            self.refused += 1
            raise WebError(self.status, NO_LICENCE)
        kept = header == "start"
        made = Session(uuid.uuid4().hex if kept else "", once=not kept and self.reuse != "autouse")
        self.open.append(made)
        self.started += 1
        self.most = max(self.most, len(self.open))
        return made

    def leave(self, session: Session, header: str) -> None:
        with self._lock:
            session.used = time.monotonic()
            if (session.once or header == "finish") and session in self.open:
                self.open.remove(session)
        session.busy.release()

    def _end_idle(self) -> None:
        now = time.monotonic()
        self.open = [one for one in self.open if one.busy.locked() or now - one.used < self.max_age]
