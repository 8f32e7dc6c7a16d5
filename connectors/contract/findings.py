"""What a connector tells of an installation: whether it is well, its fields and its short lists."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.contract.objects import Json

UNANSWERED = ("Проверьте адрес системы в config.yaml, сеть и страницу состояния самого сервиса",
              "Look at its url in config.yaml, at the network, and at the vendor's own status page")  # fmt: skip

# The finding of a vendor that shows rights to write only by refusing a write: what the hub has written there tells them instead.
WRITES_UNSEEN = "writes unseen"

# What the finding of an entity that a system only gives begins with, the entity after it: worth a word only where a route would write it there.
ONLY_READ = "only read "


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a health check: what was looked at, whether it is well, what to do (menu path), in Russian and English. ``warn``: it is
    worth a look and hinders nothing."""

    name: str
    ok: bool
    ru: str
    en: str
    fix_ru: str = ""
    fix_en: str = ""
    warn: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """Result of a check. ``clock_skew``: the vendor's clock minus ours, in seconds, where it can be seen."""

    findings: tuple[Finding, ...]
    clock_skew: float | None = None
    version: str = ""

    @property
    def ok(self) -> bool:
        return all(f.ok or f.warn for f in self.findings)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What `subscribe` found or did: topics now active, and those it had to create or repair."""

    active: tuple[str, ...]
    repaired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteField:
    """One field of a vendor's object: its remote path, type, and whether it can be written. ``options``: texts that it may hold, where the
    vendor lists them; ``many``: it holds several."""

    path: str
    type: str = "string"
    writable: bool = True
    title: str = ""
    options: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True, slots=True)
class DirectoryValue:
    """One value of a vendor's short list (order status, store, employee ...): the remote value as objects carry it, and its name.
    ``active`` False: objects that bear it keep it, and it can be given to no other. ``emails``, ``phones``: of a person, as the vendor
    keeps them, to tell the same one in another system."""

    value: Json
    title: str
    active: bool = True
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
