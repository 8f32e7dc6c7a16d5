"""What a system says of itself, and what the hub has met there: one list of lines, kept for the page. `sverka check` and the page show the same.

The connector asks the vendor; what no question shows (a refused subscription, refused writes, unknown words of directories) the hub has
seen by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection

from connectors.contract import ONLY_READ, UNANSWERED, WRITES_UNSEEN, Checks, Finding, Health, Subscribes
from connectors.errors import ConnectorError
from hub import audit
from hub.app import Hub
from hub.decisions import stand_ins
from hub.decisions.directories import TITLES
from hub.entities import FIELDS
from hub.language import Speech, apart
from hub.language.shown import PLURALS
from hub.storage import brakes, directories, links, states, views
from hub.sync.effects import noticed
from hub.sync.scale import POST
from hub.systems import fingerprints
from hub.words.effects import named

Json = Any
OK, WARN, BAD = "ok", "warn", "bad"
WEBHOOKS = ("webhooks", "events")  # findings that say nothing where the configuration wants no webhooks
NAMED = 20  # unknown words that are named one by one


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at. ``level``: ok | warn (hinders nothing) | bad. ``fix``: the menu path that mends it, where it is not ok."""

    name: str
    level: str
    ru: str
    en: str
    fix_ru: str = ""
    fix_en: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """One check of one system. ``ok``: nothing hinders it. ``resumed``: it was paused and goes on now."""

    system: str
    at: float
    ok: bool
    lines: tuple[Line, ...]
    clock_skew: float | None = None
    version: str = ""
    error: str = ""
    resumed: bool = False


def check(hub: Hub, system: str, *, actor: str) -> Checked:
    """Ask the system, keep what was found, and go on with it where it was paused and is well. The vendor is asked outside of any
    transaction."""
    connector, error, in_russian, health = hub.connectors[system], "", "", Health(())
    try:
        health = connector.check() if isinstance(connector, Checks) else health
        if health.ok:
            fingerprints.recognise(hub, system)
    except ConnectorError as failed:
        error, in_russian = failed.message, failed.russian
    told = [f for f in health.findings if f.ok or f.name not in WEBHOOKS or hub.settings.systems[system].webhooks]
    with hub.store.write() as at:
        state = states.get(at, system)
        lines = [line for f in told for line in (_line(heeded(hub, system, f)) if f.name != WRITES_UNSEEN else _writes(hub, at, system, f))]
        if error:
            lines.append(Line("answer", BAD, f"Система не ответила: {in_russian}", f"The system did not answer: {error}", *UNANSWERED))
        lines += met(hub, at, system, state)
        well = not any(line.level == BAD for line in lines)
        found = Checked(system, hub.clock(), well, tuple(lines), health.clock_skew, health.version, error, well and bool(state["paused"]))
        states.saw_clock(at, system, health.clock_skew)
        states.set_values(at, system, checked=asdict(found) | {"resumed": False})
        _settle(hub, at, found, actor)
    return found


def heeded(hub: Hub, system: str, found: Finding) -> Finding:
    """What cannot be written to a system is no news where no route would write it there."""
    entity = found.name.removeprefix(ONLY_READ) if found.name.startswith(ONLY_READ) else ""
    return replace(found, ok=True, fix_ru="", fix_en="") if entity and system not in hub.takers(entity) else found


def _line(found: Finding) -> list[Line]:
    return [Line(found.name, OK if found.ok else WARN if found.warn else BAD, found.ru, found.en, found.fix_ru, found.fix_en)]


def _settle(hub: Hub, at: Connection, found: Checked, actor: str) -> None:
    """Audit rows of the check, and the end of a pause or an outage where all is well."""
    now = hub.clock()
    entries = [audit.Entry("operator.check", actor, found.system, outcome="ok" if found.ok else "failed")]
    if found.ok:
        states.set_values(at, found.system, paused="", breaker_failures=0, breaker_until=0.0)
    if found.resumed:
        entries.append(audit.Entry("operator.resume", actor, found.system, cause="check"))
    audit.write(at, entries, now=now)


def kept(at: Connection, system: str) -> Checked | None:
    """What the last check of a system found, or None before the first."""
    found = states.get(at, system).get("checked")
    return Checked(**{**found, "lines": tuple(Line(**line) for line in found["lines"])}) if found else None


