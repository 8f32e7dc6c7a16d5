"""What is wrong with this machine and the configuration, without calling any vendor: each finding says what to do."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import redis
import requests
import yaml
from sqlalchemy.exc import SQLAlchemyError

from connectors import registry
from hub.app import Hub
from hub.config import declared, environment
from hub.config.settings import Settings, SettingsError, load, read
from hub.language import N_, Speech
from hub.processes import alive, redis_server
from hub.storage.engine import open_store
from hub.storage.migrate import Newer, upgrade
from hub.watch import notify

OK, WARN, BAD = "ok", "warn", "bad"
ROOM = 1_000_000_000  # bytes that should be free
SKEW = 120.0  # seconds that the clock may be wrong
NEWEST = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. ``level``: ok | warn | bad. ``fix``: what to do, empty where nothing is to be done."""

    name: str
    level: str
    text: str
    fix: str = ""


def examine(path: Path, say: Speech, env: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """All findings about the configuration at ``path`` and the machine; one that fails stops none of the others."""
    yield python(say)
    settings, found = configuration(path, say, env)
    yield from found
    yield from secrets(path, say, env)
    folder = settings.folder if settings else Path(env.get("SVERKA_FOLDER") or path.parent / "var")
    base, queue = (settings.database_url, settings.redis_url) if settings else (told(env, "DATABASE_URL"), told(env, "REDIS_URL"))
    yield disk(folder, say)
    if settings or base or folder.exists():  # nothing is made here for a hub that nobody has described yet
        yield database(base, folder, say)
    yield redis_of(queue, say)
    yield lint(settings, say)
    yield from packages(say)
    yield clock(settings, say)
    if settings:
        yield port(settings, say)
        yield reachable(settings, say)
        yield from receivers(settings, say)


def running(hub: Hub, say: Speech) -> Iterator[Finding]:
    """What can be told of a hub from inside: its configuration and its database are in use, and so are right."""
    settings = hub.settings
    yield python(say)
    yield disk(settings.folder, say)
    yield redis_of(settings.redis_url, say)
    yield workers(settings.redis_url, say)
    yield lint(settings, say)
    yield from packages(say)
    yield reachable(settings, say)
    yield from receivers(settings, say)


def python(say: Speech) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= NEWEST
    return Finding("python", OK if good else BAD, version, "" if good else say("Install Python 3.11 or newer."))


def configuration(path: Path, say: Speech, env: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """The settings, where they can be had, and a finding for each error."""
    try:
        raw = path.read_text()
    except OSError as error:
        fix = say("Make one with: sverka init %(folder)s", folder=str(path.parent))
        return None, [Finding("configuration", BAD, f"{path}: {error.strerror}", fix)]
    _, errors = read(raw)
    fix = say("Mend the line; config.example.yaml shows every setting.")
    found = [Finding("configuration", BAD, e.told(path), fix) for e in errors if "is not set" not in e.text]
    if errors:
        return None, found
    try:
        settings = load(path, env)
    except (SettingsError, ValueError, OSError) as error:
        return None, [Finding("configuration", BAD, str(error), fix)]
    systems = ", ".join(settings.systems)
    return settings, [Finding("configuration", OK, say("%(path)s, systems: %(systems)s", path=str(path), systems=systems))]


def secrets(path: Path, say: Speech, env: Mapping[str, str]) -> Iterator[Finding]:
    """Every secret that the file names, whether it is there; its value is never shown."""
    try:
        raw = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError):
        return
    for place, kind, name in sorted(named(raw)):
        there = given(env, name) if kind == "env" else os.access(name, os.R_OK)
        what = say("the environment variable %(name)s", name=name) if kind == "env" else say("the file %(name)s", name=name)
        if there:
            yield Finding("secret", OK, f"{place}: {what}")
        else:
            fix = (
                say("Set it before starting: export %(name)s=…", name=name)
                if kind == "env"
                else say("Put the secret there, readable by this user.")
            )
            gone = say("is missing")
            yield Finding("secret", BAD, f"{place}: {what} {gone}", fix)


def given(env: Mapping[str, str], name: str) -> bool:
    """Whether the environment has a value, itself or by file."""
    return bool(told(env, name))


def told(env: Mapping[str, str], name: str) -> str:
    """A value of the environment, itself or by file; empty where there is none."""
    try:
        return environment.value(env, name) or ""
    except OSError:
        return ""


def named(value: Any, place: str = "") -> Iterator[tuple[str, str, str]]:
    """(place, env or file, name) of each secret in a configuration."""
    if isinstance(value, Mapping):
        if len(value) == 1 and set(value) <= {"env", "file"}:
            (kind, name), *_ = value.items()
            yield place, str(kind), str(name)
            return
        for key, inner in value.items():
            yield from named(inner, f"{place}.{key}".lstrip("."))


def disk(folder: Path, say: Speech) -> Finding:
    there = folder
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK):
        return Finding("disk", BAD, say("%(folder)s cannot be written to", folder=str(there)), say("Give it to the user that runs Sverka."))
    free = shutil.disk_usage(there).free
    told = say("%(folder)s: %(free)s GB free", folder=str(folder), free=say.number(round(free / 1e9, 1)))
    return Finding(
        "disk", OK if free > ROOM else BAD, told, "" if free > ROOM else say("Free some room: a full disk makes the hub refuse webhooks.")
    )


