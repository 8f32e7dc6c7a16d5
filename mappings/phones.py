"""Phone numbers in the free text that shops type: find them, say them as E.164, change one and keep the words around it.

The text ``8 903 123-45-67 муж, 8 926 765 43 21 Маша`` holds two numbers and two names. Everything here is pure; number
plans come from the ``phonenumbers`` library, the habits of typing (a doubled 8, ten digits from 9, the letter O for
zero) are ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import phonenumbers

SHORTEST = 5  # digits; a shorter run is a flat, an age or an extension, not a phone
LONGEST_RUN = 80  # digits of one unbroken run that are looked at
NEIGHBOURS = ("375", "380", "373", "374", "992", "993", "994", "995", "996", "998")  # understood without a plus

_O = re.compile(r"[OoОо]+")
_SOFT = " \t\u00a0\u2007\u2009\u202f().\\-‐‑‒–—−*_~"
_RUN = re.compile(rf"[+(]*\d(?:[{_SOFT}+]*\d)*")
_GROUP = re.compile(r"\+?\d+")
_EXTENSION = re.compile(r"\)?[\s,;(]*(?:доб(?:авочный)?|вн(?:утр(?:енний)?)?|доп|ext(?:ension)?|x|х|#)[.:\s№]*(\d{1,6})(?!\d)\)?", re.I)
_HARD = re.compile(r"\s*[,;/|\n\r\\]+\s*|\s+(?:и|или|либо)\s+")
_EDGE = " \t\n\r\u00a0,;/|\\"
_SEQUENCES = frozenset({"0123456789", "1234567890", "9876543210", "0987654321", "123456789", "12345678", "1234567", "7654321", "123456"})


@dataclass(frozen=True, slots=True)
class Phone:
    """One number found in a text. ``number``: E.164, or None where the digits cannot be a phone.

    ``raw`` is ``text[start:end]``; ``extension`` its digits, ending at ``tail`` (``end`` without one). ``segment`` is the
    part of the text that speaks of this number, words included; ``words`` is the segment without the number.
    """

    number: str | None
    raw: str
    start: int
    end: int
    tail: int
    extension: str
    words: str
    segment: tuple[int, int]


@lru_cache(maxsize=65536)
def _valid(international: str) -> str | None:
    """``+<digits>`` as E.164 when the number plan knows it. Any +7 9xx mobile passes: new ranges are older than the library's tables."""
    if re.fullmatch(r"\+79\d{9}", international):
        return international
    try:
        number = phonenumbers.parse(international, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=65536)
def _number(digits: str, plus: bool, region: str) -> tuple[str | None, int]:
    """E.164 of a run of digits and how odd the spelling is (0 usual, 1 a code left out, 2 a doubled prefix)."""
    if plus and (found := _valid("+" + digits)):
        return found, 0
    if region != "RU":
        return _foreign(digits, region), 0
    size = len(digits)
    if size == 11 and digits[0] in "78":
        if found := _valid("+7" + digits[1:]):
            return found, 0
        if digits.startswith("80"):  # how Belarus dials inside: 80 29 123-45-67
            return _valid("+375" + digits[2:]), 0
    if size == 10 and digits[0] in "3489":
        return _valid("+7" + digits), 1
    if size == 12 and digits[0] in "78" and digits[1] in "78":
        return _valid("+7" + digits[2:]), 2
    if size == 13 and digits[:3] in ("787", "788", "878", "887"):
        return _valid("+7" + digits[3:]), 3
    if digits.startswith(NEIGHBOURS) and (found := _valid("+" + digits)):
        return found, 0
    for prefix in ("810", "00"):  # dialled abroad
        if digits.startswith(prefix) and size >= len(prefix) + 10 and (found := _valid("+" + digits[len(prefix) :])):
            return found, 1
    return None, 0


