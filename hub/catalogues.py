"""Keeps the gettext catalogues with the code: ``python -m hub.catalogues`` adds new messages and drops those that nobody says any more."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from hub.language import FOLDER

HUB = Path(__file__).parent
HEADER = """# The interface of Sverka. Kept with the code by: python -m hub.catalogues
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {"say": None, "t": None, "N_": None, "fail": None, "many": (1, 2)}


def extracted() -> Catalog:
    """Every message of the code and of the templates."""
    found = Catalog(project="Sverka", charset="utf-8")
    options = {"**/templates/**.html": {"silent": "false"}}
    for name, _, message, _, _ in extract_from_dir(HUB, METHODS, options, keywords=KEYWORDS, comment_tags=()):
        if name:
            found.add(message)
    return found


def missing(language: str) -> tuple[list[str], list[str]]:
    """(messages without a translation, messages that the code does not say any more)."""
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        held = read_po(file, locale=language)
    said = {_key(message.id) for message in extracted() if message.id}
    done = {_key(m.id) for m in held if m.id and not m.fuzzy and all(m.string if isinstance(m.string, (list, tuple)) else [m.string])}
    return sorted(said - done), sorted({_key(m.id) for m in held if m.id} - said)


def _key(message: str | tuple[str, ...] | list[str]) -> str:
    return message if isinstance(message, str) else message[0]


def update(language: str) -> Path:
    """The catalogue of a language with the code's messages, sorted; what was translated stays."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    held = Catalog(locale=language, project="Sverka")
    if path.exists():
        with path.open("rb") as file:
            held = read_po(file, locale=language)
    held.update(extracted(), no_fuzzy_matching=True)
    held.obsolete.clear()
    made = io.BytesIO()
    write_po(made, held, width=130, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    path.write_text(HEADER.format(language=language, plural=held.plural_forms) + made.getvalue().decode())
    return path


if __name__ == "__main__":
    print(update("ru"))
