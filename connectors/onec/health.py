"""Whether a base can be worked with: login, composition, rights, configuration, sessions, template, contact kinds, goods of delivery, clock."""

from __future__ import annotations

from typing import Any

from connectors.clocks import health_of
from connectors.contract import ONLY_READ, Finding, Health, SystemSettings
from connectors.errors import ConnectorError, Unauthorized
from connectors.onec.api import Api, either, text
from connectors.onec.catalogue import lacking
from connectors.onec.manifest import LICENCES, PUBLISHED, RIGHTS
from connectors.onec.ordering import GOODS, TEMPLATE
from connectors.onec.others import others
from connectors.onec.payments import DOCUMENTS
from connectors.onec.profiles import PROFILES, Profile, recognised
from connectors.onec.searching import BARCODES
from connectors.onec.shape import CLIENTS, KINDS
from connectors.unanswered import unanswered

Json = Any
LOGIN = ("1С → Администрирование → Пользователи → sverka: имя и пароль впишите в окружение; Basic-аутентификация на веб-сервере включена",
         "1C → Administration → Users → sverka: put name and password into the environment; the web server takes Basic authentication")  # fmt: skip
PUBLISH = ("Конфигуратор → Администрирование → Публикация на веб-сервере: отметьте «Публиковать стандартный интерфейс OData»",
           "Designer → Administration → Publishing on the web server: tick the standard OData interface")  # fmt: skip
MADE = ("1С → Продажи → Заказы клиентов: создайте заказ, заполните организацию, склад, валюту, соглашение, впишите номер по данным клиента {}, не проводите",
        "1C → Sales → Customer orders: make an order with organisation, store, currency and agreement, number by the client's data {}, not posted")  # fmt: skip
OVERLAY = "config.yaml → mappings: наложение на mappings/onec/{}.yaml с новым именем (docs/mappings.md)"
OVERLAY_EN = "config.yaml → mappings: an overlay of mappings/onec/{}.yaml with the new name (docs/mappings.md)"
ARTICLES = ("1С → Номенклатура: создайте услуги с артикулами {}", "1C → Goods: make services with the articles {}")


def check(api: Api, settings: SystemSettings) -> Health:
    """Each thing looked at is one finding; when the login is refused or nothing is published, nothing else is asked."""
    findings, sets = _door(api)
    profile = recognised(sets)
    if settings.options.get("profile"):
        profile = next((one for one in PROFILES if one.name == settings.options["profile"]), None)
    if findings[0].ok:
        findings.append(_configuration(profile, sets))
    if findings[0].ok and profile is not None:
        findings += [
            _set(api, name, sets) for name in dict.fromkeys([*profile.sets, *sorted({*profile.lists.values(), KINDS, GOODS, BARCODES})])
        ]
        findings += _renamed(api, profile, sets)
        absent = [place.set for place in profile.places.values() if place.optional and place.set not in sets]
        money = {profile.places[kind].set for kind in DOCUMENTS if kind in profile.places}
        findings += [_not_published(name, *(("оплаты", "payments") if name in money else ("возвраты", "returns"))) for name in absent]
        objects, _ = profile.money.objects
        if money & sets and objects and objects not in sets:
            findings.append(_not_published(objects, "заказы в оплатах", "orders of payments"))
        if profile.register and profile.register not in sets:
            findings.append(_not_published(profile.register, "отгрузки заказов", "shipments of orders"))
        if profile.cards[0] not in sets:
            findings.append(_not_published(profile.cards[0], "карты в чеках", "cards of receipts"))
        if lacked := [name for name in registers_of(profile) if not set(name) & sets]:
            findings.append(_shelves(", ".join(name[0] for name in lacked)))
        if all(finding.ok or finding.warn for finding in findings):
            findings += [_template(api, profile), _services(api)] if "orders" in profile.written else [_read_only(profile, settings)]
            findings += others(api)
    return health_of([*findings, _zone(settings)], api.http.clock.skew, profile.title if profile else "")


def _zone(settings: SystemSettings) -> Finding:
    """1C tells its zone by no request: what is assumed is said, for a person to compare."""
    zone = settings.timezone
    return Finding(
        "zone", True, f"1С не сообщает свой часовой пояс. Её время читается по поясу {zone}: он должен быть поясом сервера 1С",
        f"1C does not tell its time zone. Its times are read by {zone}: that should be the zone of the 1C server",
    )  # fmt: skip


