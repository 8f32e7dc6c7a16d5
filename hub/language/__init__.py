"""The languages of the interface: messages from gettext catalogues, plurals, numbers and moments in the shop's zone.

Messages are written in English in the code and looked up in ``translations/<language>/LC_MESSAGES/messages.po``. The .po file itself
is read at first use, so there is no compiled copy to make or to forget.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from connectors.errors import BETWEEN
from hub.config.settings import zone

FOLDER = Path(__file__).parent.parent / "translations"
LANGUAGES = ("ru", "en")
PATTERNS = {"ru": "dd.MM.yyyy HH:mm:ss", "en": "d MMM yyyy, HH:mm:ss"}
DAYS = {"ru": "dd.MM.yyyy", "en": "d MMM yyyy"}


@cache
def catalogue(language: str) -> NullTranslations:
    """The messages of a language; English ones are the messages themselves."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        messages = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled)


def N_(message: str) -> str:
    """Marks a message that is looked up later, by name."""
    return message


def preferred(env: Mapping[str, str] = os.environ) -> str:
    """The language of commands: SVERKA_LANGUAGE, else Russian where the locale is Russian, else English."""
    chosen = env.get("SVERKA_LANGUAGE") or env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "ru" if chosen.lower().startswith("ru") else "en"


def both(ru: str, en: str) -> str:
    """Our own words about a failure in both languages, for a row that keeps one text: Speech.own tells them apart again."""
    return f"{ru}{BETWEEN}{en}"


def apart(text: str) -> tuple[str, str]:
    """The Russian and the English of a text; one that is kept in neither, a vendor's, is both."""
    ru, kept, en = text.partition(BETWEEN)
    return (ru, en) if kept else (text, text)


class Speech:
    """One language and one zone: ``say("Waits for %(what)s", what=…)`` is the message in that language."""

    def __init__(self, language: str, timezone: str = "UTC") -> None:
        self.language = language if language in LANGUAGES else "en"
        self.zone = zone(timezone)
        self._messages = catalogue(self.language)

    def __call__(self, message: str, **values: Any) -> str:
        found = self._messages.gettext(message) if message else ""
        return found % values if values else found

    def many(self, one: str, other: str, n: int, **values: Any) -> str:
        """The plural form that ``n`` asks for; ``%(n)s`` in it is the number as the language writes it."""
        return str(self._messages.ngettext(one, other, n)) % ({"n": self.number(n)} | values)

    def pick(self, ru: str, en: str) -> str:
        """Of two texts that data carry, this language's."""
        return ru if self.language == "ru" else en

    def own(self, text: str) -> str:
        """Of a text that is kept in both languages this one's; any other as it is."""
        return self.pick(*apart(text))

    def number(self, value: float | Decimal) -> str:
        """``12 345,5`` in Russian, ``12,345.5`` in English."""
        return str(format_decimal(value, locale=self.language))

    def money(self, value: Any) -> str:
        """Roubles with kopecks; what is no number as it is."""
        try:
            return f"{format_decimal(Decimal(str(value)), format='#,##0.00', locale=self.language)} ₽"
        except ArithmeticError:
            return str(value)

    def moment(self, seconds: float | None) -> str:
        """A hub time (seconds since the epoch) in the shop's zone."""
        if not seconds:
            return "—"
        return str(format_datetime(self._local(seconds), PATTERNS[self.language], locale=self.language))

    def day(self, seconds: float) -> str:
        return str(format_datetime(self._local(seconds), DAYS[self.language], locale=self.language))

    def clock(self, seconds: float) -> str:
        """Time of day alone."""
        return self._local(seconds).strftime("%H:%M:%S")

    def hour(self, seconds: float, now: float) -> str:
        """Time of day to the minute; with its day where that is not the day of ``now``."""
        there = self._local(seconds)
        return there.strftime("%H:%M") if there.date() == self._local(now).date() else self.moment(seconds)

    def ago(self, seconds: float) -> str:
        """``5 min ago`` for a length of time in seconds."""
        if seconds < 1:
            return self(N_("just now"))
        return str(
            format_timedelta(-timedelta(seconds=seconds), granularity="second", add_direction=True, format="short", locale=self.language)
        )

    def lasting(self, seconds: float) -> str:
        """A length of time: ``5 min``."""
        return str(
            format_timedelta(
                timedelta(seconds=max(0.0, seconds)), granularity="second", format="short", threshold=1.2, locale=self.language
            )
        )

    def _local(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, UTC).astimezone(self.zone)
