"""What a connector may raise. Each family answers one question: what happens next?

ConnectorError
|- Unavailable    no answer worth trusting, and nothing was done: the same call may succeed later
|- Unknown        the request left, the answer was lost: it may or may not have taken effect
|- Rejected       the vendor understood and refused: a person must look (field, vendor code)
|  `- Exists      a create of what the vendor has already: that object is looked up and linked
|- Unauthorized   every call would fail alike until the credentials are replaced: pause the system
|- Missing        the object does not exist (any more)
|- Settled        the vendor will never let this object change (closed period, fiscal receipt)
"""

from __future__ import annotations

BETWEEN = "\x1f"  # stands between the Russian and the English of a text that is kept in both; no vendor's text has it


class ConnectorError(Exception):
    """Base of all that leaves a connector. ``code`` is the vendor's own code, ``field`` the remote path it names. ``ru``: the message in Russian, where
    the words are our own; a vendor's stay as they came."""

    def __init__(self, message: str, *, code: str = "", field: str = "", ru: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field
        self.ru = ru

    @property
    def russian(self) -> str:
        """What is said of it inside a Russian sentence."""
        return self.ru or self.message

    @property
    def kept(self) -> str:
        """For a row that keeps one text: in both languages, where there are two."""
        return f"{self.ru}{BETWEEN}{self.message}" if self.ru else self.message


class Unavailable(ConnectorError):
    """No answer worth trusting and no effect. ``retry_after`` is in seconds where the vendor names a delay. ``limited``: turned away since a limit
    of requests is used up."""

    def __init__(self, message: str, *, code: str = "", retry_after: float | None = None, limited: bool = False, ru: str = "") -> None:
        super().__init__(message, code=code, ru=ru)
        self.retry_after = retry_after
        self.limited = limited


class Unknown(ConnectorError):
    """Sent, answer lost: the effect is unknown and must be looked up before anything is repeated."""


class Rejected(ConnectorError):
    """The vendor understood this record and refused it; ``field`` is the remote path, where the vendor tells."""


class Exists(Rejected):
    """A create was refused, or not even tried: the vendor has an object under the same phone, e-mail or card. Identification decides whether it is
    the same; only then it is linked."""


class Unauthorized(ConnectorError):
    """The credentials are refused. The system is paused, one person is told, the deliveries are spared."""


class Missing(ConnectorError):
    """There is no such object."""


class Settled(ConnectorError):
    """A document that the vendor will never let change again. Final and explained, not a failure."""