def _door(api: Api) -> tuple[list[Finding], frozenset[str]]:
    try:
        sets = api.sets()
    except Unauthorized as error:
        ru, en = LOGIN if error.code == "401" else PUBLISH
        return [Finding("login", False, f"База не пускает: {error.message}", f"The base refuses: {error.message}", ru, en)], frozenset()
    except ConnectorError as error:
        said = ("База не ответила", "The base did not answer")
        if error.code != "licence":
            return [unanswered("login", error, said)], frozenset()
        return [Finding("login", False, f"{said[0]}: {error.message}", f"{said[1]}: {error.message}", *LICENCES)], frozenset()
    return [Finding("login", True, "Логин принят", "The login is accepted")], sets


def _configuration(profile: Profile | None, sets: frozenset[str]) -> Finding:
    if profile is not None:
        return Finding("configuration", True, f"Конфигурация: {profile.title}", f"Configuration: {profile.title}")
    what = (
        ("Состав OData пуст", "The composition is empty")
        if not sets
        else ("Конфигурация не опознана", "The configuration is not recognised")
    )
    return Finding("configuration", False, *what, *PUBLISHED)


def _set(api: Api, name: str, sets: frozenset[str]) -> Finding:
    if name not in sets:
        return Finding(name, False, f"{name}: не в составе OData", f"{name}: not in the composition", *PUBLISHED)
    try:
        api.rows(name, top=1)
        return Finding(name, True, f"{name}: виден", f"{name}: readable")
    except Unauthorized as error:
        return Finding(name, False, f"{name}: нет прав ({error.code})", f"{name}: no rights ({error.code})", *RIGHTS)
    except ConnectorError as error:
        return unanswered(name, error, (name, name))


def _renamed(api: Api, profile: Profile, sets: frozenset[str]) -> list[Finding]:
    """Fields that mappings use and that an object does not show: a release or a partner has renamed them."""
    found = []
    for resource, place in profile.places.items():
        try:
            rows = api.rows(place.set, top=1) if place.set in sets else []
        except ConnectorError:  # told above
            continue
        if rows and (names := ", ".join(lacking(resource, place, rows[0]))):
            ru, en = (
                f"{place.set}: нет реквизитов {names}; они стоят, остальное идёт",
                f"{place.set} lacks {names}; they rest, all else flows",
            )
            found.append(Finding(f"{resource} fields", False, ru, en, OVERLAY.format(resource), OVERLAY_EN.format(resource), warn=True))
    return found


def _not_published(name: str, what: str, what_en: str) -> Finding:
    ru, en = f"{name}: не в составе OData, {what} не видны", f"{name}: not in the composition, {what_en} are not seen"
    return Finding(name, False, ru, en, *PUBLISHED, warn=True)


def registers_of(profile: Profile) -> list[tuple[str, ...]]:
    """Registers of prices and stocks: of each tuple one is to be published."""
    return [profile.registers.prices, (profile.registers.balance,)]


def _shelves(names: str) -> Finding:
    ru, en = f"{names}: не в составе OData, цены и остатки не видны", f"{names}: not in the composition, prices and stocks are not seen"
    return Finding("registers", False, ru, en, *PUBLISHED, warn=True)


def _read_only(profile: Profile, settings: SystemSettings) -> Finding:
    ru = f"{profile.title}: заказы только читаются"
    en = f"{profile.title}: orders are only read"
    fix = f"config.yaml → routes.order.{settings.name}: {{give: true, take: false}}"
    return Finding(f"{ONLY_READ}order", False, ru, en, fix, fix, warn=True)


def _template(api: Api, profile: Profile) -> Finding:
    """The order made by hand whose service fields new ones take."""
    place = profile.places["orders"]
    number = place.names.get(CLIENTS, CLIENTS)
    try:
        found = api.rows(place.set, filter=f"{number} eq {text(TEMPLATE)}", select="Ref_Key", top=1)
    except ConnectorError:
        found = []
    if found:
        return Finding("template", True, "Заказ-образец есть", "The template order exists")
    ru, en = "Нет заказа-образца: новые заказы будут ждать", "No template order: new orders will wait"
    return Finding("template", False, ru, en, MADE[0].format(TEMPLATE), MADE[1].format(TEMPLATE), warn=True)


def _services(api: Api) -> Finding:
    """Delivery and services are goods with these articles (mappings/onec/orders.yaml)."""
    wanted = ("DELIVERY", "SERVICE")
    rows = api.rows(GOODS, filter=either("Артикул", [text(one) for one in wanted]), select="Артикул")
    lacking = ", ".join(sorted(set(wanted) - {str(row["Артикул"]).strip() for row in rows}))
    if not lacking:
        return Finding("services", True, "Услуги для доставки и сборов есть", "Services for delivery and fees exist")
    ru, en = (
        f"Нет услуг с артикулом {lacking}: заказы с доставкой будут ждать",
        f"No services with article {lacking}: orders with delivery will wait",
    )
    return Finding("services", False, ru, en, ARTICLES[0].format(lacking), ARTICLES[1].format(lacking), warn=True)
