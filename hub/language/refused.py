"""What a person asked for and cannot be done."""

from __future__ import annotations

from hub.language import Speech


class Refused(Exception):
    """Nothing was changed; the message names what was asked for, says why it cannot be, and what to do. ``message``: one of the catalogues
    where pages show it, with ``values`` in it."""

    def __init__(self, message: str, **values: str) -> None:
        super().__init__(message % values if values else message)
        self.message, self.values = message, values

    def told(self, say: Speech, **instead: str) -> str:
        """In the reader's language. ``instead``: values that read better there, such as a field's title."""
        return say(self.message, **self.values | {name: text for name, text in instead.items() if name in self.values})