def database(url: str, folder: Path, say: Speech) -> Finding:
    """Opened, brought to the newest schema, and written to."""
    kind = "PostgreSQL (DATABASE_URL)" if url else "SQLite"
    try:
        store = open_store(url, folder)
        try:
            upgrade(store)
            store.ask()
            with store.write():
                pass
        finally:
            store.dispose()
    except Newer as error:
        return Finding("database", BAD, f"{kind}: {error}", say("Start the version of Sverka that ran here last, or a later one."))
    except ImportError:  # another kind of database, whose driver is not here
        return Finding(
            "database",
            BAD,
            "DATABASE_URL",
            say("Only PostgreSQL: postgresql://USER:PASSWORD@HOST:5432/DATABASE; without it SQLite is used."),
        )
    except (SQLAlchemyError, OSError) as error:
        why = str(getattr(error, "orig", None) or error).splitlines()[0]
        fix = say("Check DATABASE_URL, and that the server lets this user in.") if url else say("Check the data folder and its rights.")
        return Finding("database", BAD, f"{kind}: {why}", fix)
    well = say("opened, schema up to date")
    return Finding("database", OK, f"{kind}: {well}")


def redis_of(url: str, say: Speech) -> Finding:
    if not url:
        try:
            return Finding("redis", OK, say("its own, %(path)s", path=redis_server.binary()))
        except redis_server.NoRedis as error:
            return Finding("redis", BAD, str(error), say("Install redis-server, or set REDIS_URL."))
    try:
        redis.Redis.from_url(url, socket_connect_timeout=3).ping()
        return Finding("redis", OK, say("answers (REDIS_URL)"))
    except redis.RedisError as error:
        return Finding(
            "redis",
            BAD,
            f"REDIS_URL: {type(error).__name__}",
            say("Start that Redis, or mend REDIS_URL; without the variable Sverka runs its own."),
        )


def workers(url: str, say: Speech) -> Finding:
    """Whether the processes that do the work are alive."""
    try:
        seen = alive.roles(redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3)) if url else {}
    except redis.RedisError:
        seen = {}
    lacking = [role for role in ("worker", "scheduler") if not seen.get(role)]
    if not lacking:
        return Finding("workers", OK, say("workers: %(n)s", n=say.number(seen["worker"])))
    fix = say("Start them: sverka up runs all; otherwise sverka worker and sverka scheduler.")
    return Finding("workers", WARN, say("none was seen in the last minute: %(roles)s", roles=", ".join(lacking)), fix)


