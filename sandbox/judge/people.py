"""A believable shop of Ufa by seed: people, how their phones are typed, and the dirt of a living shop, each kind by name. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

LAST = ["Иванов", "Ахметов", "Соколов", "Галиев", "Петров", "Валеев", "Кузнецов", "Хасанов", "Морозов", "Сафин", "Орлов", "Юсупов",
        "Лебедев", "Гареев", "Нуриев", "Киреев"]  # fmt: skip
MEN = ["Руслан", "Олег", "Азат", "Иван", "Марат", "Пётр", "Тимур", "Артём"]
WOMEN = ["Анна", "Гульнара", "Мария", "Алия", "Ольга", "Лейсан", "Елена", "Диана"]
FATHERS = {"Иван": "Иванов", "Рустам": "Рустамов", "Пётр": "Петров", "Ильдар": "Ильдаров"}
CITIES = [("450000", "Уфа"), ("453100", "Стерлитамак"), ("452600", "Октябрьский"), ("450075", "Уфа"), ("453500", "Белорецк")]
STREETS = ["Ленина", "проспект Октября", "Заки Валиди", "Менделеева", "Комсомольская", "Цюрупы"]
STORES = ("lenina", "mega")
COMMENTS = ["Звонить после 18", "Просит чек на почту", "Постоянный покупатель", "Любит лён", ""]
SPELLINGS = [
    "+7{}",
    "8{}",
    "8 ({0:.3}) {0[3]}{0[4]}{0[5]}-{0[6]}{0[7]}-{0[8]}{0[9]}",
    "+7 {0:.3} {0[3]}{0[4]}{0[5]} {0[6]}{0[7]} {0[8]}{0[9]}",
]
IMPOSSIBLE = ["8 903 12", "доб. 12-34", "903-45"]
HOMES = [(("sklad",), 24), (("site",), 20), (("crm",), 14), (("sklad", "site"), 14), (("sklad", "crm"), 12), (("crm", "site"), 6),
         (("sklad", "crm", "site"), 10), (("retail",), 14), (("retail", "site"), 8), (("sklad", "retail"), 8), (("uchet",), 10), (("uchet", "crm"), 6)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of dirt among those it can befall; ``times`` multiplies them, none beyond nine in ten."""

    times: float = 1.0
    twin: float = 0.08
    bad_phone: float = 0.05
    family: float = 0.03
    no_email: float = 0.20
    no_customer: float = 0.60
    repeated_sku: float = 0.10
    rounded: float = 0.10
    unknown: float = 0.02

    def hits(self, rng: random.Random, kind: str) -> bool:
        return rng.random() < min(0.9, getattr(self, kind) * self.times)


@dataclass(slots=True)
class Person:
    """Who a person is and which systems know them. ``homes``: system -> ids of the objects typed there, the twin second."""

    number: int
    last_name: str
    first_name: str
    middle_name: str
    phone: str
    email: str
    sex: str
    birthday: str
    card: str
    postcode: str
    city: str
    street: str
    comment: str
    where: list[str] = field(default_factory=list)
    dirt: list[str] = field(default_factory=list)
    homes: dict[str, list[str]] = field(default_factory=dict)
    second: str = ""  # the other phone typed into the same field
    store: str = ""  # one of STORES, "unknown" (a store that the configuration does not name), or none
    twin_in: str = ""  # the system in which they were typed in twice
    other_email: str = ""  # of the second account on the site, where each needs one of its own


def person(rng: random.Random, number: int, systems: Sequence[str], shares: Shares) -> Person:
    """One person with the dirt that befell them."""
    woman = rng.random() < 0.6
    postcode, city = rng.choice(CITIES)
    homes = [(h, w) for h, w in HOMES if set(h) <= set(systems)]
    made = Person(
        number=number,
        last_name=rng.choice(LAST) + ("а" if woman else ""),
        first_name=rng.choice(WOMEN if woman else MEN),
        middle_name=FATHERS[rng.choice(list(FATHERS))] + ("на" if woman else "ич"),
        phone=f"9{rng.randrange(10, 99)}{number % 10_000_000:07d}",
        email=f"user{number}@example.ru",
        sex="female" if woman else "male",
        birthday=f"{rng.randrange(1950, 2006)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}",
        card=f"27{number:011d}",  # thirteen digits, as a programme takes them
        postcode=postcode,
        city=city,
        street=f"{rng.choice(STREETS)}, {rng.randrange(1, 150)}",
        comment=rng.choice(COMMENTS),
        store=rng.choice(["", *STORES]),
        where=list(rng.choices([h for h, _ in homes], [w for _, w in homes])[0]),
    )
    dirty(rng, made, shares)
    return made


def dirty(rng: random.Random, made: Person, shares: Shares) -> None:
    """Till customers without e-mail, phones that are none or two in one field, stores that nobody mapped, people typed in twice."""
    if made.where == ["sklad"] and shares.hits(rng, "no_email"):
        made.email = ""
        made.dirt.append("no_email")
    if "sklad" in made.where and shares.hits(rng, "bad_phone"):
        made.dirt.append(rng.choice(["phone_impossible", "two_phones"]))
    if "two_phones" in made.dirt:
        made.second = f"917{made.number % 10_000_000:07d}"
    if shares.hits(rng, "unknown"):
        made.store = "unknown"
        made.dirt.append("unknown_store")
    if shares.hits(rng, "twin"):
        made.dirt.append("twin")
        twice_in(made, rng.choice(made.where))


def twice_in(made: Person, system: str) -> None:
    """The system in which the person is typed in twice; the site takes each e-mail once."""
    made.twin_in, made.other_email = system, f"user{made.number}b@example.ru" if system == "site" else ""


def families(rng: random.Random, people: Sequence[Person], shares: Shares) -> None:
    """Some people share the phone of another one, who has another first name."""
    for one, other in zip(people[1:], people, strict=False):
        alone = len(one.where) == 1 and not one.dirt and not {"family", "phone_impossible"} & set(other.dirt)
        if alone and one.first_name != other.first_name and shares.hits(rng, "family"):
            one.phone = other.phone
            one.dirt.append("family")


def spelled(rng: random.Random, one: Person, system: str) -> str:
    """The person's phone as somebody typed it into that system."""
    text = rng.choice(SPELLINGS).format(one.phone)
    if system == "sklad" and "phone_impossible" in one.dirt:
        return rng.choice(IMPOSSIBLE)
    if system == "sklad" and "two_phones" in one.dirt:
        return f"{text} муж, {rng.choice(SPELLINGS[:2]).format(one.second)} Маша"
    return text
