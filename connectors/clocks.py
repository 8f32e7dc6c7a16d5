"""What a difference of clocks and of time zones means, said alike for every vendor. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from connectors.contract import Finding, Health

LATE = 120.0  # seconds of difference that webhooks, tokens and the order of edits can still live with
HOUR = 3600.0
ZONES = {  # hours east of Greenwich -> a zone to write into the configuration; none of these has summer time
    0.0: "UTC", 2.0: "Europe/Kaliningrad", 3.0: "Europe/Moscow", 4.0: "Europe/Samara", 5.0: "Asia/Yekaterinburg", 6.0: "Asia/Omsk",
    7.0: "Asia/Novosibirsk", 8.0: "Asia/Irkutsk", 9.0: "Asia/Yakutsk", 10.0: "Asia/Vladivostok", 11.0: "Asia/Magadan", 12.0: "Asia/Kamchatka",
}  # fmt: skip


def whole_hours(skew: float) -> int:
    """The whole number of hours that a difference of clocks is, give or take LATE; 0 where it is none: then a clock is wrong, no zone."""
    hours = round(skew / HOUR)
    return hours if abs(skew - hours * HOUR) <= LATE else 0


def clock_finding(skew: float) -> Finding:
    """``skew``: seconds that the vendor's clock is ahead of ours. Beyond LATE it is worth a word: edits keep their order even so, since they lie
    between two looks of ours. A whole number of hours is told as what it is, a clock set to local time instead of UTC."""
    seconds = abs(round(skew))
    if not seconds:
        return Finding("clock", True, "Часы системы идут как наши", "The system's clock agrees with ours")
    far, far_en = lasting(seconds)
    ru = f"Часы системы {'спешат' if skew > 0 else 'отстают'} на {far}"
    en = f"The system's clock is {far_en} {'ahead of' if skew > 0 else 'behind'} ours"
    if abs(skew) <= LATE:
        return Finding("clock", True, ru, en)
    if whole_hours(skew):
        return Finding(
            "clock", False, f"{ru}: это целые часы", f"{en}: whole hours",
            "Похоже на неверный часовой пояс: проверьте пояс и время на сервере системы и на этом сервере (timedatectl)",
            "This looks like a wrong time zone: check zone and time of the system's server and of this one (timedatectl)", warn=True,
        )  # fmt: skip
    return Finding(
        "clock", False, ru, en,
        "Включите синхронизацию времени (NTP) на сервере системы и на этом сервере: timedatectl set-ntp true",
        "Let both servers take their time by NTP: timedatectl set-ntp true", warn=True,
    )  # fmt: skip


def health_of(findings: Sequence[Finding], skew: float | None, version: str = "") -> Health:
    """What a check found, and what the two clocks say of each other where the vendor has told its time."""
    clock = [] if skew is None else [clock_finding(skew)]
    return Health((*findings, *clock), skew, version)


def lasting(seconds: float) -> tuple[str, str]:
    """A stretch of time as people say it, in Russian and English."""
    if hours := whole_hours(seconds):
        return f"{hours} ч", f"{hours} h"
    if seconds >= 2 * 60:
        return f"{round(seconds / 60)} мин", f"{round(seconds / 60)} min"
    return f"{max(1, round(seconds))} с", f"{max(1, round(seconds))} s"


def offset_of(zone: str, at: datetime) -> float:
    """Seconds east of Greenwich on the clocks of a zone at a moment (aware). Raises ZoneInfoNotFoundError."""
    found = at.astimezone(ZoneInfo(zone)).utcoffset()
    return found.total_seconds() if found is not None else 0.0


def zone_finding(configured: str, theirs: float, at: datetime, *, system: str, name: str = "", warn: bool = False) -> Finding:
    """``theirs``: seconds east of Greenwich on the vendor's clock at ``at`` (aware). ``name``: how the vendor calls its zone, where it does. ``warn``:
    its times bear their offset, so that a wrong zone hinders nothing that is read."""
    differs = offset_of(configured, at) - theirs
    told = name or utc(theirs)
    ru, en = f"Часовой пояс системы: {told}, в настройке: {configured}", f"The system's time zone: {told}; configured: {configured}"
    if abs(differs) < 60.0:
        return Finding("zone", True, ru, en)
    fit = name or ZONES.get(theirs / HOUR, told)
    return Finding(
        "zone", False, f"{ru}, разница {differs / HOUR:+g} ч", f"{en}, {differs / HOUR:+g} h apart",
        f"config.yaml → systems.{system}.timezone: впишите пояс {fit}", f"config.yaml → systems.{system}.timezone: set the zone {fit}", warn=warn,
    )  # fmt: skip


def shown_zone(configured: str, times: Iterable[object], *, system: str) -> list[Finding]:
    """The zone of a system whose times bear an offset, by the first of ``times`` (ISO) that has one; none where nothing tells it."""
    for one in times:
        try:
            moment = datetime.fromisoformat(str(one))
        except ValueError:
            continue
        if (offset := moment.utcoffset()) is not None:
            return [zone_finding(configured, offset.total_seconds(), moment, system=system, warn=True)]
    return []


def utc(seconds: float) -> str:
    """``UTC+5``: an offset without a name."""
    return f"UTC{seconds / HOUR:+g}"


# What is meant by the vendors whose times are moments: they bear UTC, or an offset that may differ from one to the next.
NO_ZONE = Finding(
    "zone", True, "Часовой пояс из настройки здесь не нужен: время приходит с указанием пояса или в UTC",
    "The configured time zone is not used here: times come with their zone, or in UTC",
)  # fmt: skip
