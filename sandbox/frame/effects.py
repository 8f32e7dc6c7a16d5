"""What people notice of a vendor's doings (mails, robots), counted by kind; a shop may switch such things off by hand."""

from __future__ import annotations

from collections import Counter


class Effects(Counter[str]):
    """Counts by kind. ``muted``: beginnings of kinds that are switched off, and do not happen."""

    muted: tuple[str, ...] = ()

    def __setitem__(self, kind: str, count: int) -> None:
        if not kind.startswith(self.muted):
            super().__setitem__(kind, count)

    def told(self, *, begin_anew: bool) -> dict[str, int]:
        """What happened so far, each kind with its count. ``begin_anew``: it is counted from nothing again."""
        counts = {kind: count for kind, count in self.items() if count}
        if begin_anew:
            self.clear()
        return counts