def met(hub: Hub, at: Connection, system: str, state: Mapping[str, Json]) -> Iterator[Line]:
    """Lines of what the hub has seen by itself."""
    yield from _base(system, state.get("alarm"))
    yield from _effects(hub, system, str(state.get("hushed") or ""))
    yield from _subscription(hub, system, state.get("webhooks") or {})
    yield from _refusals(hub, at, system)
    yield from _unmapped(at, system)
    yield from _nobody(at, system)
    yield from _foreign(at, system)
    yield from _spending(hub, system)


def _spending(hub: Hub, system: str) -> Iterator[Line]:
    """Of a loyalty service: whether anybody but one system may say how many points pay an order. What is typed there is spent when it is paid."""
    if system not in hub.takers("loyalty_operation") or hub.settings.policy("order", "bonus_spent").kind == "owner":
        return
    telling = [
        name for name in hub.settings.systems
        if hub.gives(name, "order") and any(one.field == "bonus_spent" and one.only != "write" for m in hub.spoken(name, "order") for one in m.fields)
    ]  # fmt: skip
    if len(telling) > 1:
        names, line = ", ".join(telling), "bonus_spent: {kind: owner, systems: [SITE], until: [done], then: [SITE]}"
        yield Line(
            "spending", WARN, f"Сколько баллов платят заказ, решает последняя правка: {names}", f"The latest edit says how many points pay an order: {names}",
            f"config.yaml → policies.order: {line}, SITE — система, где покупатель оформляет заказ",
            f"config.yaml → policies.order: {line}, where SITE is the system of the checkout",
        )  # fmt: skip


def _foreign(at: Connection, system: str) -> Iterator[Line]:
    """Places whose receipts somebody else posts: one line each, with the receipts."""
    for row in brakes.undecided(at, system):
        if row["way"] != POST:
            continue
        channel, _, store = row["field"].partition("|")
        ru, en = views.titles(at).get(("store", store), (store, store)) if store else ("", "")
        told = [f"№ {before or '—'} → {after}" for one in row["sample"] for _, before, after in one["changes"]]
        text = "; ".join(told[:NAMED])
        yield Line(
            "posts", WARN, f"{ru or channel}: те же чеки проводит кто-то ещё, хаб ничего не проводит: {text}", f"{en or channel}: somebody else posts the same receipts, the hub posts none: {text}",
            f"Выключите второго и ответьте: sverka brake approve {row['id']}; или sverka brake refuse, и loyalty.stores: till_module",
            f"Switch the other one off and answer: sverka brake approve {row['id']}; or sverka brake refuse, and loyalty.stores: till_module",
        )  # fmt: skip


def _writes(hub: Hub, at: Connection, system: str, unseen: Finding) -> Iterator[Line]:
    """Rights to write that the vendor shows only by refusing: told by what the hub has written there so far. Facts, such as calls, go by rights of
    their own."""
    owed = [e for e in FIELDS if system in hub.takers(e) and (m := hub.giving(system, e)) and not hub.resource(system, m.resource).fact]
    done = [entity for entity in owed if links.wrote(at, system, entity)]
    if done:
        yield Line("writes", OK, f"Хаб здесь уже записывал: {_plural(done, 'ru')}", f"The hub has written here: {_plural(done, 'en')}")
    if rest := [entity for entity in owed if entity not in done]:
        ru, en = _plural(rest, "ru"), _plural(rest, "en")
        yield Line(unseen.name, WARN, f"{unseen.ru}: {ru}", f"{unseen.en}: {en}", unseen.fix_ru, unseen.fix_en)


def _plural(entities: list[str], language: str) -> str:
    say = Speech(language)
    return ", ".join(say(PLURALS.get(entity, entity)).lower() for entity in entities)


def _base(system: str, alarm: Mapping[str, Json] | None) -> Iterator[Line]:
    """Whether the base is the one that the hub knows."""
    if alarm:
        command = f"sverka mode {system} {alarm['mode']} [--base-is-right]"
        yield Line("base", BAD, alarm["ru"], alarm["en"], f"Панель → Системы, или {command}", f"Dashboard → Systems, or {command}")
    else:
        yield Line("base", OK, "База та же, что была", "The base is the one that it was")


def _effects(hub: Hub, system: str, hushed: str) -> Iterator[Line]:
    """What writing sets off that people notice where the vendor has no quiet way, and the hand switch."""
    for what, ru, en in noticed(hub, system):
        off, off_en = (f"; выключено вручную: {hushed}", f"; switched off by hand: {hushed}") if hushed else ("", "")
        yield Line("side effects", OK,
                   f"Запись сюда вызывает: {named(what, Speech('ru'))}. Прогоны сначала спрашивают. Выключается вручную: {ru}{off}",
                   f"Writing here sets off: {named(what, Speech('en'))}. Runs ask before they do. It is switched off by hand: {en}{off_en}")  # fmt: skip


