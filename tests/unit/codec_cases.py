"""For every shipped codec: how it is made, which canonical values it can say, and what a system may hold. A new codec adds its line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from mappings.cards import one_card
from mappings.codec import CODECS, Codec
from mappings.scalars import number_text

Json = Any


GOODS = "0d5f3c1e-77aa-11ef-8c35-00155d010203"
barcodes = st.sampled_from(["4600000000017", "JACKET-M", "46"])


class Tables:
    """A context in which a few directory values, lookups and references are known, each way round."""

    timezone = ZoneInfo("Asia/Yekaterinburg")
    directories = {"Новый": "new", "Оплачен": "paid", "7": "done"}
    enums = {"101": "Мужской", "102": "Женский"}
    refs = {"17": "rec-17", "23": "rec-23", "0f0e": "rec-uuid"}

    @staticmethod
    def goods(remote: Json) -> str:
        return str(remote).rsplit("/", 1)[-1]

    def directory(self, name: str, remote: Json) -> str | None:
        return self.directories.get(str(remote))

    def directory_back(self, name: str, value: str) -> Json | None:
        return next((r for r, v in self.directories.items() if v == value), None)

    def lookup(self, name: str, remote: Json) -> str | None:
        return self.enums.get(str(remote)) if name.startswith("enum:") else SKU_OF.get(str(remote))

    def lookup_back(self, name: str, key: str) -> Json | None:
        table = self.enums if name.startswith("enum:") else SKU_OF
        return next((r for r, v in table.items() if v == key), None)

    def ref(self, entity: str, remote: Json) -> str | None:
        return self.refs.get(self.goods(remote))

    def ref_back(self, entity: str, record_id: str) -> Json | None:
        return next((r for r, v in self.refs.items() if v == record_id), None)


SKU_OF = {
    "https://api.moysklad.ru/api/remap/1.2/entity/product/a1": "MUG-R",
    "https://api.moysklad.ru/api/remap/1.2/entity/product/b2": "SHIRT | XL",
    "https://api.moysklad.ru/api/remap/1.2/entity/service/c3": "WRAP",
}
CONTEXT = Tables()
PRODUCTS = [sku for href, sku in SKU_OF.items() if "/product/" in href]


@dataclass(frozen=True)
class Case:
    """``canonical``: values that the codec can say exactly. ``held``: what the system may hold. ``same``: when two canonical values are
    one and the same, where order or unsayable parts do not count."""

    canonical: st.SearchStrategy[Json]
    held: st.SearchStrategy[Json]
    make: Callable[[], Codec] | None = None
    same: Callable[[Json, Json], bool] = field(default=lambda a, b: bool(a == b))


def in_any_order(a: Json, b: Json) -> bool:
    """Two lists of the same items; the portal keeps an order of its own."""
    return sorted(map(repr, a or ())) == sorted(map(repr, b or ()))


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["", "0", "Y", "1e999999", "NaN", "нет"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).map(str.strip).filter(bool)
spaced = words | words.map(lambda w: f"  {w} ") | st.just("")
cents = st.integers(-(10**9), 10**9).map(lambda k: f"{Decimal(k) / 100:.2f}").map(lambda t: "0.00" if t == "-0.00" else t)
decimals = st.integers(-(10**9), 10**9).map(lambda k: number_text(Decimal(k) / 1000))
amounts = st.integers(0, 10**7).map(lambda k: f"{Decimal(k) / 100:.2f}")
numbers_held = st.integers(-(10**6), 10**6) | st.floats(-(10**6), 10**6) | cents | st.sampled_from(["1 234,50", "", None, "abc", "1e3"])
moments = st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1)).map(lambda m: m.replace(microsecond=0).isoformat() + "Z")
recent = st.datetimes(datetime(2015, 1, 1), datetime(2099, 1, 1)).map(
    lambda m: m.replace(microsecond=0).isoformat() + "Z"
)  # no hour comes twice
minutes = moments.map(lambda text: text[:-3] + "00Z")
days = st.dates(date(1900, 1, 1), date(2099, 1, 1)).map(date.isoformat)
NUMBERS = ["+79031234567", "+79267654321", "+73472234567", "+375291234567"]
phone_texts = st.sampled_from(
    ["8 903 123-45-67 муж, 8 926 765 43 21 Маша", "8 (347) 223-45-67 доб. 12", "+79031234567", "нет", "", None, "223-45-67", "позвонить", 79031234567]
)  # fmt: skip
email_texts = st.sampled_from(["Anna@Example.ru", "a@b.ru, c@d.ru (рабочая)", "нет", "", None, "не почта", "a@b.ru;A@B.RU", "x.@y.ru"])
ADDRESSES = ["anna@example.ru", "a@b.ru", "c@d.ru", "x\\1@y.ru"]
eans = st.from_regex(r"[1-9][0-9]{7}|[1-9][0-9]{12}", fullmatch=True)
cards = st.from_regex(r"0{0,3}[0-9]{4,10}", fullmatch=True)


def listed(values: list[str], key: str, most: int, **rest: Json) -> st.SearchStrategy[Json]:
    chosen = st.lists(st.sampled_from(values), unique=True, min_size=1, max_size=most)
    return st.none() | chosen.map(lambda found: [{key: value, "invalid": False} | rest for value in found])


@st.composite
def lines(draw: st.DrawFn, skus: list[str | None], named: bool, kinds: tuple[str, ...] = ("product",)) -> Json:
    """A canonical line whose sums add up. ``named``: the system keeps the line's name."""
    quantity, price = Decimal(draw(st.integers(1, 40))), Decimal(draw(st.integers(1, 10**6))) / 100
    discount = (price * quantity * draw(st.integers(0, 100)) / 100).quantize(Decimal("0.01"))
    return {
        "sku": draw(st.sampled_from(skus)),
        "name": draw(words) if named else None,
        "quantity": str(quantity),
        "price": f"{price:.2f}",
        "discount": f"{discount:.2f}",
        "sum": f"{price * quantity - discount:.2f}",
        "kind": draw(st.sampled_from(kinds)),
    }


