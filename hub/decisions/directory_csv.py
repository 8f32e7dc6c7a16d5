"""Directories as CSV, for a spreadsheet: one row for each word of a system; what it means is typed into the column ``value``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from hub.decisions.directories import EMPLOYEE, Said, Sheet, Wrong
from hub.language import N_
from hub.storage.directories import Twin

ABOUT = ("store", "cap", "leave")  # of an employee: where she calls, how many customers a day, on which days she is away
COLUMNS = ("directory", "system", "remote", "title", "value", "title_ru", "title_en", "written", "active", "waiting", "suggestion", *ABOUT)
NEEDED = ("directory", "system", "remote", "value")
FORMULA = ("=", "+", "-", "@", "\t")
YES = frozenset({"yes", "да", "1", "true"})
MOST = 20_000  # rows of one file


def lines(sheets: Iterable[Sheet]) -> Iterator[str]:
    """The file, line by line: values with their words, values without any, then the words that nobody has mapped."""
    yield _line(COLUMNS)
    for sheet in sheets:
        for value in sheet.values:
            titles = {"directory": sheet.name, "value": value.value, "title_ru": value.ru, "title_en": value.en}
            about = value.about
            titles |= (
                {"store": about.get("store") or "", "cap": str(about.get("cap") or ""), "leave": ", ".join(about.get("leave") or ())}
                if about
                else {}
            )
            twins = [twin for system in sheet.systems for twin in value.twins.get(system, ())]
            for twin in twins:
                yield _row(titles | _word(twin) | {"written": _yes(twin.preferred)})
            if not twins:
                yield _row(titles)
        for twin, best in sheet.unmapped:
            yield _row(
                {"directory": sheet.name} | _word(twin) | {"waiting": str(twin.waiting or ""), "suggestion": best.value if best else ""}
            )


def _word(twin: Twin) -> dict[str, str]:
    """A system's own value."""
    return {"system": twin.system, "remote": twin.plain, "title": twin.title, "active": _yes(twin.active)}


def read(text: str) -> tuple[list[Said], list[Wrong]]:
    """Decisions of a file, and what is wrong with it, each with its line. Rows that are well are taken whatever stands beside them."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=_delimiter(text))
    if lacking := [name for name in NEEDED if name not in (reader.fieldnames or ())]:
        return [], [Wrong(N_("line 1: the columns %(columns)s are missing; an exported file has them"), columns=", ".join(lacking))]
    said: list[Said] = []
    wrong: list[Wrong] = []
    about: dict[str, Said] = {}
    for number, row in enumerate(reader, start=2):
        if number > MOST:
            wrong.append(Wrong(N_("line %(line)s: more than %(most)s rows; bring the file in parts"), line=str(number), most=str(MOST)))
            break
        cells = {name: _plain(row.get(name)) for name in COLUMNS}
        if not any(cells.values()):
            continue
        if not cells["directory"] or not (cells["remote"] if cells["system"] else cells["value"] and cells["title_ru"]):
            wrong.append(
                Wrong(
                    N_("line %(line)s: a row needs its directory, and a system with its value, or a value with its title"), line=str(number)
                )
            )
            continue
        if cells["directory"] == EMPLOYEE and cells["value"] and set(ABOUT) <= set(reader.fieldnames or ()):
            told = (cells["store"], cells["cap"], cells["leave"])
            if any(told) or cells["value"] not in about:  # of her rows, one of which may be all that was filled
                about[cells["value"]] = Said(EMPLOYEE, "", "", cells["value"], about=told)
        written = True if cells["written"].casefold() in YES else None
        place = (cells["directory"], cells["system"], cells["remote"])
        said.append(Said(*place, cells["value"] or None, cells["title_ru"], cells["title_en"], written))
    return [*said, *about.values()], wrong


def _delimiter(text: str) -> str:
    head = text.split("\n", 1)[0]
    return max(";,\t", key=head.count)


def _row(cells: dict[str, str]) -> str:
    return _line([cells.get(name, "") for name in COLUMNS])


def _line(cells: Sequence[str]) -> str:
    """Semicolons between cells, as spreadsheets of a Russian desktop expect; a cell that would be taken for a formula is quoted."""
    made = io.StringIO()
    csv.writer(made, delimiter=";", lineterminator="\n").writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells])
    return made.getvalue()


def _plain(cell: str | None) -> str:
    text = (cell or "").strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _yes(flag: bool) -> str:
    return "yes" if flag else ""