def receivers(settings: Settings, say: Speech) -> Iterator[Finding]:
    """Who is told of alerts. An address that nothing understands would be found out at the worst moment."""
    if not settings.alerts.to:
        fix = say("Name a receiver in config.yaml, under alerts: to; until then only the page of alerts tells.")
        yield Finding("alerts", WARN, say("nobody is told of alerts"), fix)
    for name, address in settings.alerts.to.items():
        good = notify.understood(address)
        told = say("%(name)s is told", name=name) if good else say("%(name)s: not an address that apprise understands", name=name)
        yield Finding(
            "alerts", OK if good else BAD, told, "" if good else say("Mend its address; sverka alerts test sends a trial message.")
        )


def packages(say: Speech) -> Iterator[Finding]:
    """Connectors that come with installed packages, and packages that promise one and cannot be used."""
    fix = say("Mend or remove that package; the other connectors work.")
    yield from (Finding("package", BAD, str(one), fix) for one in registry.INSTALLED.broken)
    for name, package in registry.INSTALLED.connectors.items():
        yield Finding("package", OK, say("connector %(name)s, of the package %(package)s", name=name, package=package.__name__))


def lint(settings: Settings | None, say: Speech) -> Finding:
    errors = declared.lint(settings)
    if errors:
        more = say.many("%(n)s error", "%(n)s errors", len(errors))
        return Finding("mappings", BAD, f"{errors[0]} ({more})", say("sverka mappings lint shows all of them, each with its fix."))
    return Finding("mappings", OK, say("no errors"))


def clock(settings: Settings | None, say: Speech) -> Finding:
    """Our clock beside that of a configured system's web server (the Date of its answer; nothing is asked of its API)."""
    for system in settings.systems.values() if settings else ():
        started = time.time()
        try:
            date = requests.head(system.url, timeout=5, allow_redirects=False).headers.get("Date", "")
            skew = started - parsedate_to_datetime(date).timestamp()
        except (requests.RequestException, ValueError, TypeError):
            continue
        told = say("differs from that of %(system)s by %(n)s s", system=system.name, n=say.number(round(abs(skew), 1)))
        good = abs(skew) < SKEW
        return Finding(
            "clock", OK if good else BAD, told, "" if good else say("Set the clock of this machine by NTP (timedatectl set-ntp true).")
        )
    return Finding(
        "clock", WARN, say("no system answered to compare with"), say("Check the network; webhooks and dates need a right clock.")
    )


def port(settings: Settings, say: Speech) -> Finding:
    where = f"{settings.host}:{settings.port}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            return Finding("port", OK, say("%(where)s is free", where=where))
        except OSError as error:
            problem = error.strerror or str(error)
    try:
        if requests.get(f"http://{where}/health", timeout=3).text == "ok\n":
            return Finding("port", OK, say("%(where)s: Sverka runs there", where=where))
    except requests.RequestException:
        pass
    return Finding("port", BAD, f"{where}: {problem}", say("Stop what listens there, or set web.port (SVERKA_PORT)."))


def reachable(settings: Settings, say: Speech) -> Finding:
    """Whether vendors could send webhooks at all."""
    wanted = [s.name for s in settings.systems.values() if s.webhooks]
    if not wanted:
        return Finding("webhooks", OK, say("off everywhere: polls alone"))
    outside = settings.public_url.startswith("https://")
    told = say("vendors are told %(url)s", url=settings.public_url)
    fix = say("Set web.public_url to the https:// address of this hub, or webhooks: false; polls work either way.")
    return Finding("webhooks", OK if outside else WARN, told, "" if outside else fix)


TITLES = {
    "python": "Python",
    "configuration": N_("Configuration"),
    "secret": N_("Secret"),
    "disk": N_("Disk"),
    "database": N_("Database"),
    "redis": "Redis",
    "mappings": N_("Mappings"),
    "package": N_("Package"),
    "clock": N_("Clock"),
    "port": N_("Port"),
    "webhooks": N_("Webhooks"),
    "workers": N_("Processes"),
    "alerts": N_("Alerts"),
}
