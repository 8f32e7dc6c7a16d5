"""What `check` says of a system that gave no answer to look at: to wait, where it asks for that, else where to look. Said alike for every vendor. Pure."""

from __future__ import annotations

from connectors.clocks import lasting
from connectors.contract import UNANSWERED, Finding
from connectors.errors import ConnectorError, Unavailable

SYSTEM = ("Система не ответила", "The system did not answer")


def unanswered(name: str, error: ConnectorError, said: tuple[str, str] = SYSTEM) -> Finding:
    """``said``: what could not be seen, in Russian and English. A used up limit, or a vendor that names a delay, is no trouble of address or network:
    there is nothing to mend."""
    ru, en = said
    if not isinstance(error, Unavailable) or not (error.limited or error.retry_after):
        return Finding(name, False, f"{ru}: {error.russian}", f"{en}: {error.message}", *UNANSWERED)
    far, far_en = lasting(error.retry_after) if error.retry_after else ("несколько минут", "a few minutes")
    if error.limited:
        return Finding(
            name, False, f"{ru}: лимит запросов исчерпан ({error.russian})", f"{en}: the limit of requests is used up ({error.message})",
            f"Подождите {far} и проверьте снова: хаб сам ждёт и ничего не теряет. Если так часто, этим лимитом пользуется и другая программа",
            f"Wait {far_en} and check again: the hub waits by itself and loses nothing. Where this is often so, another program uses up the same limit",
        )  # fmt: skip
    return Finding(
        name, False, f"{ru}, просит подождать: {error.russian}", f"{en}, it asks to wait: {error.message}",
        f"Подождите {far} и проверьте снова: хаб сам ждёт и ничего не теряет", f"Wait {far_en} and check again: the hub waits by itself and loses nothing",
    )  # fmt: skip
