"""One message to one receiver, by apprise."""

from __future__ import annotations

import re


def send(address: str, title: str, body: str) -> str:
    """Empty where the service took the message, else why not; no secret of the address is in it."""
    import apprise  # 0.15 s to load: only what sends pays for it

    service = apprise.Apprise.instantiate(address)
    if service is None:
        return "not an address that apprise understands"
    with apprise.LogCapture(level=30, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]  # 30: warnings
        try:
            taken = service.notify(title=title, body=body)
        except Exception as error:  # a plug-in's own fault must not stop the messages beside it
            return type(error).__name__
        said = log.getvalue().strip().splitlines()
    if taken:
        return ""
    return without_secrets(said[-1] if said else f"{service.service_name} did not take it", address)[:200]


def understood(address: str) -> bool:
    """Whether apprise knows what to do with the address; nothing is sent."""
    import apprise

    return apprise.Apprise.instantiate(address) is not None


def without_secrets(text: str, address: str) -> str:
    """The text without any longer part of the address: tokens, passwords and the like."""
    for part in sorted(re.split(r"[/:@?&=,]+", address), key=len, reverse=True):
        if len(part) > 4:
            text = text.replace(part, "***")
    return text