def same_card(a: Json, b: Json) -> bool:
    """One card, in whichever spelling: what a field holds stays as it is."""
    numbers = [one[0]["number"] if isinstance(one, list) else one for one in (a, b)]
    return one_card(numbers[0]) == one_card(numbers[1])


def same_line(a: Json, b: Json) -> bool:
    return all(a[k] == b[k] for k in a if a[k] is not None and b.get(k) is not None)


positions = st.fixed_dictionaries(
    {"assortment": st.sampled_from(sorted(SKU_OF)).map(lambda href: {"meta": {"href": href}})},
    optional={
        "id": st.uuids().map(str),
        "quantity": st.integers(1, 50) | st.floats(0.001, 50),
        "price": st.integers(0, 10**7) | st.floats(0, 10**7),
        "discount": st.integers(0, 100) | st.floats(-5, 100),
    },
)
onec_lines = st.fixed_dictionaries(
    {"goods": st.sampled_from(sorted(SKU_OF))},
    optional={
        "LineNumber": st.integers(1, 99).map(str),
        "Количество": st.integers(1, 50) | st.integers(1, 50000).map(lambda n: n / 1000),
        "Цена": st.integers(0, 10**6) | st.integers(0, 10**8).map(lambda n: n / 100),
        "Сумма": st.integers(0, 10**7) | st.integers(0, 10**9).map(lambda n: n / 100),
    },
)
site_lines = st.fixed_dictionaries(
    {"goods": st.sampled_from(sorted(SKU_OF)), "Количество": st.integers(1, 50).map(str), "Цена": amounts, "Сумма": amounts},
    optional={"Наименование": words, "Артикул": st.just("OTHER"), "kind": st.sampled_from(["product", "service", "delivery"])},
)
soap_lines = st.fixed_dictionaries(
    {"sku": st.sampled_from([*PRODUCTS, "DELIVERY"]), "quantity": st.integers(1, 50).map(str), "price": amounts, "sum": amounts},
    optional={"id": st.integers(1, 9).map(str), "name": words, "discount": amounts, "kind": st.sampled_from(["product", "service"])},
)
name_parts = (
    st.none()
    | st.fixed_dictionaries({}, optional=dict.fromkeys(("last", "first", "middle"), spaced))
    | st.sampled_from([[], "Анна", {"first": []}])
)
contact_rows = st.none() | st.lists(
    st.fixed_dictionaries(
        {"Тип": st.sampled_from(["Телефон", "АдресЭлектроннойПочты", "Адрес", "Skype"])},
        optional={
            "LineNumber": st.integers(1, 9).map(str),
            "Представление": phone_texts | email_texts | st.just("450000, Уфа, Ленина 1"),
            "НомерТелефона": st.sampled_from(["", "79031234567", "12"]),
            "АдресЭП": st.sampled_from(["", "anna@example.ru"]),
            "Значение": st.sampled_from(["", "{}", "<xml/>", "[1]", '{"city": "Уфа", "street": "Ленина", "houses": [{"type": "Дом", "number": "1"}]}', '{"city": 5, "houses": {}}']),
        },
    ),
    max_size=4,
)  # fmt: skip
woo_items = st.fixed_dictionaries(
    {"quantity": st.integers(1, 50), "subtotal": amounts, "total": amounts, "sku": st.sampled_from([*PRODUCTS, ""])},
    optional={"id": st.integers(1, 999), "name": words, "product_id": st.integers(1, 99)},
)
rows = st.fixed_dictionaries(
    {
        "price": st.integers(0, 10**6) | st.floats(0, 10**6),
        "quantity": st.integers(1, 50),
        "productName": words | words.map("A-1 | {}".format) | st.sampled_from(["Доставка", "Доставка: до двери", "Услуга: подгонка"]),
    },
    optional={
        "id": st.integers(1, 999),
        "discountSum": st.integers(0, 500) | st.floats(0, 500),
        "productId": st.sampled_from([0, *SKU_OF]),
        "taxRate": st.sampled_from([None, 0, 10, 20]),
    },
)
multifields = st.none() | st.lists(
    st.fixed_dictionaries(
        {"typeId": st.sampled_from(["PHONE", "EMAIL", "WEB"]), "value": phone_texts | email_texts}, optional={"id": st.integers(1, 99)}
    ),
    max_size=4,
)
offset_times = st.datetimes(datetime(1971, 1, 1), datetime(2098, 1, 1), timezones=st.sampled_from([UTC, Tables.timezone])).map(
    datetime.isoformat
)
spans = st.datetimes(datetime(1971, 1, 1), datetime(2098, 1, 1))