def _subscription(hub: Hub, system: str, outcome: Mapping[str, Json]) -> Iterator[Line]:
    """Whether the vendor took our webhooks; polls go on either way."""
    chosen = hub.settings.systems[system]
    if not isinstance(hub.connectors[system], Subscribes):
        return
    if not chosen.webhooks:
        yield Line(
            "subscription", OK, "Вебхуки выключены в настройке: хаб опрашивает", "Webhooks are off in the configuration: the hub polls"
        )
    elif not chosen.webhook_secret:
        place = f"config.yaml → systems.{system}.webhook_secret"
        yield Line("subscription", WARN, "Вебхуки не подписаны: не задан webhook_secret; хаб опрашивает",
                   "No webhooks are subscribed: webhook_secret is not set; the hub polls",
                   f"{place}: задайте, или webhooks: false", f"{place}: set it, or webhooks: false")  # fmt: skip
    elif error := str(outcome.get("error") or ""):
        cure = hub.connectors[system].manifest.cures.get(str(outcome.get("code", "")), ("", ""))
        polls, polls_en = "Без вебхуков хаб опрашивает", "Without webhooks the hub polls"
        ru, en = apart(error)
        yield Line("subscription", WARN, f"Система не приняла подписку на вебхуки: {ru}", f"The system refused the webhooks: {en}",
                   cure[0] or polls, cure[1] or polls_en)  # fmt: skip


def _refusals(hub: Hub, at: Connection, system: str) -> Iterator[Line]:
    """Writes refused for want of a right or a tariff: rights to write show nowhere else."""
    cures = hub.connectors[system].manifest.cures
    for row in views.problems(at):
        if row["kind"] == "delivery" and row["system"] == system and row["error_code"] in cures:
            count, text = row["count"], str(row["text"]).rstrip(".")
            ru, en = (_plural([row["entity"]], language) for language in ("ru", "en"))
            yield Line(f"refused {row['error_code']} {row['entity']}", WARN, f"Система отказывает в записи, {ru} ({count}): {text}",
                       f"The system refuses to write {en} ({count}): {text}", *cures[row["error_code"]])  # fmt: skip


def _unmapped(at: Connection, system: str) -> Iterator[Line]:
    """Words of the system that records wait for, each by name, and how many more nobody has mapped."""
    unknown = [twin for twin in directories.twins(at, system=system) if twin.value is None and twin.active]
    waiting = sorted((twin for twin in unknown if twin.waiting), key=lambda twin: -twin.waiting)
    for twin in waiting[:NAMED]:
        ru, en = (Speech(language)(TITLES.get(twin.name, twin.name)) for language in ("ru", "en"))
        yield Line(f"directory {twin.name} {twin.plain}", WARN, f"Слова «{twin.told}» нет в справочнике «{ru}»; записей, которые его ждут: {twin.waiting}",
                   f"The directory {en} lacks '{twin.told}'; records that wait for it: {twin.waiting}",
                   f"Панель → Справочники → {ru}", f"Dashboard → Directories → {en}")  # fmt: skip
    if len(waiting) > NAMED:
        more = len(waiting) - NAMED
        yield Line("directories", WARN, f"И ещё слов, которых ждут записи: {more}", f"And {more} more words that records wait for",
                   "Панель → Справочники", "Dashboard → Directories")  # fmt: skip
    elif not waiting:
        rest = len(unknown)
        ru = "Все слова справочников известны" if not rest else f"Никто не ждёт слов справочников; не сопоставлено: {rest}"
        en = "Every word of the directories is known" if not rest else f"Nothing waits for a word of a directory; not mapped: {rest}"
        yield Line("directories", OK, ru, en)


def _nobody(at: Connection, system: str) -> Iterator[Line]:
    """Customers that seem to mean nobody, until a person has said whether they do."""
    asked = [one for one in stand_ins.listing(at, stand_ins.PROPOSED) if any(of == system for of, _ in one.objects)]
    if asked:
        some = ", ".join(f"«{one.name}»" for one in asked[:3])
        yield Line("stand-ins", WARN, f"Похоже, что это никто, а не покупатели ({len(asked)}): {some}",
                   f"These seem to mean nobody, not customers ({len(asked)}): {some}",
                   "Панель → Разбор → Никто, или sverka stand-ins", "Dashboard → Review → Nobody, or sverka stand-ins")  # fmt: skip