def _foreign(digits: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _zeros(text: str) -> str:
    """The text with the letter O, Latin or Cyrillic, read as zero where it stands among digits. Same length."""

    def read(match: re.Match[str]) -> str:
        start, end = match.span()
        before, after = text[start - 1 : start], text[end : end + 1]
        if before.isalpha() or after.isalpha():
            return match[0]
        if before.isdigit() or after.isdigit():
            return "0" * len(match[0])
        left, right = text[:start].rstrip(" ()-\u00a0"), text[end:].lstrip(" ()-\u00a0")
        return "0" * len(match[0]) if left[-1:].isdigit() and right[:1].isdigit() else match[0]

    return _O.sub(read, text)


def _cuts(text: str, start: int, end: int) -> list[int]:
    """Places in a run where one number may end and the next begin."""
    cuts = [start]
    digits = 0
    for group in _GROUP.finditer(text, start, end):
        size = len(group[0].lstrip("+"))
        digits += size
        if digits > LONGEST_RUN:
            break
        if group.start() > cuts[-1]:
            cuts.append(group.start())
        if size >= 20:  # two numbers typed without a space
            cuts.extend(range(group.start() + 1, group.end()))
    cuts.append(end)
    return sorted(set(cuts))


def _pieces(text: str, start: int, end: int, region: str) -> list[tuple[int, int, str | None]]:
    """A run of digits split into numbers: as few digits left over as can be, then the least odd spelling."""
    whole = re.sub(r"\D", "", text[start:end])
    number, _ = _number(whole, text[start:end].lstrip("(").startswith("+"), region)
    if number or len(whole) < 11:
        return [(start, end, number)]
    cuts = _cuts(text, start, end)
    best: list[tuple[int, list[tuple[int, int, str | None]]]] = [(0, [])]
    for right in range(1, len(cuts)):
        options = []
        for left in range(right):
            part = text[cuts[left] : cuts[right]]
            digits = re.sub(r"\D", "", part)
            if right - left > 1 and len(digits) > 16:
                continue
            found, odd = _number(digits, part.lstrip("(").startswith("+"), region)
            cost, before = best[left]
            options.append((cost + (odd if found else 10 * max(len(digits), 1)), [*before, (cuts[left], cuts[right], found)]))
        best.append(min(options, key=lambda option: (option[0], len(option[1]))))
    pieces = best[-1][1]
    if not any(found for _, _, found in pieces):
        return [(start, end, None)]
    return pieces


def _spans(text: str, region: str) -> list[tuple[int, int, int, str, str | None]]:
    """(start, end, tail, extension, number) of every phone-like run."""
    clean = _zeros(text)
    found: list[tuple[int, int, int, str, str | None]] = []
    position = 0
    while run := _RUN.search(clean, position):
        position = run.end()
        extension = _EXTENSION.match(clean, run.end())
        pieces = _pieces(clean, *run.span(), region)
        for index, (start, end, number) in enumerate(pieces):
            start, end = _trim(clean, start, end)
            if number is None and sum(c.isdigit() for c in clean[start:end]) < SHORTEST:
                continue
            last = index == len(pieces) - 1
            tail = extension.end() if extension and last else end
            found.append((start, end, tail, extension[1] if extension and last else "", number))
        if extension:
            position = extension.end()
    return found


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without soft separators at its end and without brackets that do not close inside it."""
    while end > start and not text[end - 1].isdigit():
        end -= 1
    while text[start] == "(" and text[start:end].count("(") > text[start:end].count(")"):
        start += 1
    return start, end


def parse(text: str, region: str = "RU") -> list[Phone]:
    """All phone-like runs of ``text`` in order, the impossible ones with ``number`` None. Numbers without a country are of ``region``."""
    spans = _spans(text, region)
    if not spans:
        return []
    edges = [0]
    for (start, _, tail, _, _), (following, *_) in pairwise(spans):
        breaks = list(_HARD.finditer(text, tail, following))
        if breaks:
            edges.append(breaks[-1].start())
        elif text[edges[-1] : start].strip(_EDGE):  # "муж 8903… Маша 8926…": the words come first
            edges.append(tail)
        else:
            edges.append(following)
    edges.append(len(text))
    phones = []
    for (start, end, tail, extension, number), (left, right) in zip(spans, pairwise(edges), strict=True):
        left, right = _tight(text, min(left, start), max(right, tail))
        words = " ".join(f"{text[left:start]} {text[tail:right]}".split()).strip(_EDGE + "()")
        phones.append(Phone(number, text[start:end], start, end, tail, extension, words, (left, right)))
    return phones


def _tight(text: str, left: int, right: int) -> tuple[int, int]:
    """A span without separators at its ends."""
    while left < right and text[left] in _EDGE:
        left += 1
    while right > left and text[right - 1] in _EDGE:
        right -= 1
    joined = re.match(r"(?:и|или|либо)\s+", text[left:right])
    return (left + joined.end() if joined else left), right


def numbers(text: str, region: str = "RU") -> list[str]:
    """The possible numbers of ``text``, each once, in order."""
    return list(_numbers(text, region))


@lru_cache(maxsize=65536)  # the same field is read at every look of its object
def _numbers(text: str, region: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phone.number for phone in parse(text, region) if phone.number))


def is_dummy(number: str) -> bool:
    """Whether a number is one that people type to get past a form: never a match key.

    Takes E.164 or bare digits: +79999999999, 70000000000, 1234567, +7 900 000-00-00.
    """
    digits = re.sub(r"\D", "", number)
    national = digits[1:] if len(digits) == 11 and digits[0] in "78" else digits
    if len(national) < SHORTEST or len(set(national)) == 1 or national in _SEQUENCES:
        return True
    return len(national) == 10 and len(set(national[3:])) == 1 and (national[3] == "0" or len(set(national[:3])) == 1)


def replace(text: str, old: str, new: str) -> str:
    """``text`` with the number ``old`` (E.164) typed as ``new``; the words and the other numbers stay. An extension goes with its number."""
    for phone in parse(text):
        if phone.number == old:
            glue = " " if text[phone.tail : phone.tail + 1].isalnum() else ""
            return text[: phone.start] + new + glue + text[phone.tail :]
    return text


def remove(text: str, old: str) -> str:
    """``text`` without the number ``old`` and the words that speak of it."""
    for phone in parse(text):
        if phone.number == old:
            left, right = phone.segment
            before, after = text[:left].rstrip(_EDGE), text[right:].lstrip(_EDGE)
            after = re.sub(r"^(?:и|или|либо)\s+", "", after)
            before = re.sub(r"\s+(?:и|или|либо)$", "", before)
            return f"{before}, {after}" if before and after else before + after
    return text


def rewrite(text: str, wanted: list[str]) -> str:
    """``text`` changed as little as can be so that its numbers are exactly ``wanted``, in that order.

    Kept as it is when it says that already; a number that changed is replaced where it stands; one that went goes with
    its words; a new one is appended after a comma.
    """
    wanted = list(dict.fromkeys(wanted))
    held = numbers(text)
    if held == wanted:
        return text
    gone = [number for number in held if number not in wanted]
    new = [number for number in wanted if number not in held]
    for old, fresh in zip(gone, new, strict=False):
        text = replace(text, old, fresh)
    for old in gone[len(new) :]:
        while old in numbers(text):  # the same number may be typed twice
            shorter = remove(text, old)
            if shorter == text:
                break
            text = shorter
    text = ", ".join(part for part in [text.strip(_EDGE), *new[len(gone) :]] if part)
    if numbers(text) == wanted:
        return text
    reordered = _reorder(text, wanted)
    return reordered if numbers(reordered) == wanted else ", ".join(wanted)


def _reorder(text: str, wanted: list[str]) -> str:
    """The segments of ``text`` in the order of ``wanted``; those without a possible number come last."""
    segments: dict[str, str] = {}
    rest = []
    for phone in parse(text):
        part = text[slice(*phone.segment)]
        if phone.number is None:
            rest.append(part)
        else:
            segments.setdefault(phone.number, part)
    return ", ".join([*(segments.get(number, number) for number in wanted), *rest])
