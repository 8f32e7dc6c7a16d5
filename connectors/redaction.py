"""Secrets and personal data out of messages that may be logged or shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

_QUERY = re.compile(
    r"((?:consumer_(?:key|secret)|oauth_[a-z_]+|auth|access_token|refresh_token|client_secret|token|password)=)[^&\s\"']+", re.I
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<!\w)\+?[78][\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}(?!\w)")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` with secrets, e-mail addresses and phone numbers starred out."""
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, "***")
    return _PHONE.sub("+7**********", _EMAIL.sub("***@***", _QUERY.sub(r"\1***", text)))