tag_lists = st.lists(words.map(str.lower).filter(lambda w: w == w.lower() == w.strip()), min_size=1, max_size=4, unique=True)
plain_words = words.map(lambda w: " ".join(w.replace(",", " ").split())).filter(bool)
consents = st.lists(
    st.fixed_dictionaries(
        {"purpose": words, "channel": words, "value": st.none() | st.booleans(), "source": st.none() | words, "time": st.none() | moments},
        optional={"brand": words, "text": words},
    ),
    min_size=1,
    max_size=3,
)
consent_texts = st.sampled_from(
    [
        None,
        "",
        "marketing/sms: да",
        "Не звонить!",
        "НЕ  БЕСПОКОИТЬ\nmarketing/sms: нет",
        "Реклама / почта: НЕТ; сайт; 2026-08-03T09:40:00Z\nсервис/звонки: да",
        "да",
        "реклама/смс/Лавка: неизвестно; ; ; v2",
        "реклама/смс: да;;;v2",
    ]
)
payments = st.lists(
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["new", "paid", None]), "amount": cents, "time": st.none() | moments, "id": st.none() | words}
    ),
    min_size=1,
    max_size=3,
)
woo_others = st.builds(
    lambda name, amount, kind: {
        "sku": None,
        "name": name,
        "quantity": "1",
        "price": amount,
        "discount": "0.00",
        "sum": amount,
        "kind": kind,
    },  # fmt: skip
    words,
    amounts,
    st.sampled_from(["delivery", "service"]),
)
woo_other_items = st.fixed_dictionaries(
    {"type": st.sampled_from(["shipping", "fee"]), "total": amounts, "id": st.integers(1, 99)},
    optional={"name": words, "method_title": words, "method_id": st.just("flat_rate"), "total_tax": st.just("0.00")},
)

