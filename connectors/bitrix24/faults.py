"""The vendor's error codes as ours. Pure.

bitrix24 docs, errors: ``{"error": code, "error_description": text}``; the code may be empty or a number, "not found" is HTTP 400, and
inside a batch there is no status at all. So: code first, then status, then text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable, Unknown

Json = Any
LIMITED = "QUERY_LIMIT_EXCEEDED"
BLOCKED = "OPERATION_TIME_LIMIT"
OVERLOADED = "OVERLOAD_LIMIT"
EXPIRED = "expired_token"
BLOCKED_FOR = 60.0  # seconds, where no answer has said when the method is free again
OVERLOADED_FOR = 1800.0  # a block by hand, lifted by the vendor's support
LIMITED_FOR = 3.0

# The whole system is refused, whatever is asked for.
CREDENTIALS = frozenset(
    [
        "expired_token",
        "NO_AUTH_FOUND",
        "INVALID_CREDENTIALS",
        "invalid_token",
        "invalid_grant",
        "invalid_client",
        "user_access_error",
        "allowed_only_intranet_user",
        "PAYMENT_REQUIRED",
        "PORTAL_DELETED",
        "METHOD_CONFIRM_WAITING",
        "METHOD_CONFIRM_DENIED",
        "INVALID_REQUEST",
    ]
)
# One method is refused for want of a right; the others go on.
RIGHTS = frozenset(["insufficient_scope", "invalid_scope", "WRONG_AUTH_TYPE", "ACCESS_DENIED", "ERROR_METHOD_NOT_FOUND"])
ABSENT = frozenset({"NOT_FOUND", "OWNER_NOT_FOUND"})
OUTCOME_UNKNOWN = frozenset({"INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER"})
NOT_FOUND = re.compile(r"^\s*(activity is )?not found|не найден", re.I)  # of others named there (a user, a call) nothing is to be concluded
DENIED = re.compile(r"^\s*(access denied|доступ запрещ|недостаточно прав)", re.I)
NAMED = re.compile(r"[«\"']([^»\"']{2,80})[»\"']")


def error_of(body: Mapping[str, Json], status: int, *, safe: bool, inside: bool = False) -> ConnectorError:
    """An error object as ours. ``inside``: it stands in a batch, whose status says nothing. ``safe``: asking again does no harm."""
    code, text = str(body.get("error", "")), str(body.get("error_description") or body.get("error") or "")[:500]
    if code == LIMITED:
        return Unavailable(text, code=code, retry_after=LIMITED_FOR, limited=True)
    if code == BLOCKED:
        return Unavailable(text, code=code, retry_after=BLOCKED_FOR, limited=True)
    if code == OVERLOADED:
        return Unavailable(text, code=code, retry_after=OVERLOADED_FOR)  # no limit that fills up again: the log tells it as trouble
    if code in CREDENTIALS or (status in (401, 403) and code not in RIGHTS and not inside):
        return Unauthorized(text, code=code or str(status))
    if code in OUTCOME_UNKNOWN or status >= 500:
        return (Unavailable if safe else Unknown)(text, code=code or str(status))
    if code in ABSENT or (code in ("", "ERROR_CORE", "0", "100") and NOT_FOUND.search(text)):
        return Missing(text, code=code or "NOT_FOUND")
    if code == "ACCESS_DENIED" and status == 403 and not inside:  # REST itself is closed: the plan does not include it
        return Unauthorized(text, code=code)
    if DENIED.search(text):  # crm.contact.* and telephony.* refuse with an empty code (bitrix24 docs: errors of the methods)
        return Rejected(text, code="ACCESS_DENIED")
    return Rejected(text, code=code or str(status or "error"))


def named_field(text: str) -> str:
    """The title of a field that a refusal speaks of, or empty."""
    found = NAMED.search(text)
    return found[1].strip() if found else ""
