"""Findings about webhooks and about other programs that write to a system, told alike for every vendor. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from connectors.contract import Finding, SystemSettings


def writer(name: str, ru: str, en: str, fix_ru: str, fix_en: str) -> Finding:
    """Another program that was seen writing. ``name``: what it calls itself; ``ru``, ``en``: what was seen of it."""
    return Finding(
        f"other {name}", False, f"Сюда пишет и другая интеграция: {ru}", f"Another integration writes here too: {en}",
        f"{fix_ru}. Если она передаёт те же поля, отключите её или отдайте ей их (policies: owner)",
        f"{fix_en}. Where it carries the same fields, switch it off or let it own them (policies: owner)", warn=True,
    )  # fmt: skip


def nobody() -> Finding:
    return Finding("others", True, "Других интеграций не видно", "No other integration is seen")


def no_webhooks(menu_ru: str, menu_en: str) -> Finding:
    """None of ours stands there yet."""
    return Finding(
        "webhooks", False, "Вебхуков наших нет", "There are no webhooks of ours",
        f"Работающий хаб заводит их сам в течение 10 минут; если их всё нет — {menu_ru}, и права ключа",
        f"A hub that runs makes them within 10 minutes; where they are still not there: {menu_en}, and the rights of the key", warn=True,
    )  # fmt: skip


def is_ours(address: object, settings: SystemSettings) -> bool:
    """Whether a webhook leads to this system of the hub, whatever secret it bears."""
    public = str(settings.options.get("public_url", "")).rstrip("/")
    return bool(public) and str(address).startswith(f"{public}/webhooks/{settings.name}/")


def webhooks(
    settings: SystemSettings, there: Iterable[tuple[str, str, bool]], menu: tuple[str, str], cure: tuple[str, str]
) -> list[Finding]:
    """Of all webhooks that a vendor shows, as (address, what it tells of, whether it is on): the hub's own, each of them that is switched off
    by name, and those of others. ``menu``: where they stand; ``cure``: why the vendor switches them off, and what brings them back; both in
    Russian and English."""
    held = list(there)
    own = [(topic, on) for address, topic, on in held if is_ours(address, settings)]
    off = ", ".join(topic for topic, on in own if not on)
    ru, en = f"Вебхуков наших {len(own)}", f"{len(own)} webhooks of ours"
    if not own:
        found = no_webhooks(*menu)
    elif off:
        found = Finding("webhooks", False, f"{ru}, выключены: {off}", f"{en}, switched off: {off}", *cure, warn=True)
    else:
        found = Finding("webhooks", True, ru, en)
    return [found, *listeners((address for address, _, _ in held if not is_ours(address, settings)), *menu)]


def hosts(addresses: Iterable[str]) -> dict[str, int]:
    """Host -> how many of the addresses are there."""
    found: dict[str, int] = {}
    for address in addresses:
        host = urlsplit(address).netloc.rpartition("@")[2] or "?"
        found[host] = found.get(host, 0) + 1
    return found


def listeners(addresses: Iterable[str], fix_ru: str, fix_en: str) -> list[Finding]:
    """Webhooks of others: whoever listens to changes usually writes too."""
    return [
        Finding(
            f"webhook {host}", False, f"Чужие вебхуки на {host}: {count}", f"Webhooks of others to {host}: {count}",
            f"{fix_ru}: узнайте, чьи они", f"{fix_en}: find out whose they are", warn=True,
        )
        for host, count in sorted(hosts(addresses).items())
    ]  # fmt: skip
