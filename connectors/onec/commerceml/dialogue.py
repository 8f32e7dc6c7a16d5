"""The words of the exchange: what a request asks for, and how the answer is put. УТ and УНФ differ in what they bear (chapters of the
vendor's modules ОбменССайтом and ИнтеграцияСИнтернетМагазиномСервер)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from connectors.exchange import Act, Step
from connectors.onec.commerceml.names import plain_name

ACTS: dict[tuple[str, str], Act] = {
    ("*", "checkauth"): "open",
    ("*", "init"): "limits",
    ("*", "file"): "put",
    ("*", "import"): "work",
    ("sale", "query"): "give",
    ("sale", "success"): "given",
    ("sale", "info"): "info",
    ("catalog", "deactivate"): "nothing",
    ("catalog", "complete"): "nothing",
}
KINDS = ("catalog", "sale")
COOKIE = "sverka_exchange"
LONGEST = 255  # УНФ hides longer texts of a failure
NEWEST = "2.10"


def step(query: Mapping[str, str]) -> Step:
    """What a request asks for."""
    kind, mode = query.get("type", "").strip().casefold(), query.get("mode", "").strip().casefold()
    act: Act = "unknown"
    if kind in KINDS:
        act = ACTS.get((kind, mode)) or ACTS.get(("*", mode), "unknown")
    return Step(act, kind, plain_name(query.get("filename", "")), query.get("version", "").strip())


def success(*lines: str) -> str:
    return "\n".join(("success", *lines))


def failure(text: str) -> str:
    """In one line, without marks that УНФ takes for a page."""
    return "failure\n" + " ".join(text.replace("<", "«").replace(">", "»").split())[:LONGEST]


def opened(token: str, check: str) -> str:
    return success(COOKIE, token, f"sessid={check}")


def limits(zipped: bool, most: int, asked: Step, check: str) -> str:
    """Two lines without an end of the second, since УТ counts them; four to whoever tells a version."""
    lines = [f"zip={'yes' if zipped else 'no'}", f"file_limit={most}"]
    if asked.version:
        lines += [f"sessid={check}", f"version={asked.version if asked.version.startswith('2.') else NEWEST}"]
    return "\n".join(lines)


def info(statuses: Iterable[str], payments: Iterable[str], deliveries: Iterable[str]) -> bytes:
    """Words that a person maps in the node of УНФ. In the vendor's own text the first letter of the list of statuses is Latin."""
    lists = (("Cтатусы", statuses), ("ПлатежныеСистемы", payments), ("СлужбыДоставки", deliveries))
    body = "".join(
        f"<{name}>"
        + "".join(f"<Элемент><Ид>{escape(one)}</Ид><Название>{escape(one)}</Название></Элемент>" for one in words)
        + f"</{name}>"
        for name, words in lists
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Справочник>{body}</Справочник>'.encode()