insales_items = st.fixed_dictionaries(
    {
        "type": st.just("line"),
        "sku": st.sampled_from([*PRODUCTS, ""]),
        "quantity": st.integers(1, 50),
        "sale_price": st.integers(0, 10**6) | amounts,
        "sum": st.integers(0, 10**7) | amounts,
    },
    optional={"id": st.integers(1, 999), "title": words, "variant_id": st.integers(1, 99)},
) | st.fixed_dictionaries({"type": st.just("delivery"), "id": st.just("delivery"), "sale_price": amounts, "sum": amounts})

retail_rows = st.fixed_dictionaries(
    {"type": st.just("item"), "quantity": st.integers(1, 50), "initialPrice": st.integers(0, 10**6) | st.floats(0, 10**6)},
    optional={
        "id": st.integers(1, 999),
        "discount": st.integers(0, 500) | st.floats(0, 500),
        "name": words | words.map("A-1 | {}".format) | st.sampled_from(["Услуга", "Услуга: подгонка"]),
        "offer": st.fixed_dictionaries({"id": st.sampled_from(sorted(SKU_OF)), "article": st.sampled_from(PRODUCTS)}),
    },
)
mindbox_rows = st.fixed_dictionaries(
    {"type": st.just("item"), "quantity": st.integers(1, 50), "price": st.integers(0, 10**6) | st.floats(0, 10**6)},
    optional={
        "id": st.integers(1, 999).map("{}/1".format),
        "sum": st.integers(0, 500) | st.floats(0, 500),
        "product": st.sampled_from([*PRODUCTS, "Услуга", "Услуга: подгонка", "Без артикула: мыло", ""]),
    },
)
subscriptions = st.lists(
    st.fixed_dictionaries(
        {"pointOfContact": st.sampled_from(["Sms", "Email", "Call", "Radio"]), "isSubscribed": st.booleans()},
        optional={"brand": st.just("лавка"), "topic": st.just("новинки")},
    ),
    max_size=4,
)


