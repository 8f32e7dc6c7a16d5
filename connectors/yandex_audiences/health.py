"""Whether an account can be worked with: its token, what it shows, and uploads that nobody confirmed."""

from __future__ import annotations

from connectors.clocks import health_of
from connectors.contract import Finding, Health
from connectors.errors import ConnectorError, Unavailable
from connectors.unanswered import unanswered
from connectors.yandex_audiences.api import Api
from connectors.yandex_audiences.manifest import CURES


def check(api: Api) -> Health:
    """Each thing looked at is one finding. Rights to write are seen by no read."""
    try:
        rows = api.segments()
    except Unavailable as error:
        return Health(
            (unanswered("token", error, ("Яндекс Аудитории не ответили", "Yandex Audience did not answer")),), api.http.clock.skew
        )
    except ConnectorError as error:
        ru, en = CURES.get(error.code, ("", ""))
        return Health((Finding("token", False, f"Токен не принят: {error.message}", f"The token is refused: {error.message}", ru, en),))
    findings = [Finding("token", True, f"Токен принят, сегментов: {len(rows)}", f"The token is accepted, segments: {len(rows)}")]
    if orphans := [row for row in rows if row.get("status") == "uploaded"]:
        findings.append(
            Finding(
                "unconfirmed", False, f"Загружено и не сохранено: {len(orphans)}", f"Uploaded and not saved: {len(orphans)}",
                "Яндекс Аудитории → Сегменты: удалите те, что не нужны", "Yandex Audience → Segments: delete those that nobody needs", warn=True,
            )
        )  # fmt: skip
    return health_of(findings, api.http.clock.skew)