def contacts(texts: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.none() | st.fixed_dictionaries({"value": texts}, optional={"invalid": st.booleans()}) | st.sampled_from(["", "8 903", [5]])


def but_for_the_mark(key: str) -> Callable[[Json, Json], bool]:
    """The same contacts: whether one is bad only the vendor says."""
    return lambda a, b: [one[key] for one in a or ()] == [one[key] for one in b or ()]


def holds_all(a: Json, b: Json) -> bool:
    """What a system knows beside what was said stays."""
    return all(one in (a or []) for one in b or ())


# the clocks of Yekaterinburg have not been set back since October 2014: a time without an offset means one moment
one_clock = st.datetimes(datetime(2015, 1, 1), datetime(2099, 1, 1)).map(lambda m: m.replace(microsecond=0).isoformat() + "Z")

CASES: dict[str, Case] = {
    "text": Case(st.none() | words, spaced | st.integers() | st.none()),
    "squeezed": Case(st.none() | words.map(lambda w: " ".join(w.split())), spaced | st.none()),
    "web_address": Case(
        st.none() | st.sampled_from(["https://files.example.ru/1.mp3", "http://10.0.0.5/7"]),
        spaced | st.sampled_from([None, "https://files.example.ru/1.mp3 "]),
    ),
    "unix_time": Case(
        st.none() | moments.filter(lambda m: m > "1970-01-01T00:00:00Z"),
        st.integers(0, 2**33) | st.sampled_from([None, "", "0", "1790000003", -5, True, "soon", 10**15]),
    ),
    "integer": Case(st.none() | st.integers(-(10**12), 10**12), numbers_held),
    "decimal": Case(st.none() | decimals, numbers_held),
    "money": Case(st.none() | cents, numbers_held),
    "kopecks": Case(st.none() | cents, numbers_held),
    "boolean": Case(st.none() | st.booleans(), st.sampled_from([True, False, "Y", "n", "1", 0, "да", None, "", "maybe"])),
    "tags": Case(
        st.none() | st.lists(words, min_size=1, max_size=4),
        st.none() | st.lists(spaced | st.integers(), max_size=4) | st.just("a, b"),
        same=in_any_order,
    ),
    "iso_date": Case(st.none() | days, days | moments | st.sampled_from([None, "", "00.00.0000"])),
    "utc_time": Case(st.none() | moments, moments | spans.map(datetime.isoformat) | offset_times | st.sampled_from([None, "", "soon"])),
    "directory": Case(
        st.none() | st.sampled_from(["new", "paid", "done"]),
        st.sampled_from(["Новый", 7, "чужой", None, "", 0]),
        lambda: CODECS["directory"]("status"),
    ),
    "lookup": Case(
        st.none() | st.sampled_from(PRODUCTS), st.sampled_from([*SKU_OF, "gone", None, ""]), lambda: CODECS["lookup"]("goods_by_sku")
    ),
    "ref": Case(
        st.sampled_from(["rec-17", "rec-23"]), st.sampled_from(["17", 23, "x/0f0e", "99", None, 0]), lambda: CODECS["ref"]("customer")
    ),
    "phones_text": Case(listed(NUMBERS, "number", 3), phone_texts),
    "single_phone": Case(listed(NUMBERS, "number", 1), phone_texts),
    "phone": Case(st.none() | st.sampled_from(NUMBERS), phone_texts),
    "emails_text": Case(listed(ADDRESSES, "address", 3), email_texts),
    "single_email": Case(listed(ADDRESSES, "address", 1), email_texts),
    "email": Case(st.none() | st.sampled_from(ADDRESSES), email_texts),
    "single_card": Case(
        st.none() | cards.map(lambda n: [{"number": n, "type": None}]), cards | st.sampled_from([None, "", " 0012 ", 12]), same=same_card
    ),
    "card": Case(
        st.none() | cards, cards | st.sampled_from([None, "", " 0012 ", ";0012?", 12]), lambda: CODECS["card"](strip=[";", "?"]), same_card
    ),
    "moysklad_time": Case(
        st.none() | moments, spans.map(lambda m: m.isoformat(" ", "milliseconds")) | st.sampled_from([None, "", "вчера"])
    ),
    "moysklad_minute": Case(
        st.none() | minutes,
        spans.map(lambda m: m.isoformat(" ", "milliseconds")) | st.sampled_from([None, "", "вчера"]),
        same=lambda a, b: a == b or (a is not None and b is not None and a[:16] == b[:16]),
    ),
    "bonusplus_card": Case(  # a card is never taken away: None says nothing
        eans.map(lambda n: [{"number": n, "type": None}]), st.sampled_from([None, "0001", "2000000012345"])
    ),
    "bonusplus_date": Case(st.none() | days, days.map("{}T00:00:00+03:00".format) | st.sampled_from([None, "", "05.06.1990", "вчера"])),
    "bonusplus_burn": Case(
        st.none() | st.tuples(days, cents).map(": ".join), st.none() | st.fixed_dictionaries({"date": days, "amount": st.floats(0, 1e6)})
    ),
    "moysklad_date": Case(st.none() | days, days.map("{} 00:00:00.000".format) | st.sampled_from([None, "", "вчера"])),
    "moysklad_ref": Case(
        st.sampled_from(["rec-17", "rec-uuid"]),
        st.sampled_from([None, "", "https://x/entity/counterparty/17?expand=a", "https://x/entity/counterparty/none"]),
        lambda: CODECS["moysklad_ref"](entity="customer", type="counterparty"),
    ),
    "moysklad_line": Case(lines(PRODUCTS, named=False), positions, same=same_line),
    "goods_guid": Case(
        st.none() | st.sampled_from([GOODS, f"{GOODS}#{GOODS}"]),
        st.sampled_from([None, "", GOODS, GOODS.upper(), "1c-41", "01890a5d-ac96-774b-bcce-b302099a8057"]),
    ),
    "pieces": Case(st.none() | st.integers(0, 999).map(str), st.none() | st.integers(0, 999)),
    "single_barcode": Case(st.none() | barcodes.map(lambda code: [code]), barcodes | st.sampled_from([None, "", " 46 "])),
    "moysklad_tags": Case(
        st.none() | tag_lists, st.none() | st.lists(spaced | st.integers(), max_size=4) | st.just("a, b"), same=in_any_order
    ),
    "consent_flag": Case(
        st.none()
        | st.sampled_from([True, None]).map(
            lambda v: [{"purpose": "marketing", "channel": "sms", "value": v, "source": None, "time": None}]
        ),
        st.sampled_from([True, False, "Y", "n", None, "", "maybe"]),
        lambda: CODECS["consent_flag"](purpose="marketing", channel="sms", default=False),
    ),
    "refusal_flag": Case(
        st.none() | st.just([{"purpose": "marketing", "channel": "sms", "value": False, "source": None, "time": None}]),
        st.sampled_from([True, False, "Y", "n", None, "", "maybe"]),
        lambda: CODECS["refusal_flag"](purpose="marketing", channel="sms"),
    ),
    "consent_lines": Case(st.none() | consents, consent_texts),
    "moysklad_payments": Case(
        st.none() | payments, st.sampled_from([None, "", "Оплата 10.00", "Новый 5 от 04.03.2026 12:16 № 7", "чужой 1", "рубль"])
    ),
    "moysklad_words": Case(
        st.none() | st.lists(plain_words, min_size=1, max_size=4, unique=True), spaced | st.sampled_from([None, "a, b", "a,,b ", 5])
    ),
    "moysklad_call_note": Case(st.none() | words, spaced | st.none()),
    "onec_time": Case(
        st.none() | recent,
        spans.map(lambda m: m.replace(microsecond=0).isoformat())
        | st.sampled_from([None, "", "вчера", "0001-01-01T00:00:00", "0001-01-01T10:30:00"]),
    ),
    "onec_date": Case(st.none() | days, days.map("{}T00:00:00".format) | st.sampled_from([None, "", "вчера", "0001-01-01T00:00:00"])),
    "onec_line": Case(lines(PRODUCTS, named=False), onec_lines, same=same_line),
    "site_line": Case(lines(PRODUCTS, named=True), site_lines, same=same_line),
    "soap_line": Case(lines(PRODUCTS, named=True), soap_lines, same=same_line),
    "onec_name": Case(st.none() | words, name_parts, lambda: CODECS["onec_name"](part="first")),
    "onec_names": Case(st.tuples(*[st.none() | words] * 3).filter(any).map(list), name_parts),
    "onec_phones": Case(listed(NUMBERS, "number", 3), contact_rows, same=in_any_order),
    "onec_emails": Case(listed(ADDRESSES, "address", 3), contact_rows, same=in_any_order),
    "onec_address": Case(st.none() | words, contact_rows, lambda: CODECS["onec_address"](part="city")),
    "woo_line": Case(lines(PRODUCTS, named=True) | woo_others, woo_items | woo_other_items, same=same_line),
    "woo_returned_line": Case(lines(PRODUCTS, named=True) | woo_others, woo_items | woo_other_items, same=same_line),
    "woo_text": Case(
        st.none() | words | st.sampled_from(["A & B", "&amp;", "a &lt; b"]),
        spaced | st.sampled_from([None, "Чай &amp; кофе", "&#8211;", 5]),
    ),
    "woo_minus": Case(st.none() | cents, numbers_held),
    "woo_coupons": Case(
        st.none() | st.lists(words, min_size=1, max_size=3), st.sampled_from([None, [], [{"id": 5, "code": "spring"}], "x", [5]])
    ),
    "woo_tags": Case(
        st.none() | tag_lists, st.none() | st.lists(spaced | st.integers(), max_size=4) | st.just("a, B") | st.just({}), same=in_any_order
    ),
    "woo_consents": Case(st.none() | consents, st.none() | consents | st.sampled_from(["", [], "да", [{"purpose": "x"}], {"a": 1}])),
    "insales_line": Case(
        lines(PRODUCTS, named=False) | woo_others.map(lambda line: line | {"name": None, "kind": "delivery"}), insales_items, same=same_line
    ),
    "insales_paid": Case(st.just(True), st.sampled_from([None, "", "paid", "pending", 5])),  # None says nothing: see bonusplus_card
    "retailcrm_time": Case(st.none() | one_clock, spans.map(lambda m: m.isoformat(" ", "seconds")) | st.sampled_from([None, "", "вчера"])),
    "retailcrm_phones": Case(
        listed(NUMBERS, "number", 3),
        st.none() | st.lists(st.fixed_dictionaries({"number": phone_texts}), max_size=4) | st.sampled_from(["", "8 903", [5], {"a": 1}]),
        same=in_any_order,
    ),
    "retailcrm_tags": Case(
        st.none() | tag_lists, st.none() | st.lists(spaced | st.integers(), max_size=4) | st.just("a, b"), same=in_any_order
    ),
    "retailcrm_words": Case(
        st.none() | st.lists(plain_words, min_size=1, max_size=4, unique=True), spaced | st.sampled_from([None, "a, b", "a,,b ", 5])
    ),
    "retailcrm_line": Case(lines(PRODUCTS, named=False) | woo_others.map(lambda line: line | {"name": None}), retail_rows, same=same_line),
    "retailcrm_returned_line": Case(
        lines(PRODUCTS, named=False) | woo_others.map(lambda line: line | {"name": None}), retail_rows, same=same_line
    ),
    "retailcrm_returned": Case(
        st.none()
        | st.lists(st.sampled_from(PRODUCTS), min_size=1, unique=True).map(
            lambda skus: [{"sku": sku, "name": None, "quantity": "2", "kind": "product"} for sku in skus]
        ),
        st.none() | st.sampled_from([[], "x", [5], [{"offer": {"id": "MUG-R"}, "quantity": 1}], [{"name": "Пакет", "quantity": 1}]]),
    ),
    "mindbox_time": Case(st.none() | moments, spans.map(lambda m: m.isoformat(" ", "milliseconds")) | st.sampled_from([None, "", "вчера"])),
    "mindbox_phone": Case(listed(NUMBERS, "number", 1), contacts(phone_texts), same=but_for_the_mark("number")),
    "mindbox_email": Case(listed(ADDRESSES, "address", 1), contacts(email_texts), same=but_for_the_mark("address")),
    "mindbox_subscriptions": Case(  # nothing is taken back by saying nothing
        st.lists(
            st.tuples(st.sampled_from(["sms", "email", "call"]), st.booleans()), min_size=1, max_size=3, unique_by=lambda one: one[0]
        ).map(lambda found: [{"purpose": "marketing", "channel": c, "value": v, "source": None, "time": None} for c, v in found]),
        st.none() | subscriptions | st.sampled_from(["", [5], {"a": 1}]),
        same=holds_all,
    ),
    "mindbox_line": Case(lines(PRODUCTS, named=False) | woo_others, mindbox_rows, same=same_line),
    "bitrix_fm_phones": Case(listed(NUMBERS, "number", 3), multifields, same=in_any_order),
    "bitrix_fm_emails": Case(listed(ADDRESSES, "address", 3), multifields, same=in_any_order),
    "bitrix_datetime": Case(st.none() | moments, offset_times | st.sampled_from([None, "", "2026-01-01T00:00:00", "вчера"])),
    "bitrix_date": Case(st.none() | days, days.map("{}T03:00:00+03:00".format) | st.sampled_from([None, "", "вчера"])),
    "bitrix_money": Case(st.none() | cents, numbers_held | cents.map("{}|RUB".format)),
    "bitrix_yes_no": Case(st.none() | st.booleans(), st.sampled_from(["Y", "N", True, "0", None, "", "?"])),
    "bitrix_enum": Case(
        st.none() | st.sampled_from(["male", "female"]),
        st.sampled_from([None, "", 0, "101", 102, "Мужской", "999"]),
        lambda: CODECS["bitrix_enum"](field="UF_CRM_SEX", options={"Мужской": "male", "Женский": "female"}),
    ),
    "bitrix_line": Case(lines([*PRODUCTS, "FREE-1"], named=True), rows, same=same_line),
    "bitrix_stage": Case(
        st.sampled_from(["new", "paid", "done"]), st.sampled_from(["Новый", "C3:Новый", "C3:7", "C1:чужая", "Оплачен", None, ""])
    ),
    "bitrix_first_name": Case(st.none() | words, spaced | st.sampled_from(["Без имени", None])),
    "bitrix_call_direction": Case(st.none() | st.sampled_from(["in", "out"]), st.sampled_from(["1", 2, "4", "9", None, ""])),
    "bitrix_call_outcome": Case(
        st.none() | st.sampled_from(["talked", "no_answer", "busy", "wrong_number", "other"]),
        st.sampled_from(["200", "304", 486, "603-S", "X", None, ""]),
    ),
}
