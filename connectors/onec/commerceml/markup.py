"""XML of CommerceML as a stream: of a file of any size only the element of interest is in memory, told by its name in any namespace.

Entities are refused with the document type that declares them, so nothing can be expanded or read from elsewhere.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from connectors.exchange import Unreadable

ROOT = "коммерческаяинформация"
KINDS = {ROOT: "CommerceML", "message": "сообщение обмена"}  # root of a file -> what it is
LARGEST = (
    24_000_000  # characters of one element of interest, and as many as NODE for each inside: a document of ten thousand lines is smaller
)
NODE = 64
DEEPEST = 100
CHUNK = 1 << 16
DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
CONTROLS = bytes(
    code for code in range(32) if code not in (9, 10, 13)
)  # XML allows none of them, and some programs write them all the same
BOM = codecs.BOM_UTF8
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
HEAD = 4096  # bytes from which the encoding is told
WINDOWS = "windows-1251"


@dataclass(slots=True)
class Node:
    """An element without its namespace."""

    name: str
    attributes: Mapping[str, str]
    children: list[Node] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.said).strip()

    def all(self, *path: str) -> list[Node]:
        """The elements at the end of a path of names, however often each step of it occurs."""
        found = [self]
        for name in path:
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def one(self, *path: str) -> Node | None:
        return next(iter(self.all(*path)), None)

    def word(self, *path: str) -> str:
        """The text at the end of a path, the first that is not empty; empty where there is none."""
        return next((node.text for node in self.all(*path) if node.text), "")


@dataclass(frozen=True, slots=True)
class Piece:
    """One element of interest. ``around``: the attributes of what it stands in, by name. ``trouble``: why it could not be taken whole."""

    node: Node
    around: Mapping[str, Mapping[str, str]]
    line: int
    trouble: str = ""


class _Builder:
    """Handlers that gather the outermost elements with the wanted names."""

    def __init__(self, wanted: Collection[str], root: str) -> None:
        self.wanted, self.root, self.ready = wanted, root, list[Piece]()
        self.around: list[tuple[str, dict[str, str]]] = []
        self.stack: list[Node] = []
        self.size = self.deep = self.line = 0
        self.parser: Any = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        attributes = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        self.deep += 1
        if self.deep > DEEPEST:
            raise Unreadable(f"строка {self.parser.CurrentLineNumber}: вложенность больше {DEEPEST}")
        if self.stack:
            node = Node(name, attributes)
            self.size += NODE + len(name) + sum(map(len, attributes.values()))
            if self.size <= LARGEST:
                self.stack[-1].children.append(node)
            self.stack.append(node)
        elif name in self.wanted:
            self.size, self.line = 0, self.parser.CurrentLineNumber
            self.stack.append(Node(name, attributes))
        else:
            if not self.around and name.casefold() != self.root:
                raise Unreadable(f"это не {KINDS[self.root]}: файл начинается элементом <{name[:60]}>")
            self.around.append((name, attributes))

    def text(self, data: str) -> None:
        if self.stack:
            self.size += len(data)
            if self.size <= LARGEST:
                self.stack[-1].said.append(data)

    def end(self, name: str) -> None:
        self.deep -= 1
        if not self.stack:
            self.around.pop()
            return
        node = self.stack.pop()
        if not self.stack:
            trouble = f"элемент больше {LARGEST} знаков" if self.size > LARGEST else ""
            self.ready.append(Piece(node, dict(self.around), self.line, trouble))


def _no_type(*_: Any) -> None:
    raise Unreadable("в файле объявлен DOCTYPE: такие файлы не принимаются")


def encoding_of(first: bytes) -> str | None:
    """What to read a file as that begins so; None: as it says itself. A file that claims to be UTF-8, or claims nothing, and is not, was
    written by a program that means windows-1251."""
    if first[:2] in WIDE:
        return "utf-16"
    if first.startswith(BOM):
        return "utf-8"
    declared = DECLARED.match(first)
    said = declared[1].decode().casefold() if declared else "utf-8"
    if said in ("utf-8", "utf8"):
        try:
            codecs.getincrementaldecoder("utf-8")().decode(first)
        except UnicodeDecodeError:
            return WINDOWS
        return "utf-8"
    return WINDOWS if said in ("cp1251", "windows1251", "win-1251") else None


def _parser(first: bytes) -> Any:
    parser = expat.ParserCreate(encoding_of(first))
    parser.StartDoctypeDeclHandler = _no_type
    parser.buffer_text = True
    return parser


def _cleaned(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes without what may not stand in XML: blanks before the declaration, control characters. The first piece is long enough to tell
    the encoding."""
    rest, head = iter(chunks), b""
    while len(head) < HEAD and (chunk := next(rest, b"")):
        head += chunk
    if head[:2] in WIDE:
        yield head
        yield from rest
        return
    bare = head.removeprefix(BOM).lstrip(b"\x00\t\r\n ")
    if not bare:
        raise Unreadable("файл пуст")
    yield ((BOM if head.startswith(BOM) else b"") + bare).translate(None, CONTROLS)
    for chunk in rest:
        yield chunk.translate(None, CONTROLS)


def _fed(parser: Any, data: bytes, last: bool) -> None:
    try:
        parser.Parse(data, last)
    except expat.ExpatError as error:
        raise Unreadable(f"строка {error.lineno}: {expat.errors.messages.get(error.code, 'не XML')}") from None
    except (LookupError, ValueError) as error:
        raise Unreadable(f"кодировка файла неизвестна: {error}") from None


def pieces(chunks: Iterable[bytes], wanted: Collection[str], root: str = ROOT) -> Iterator[Piece]:
    """The outermost elements with the wanted names, in the order of the file, whose ``root`` is called so. Raises Unreadable where the file breaks, after all that stood
    before."""
    builder, parser = _Builder(wanted, root), None
    for chunk in _cleaned(chunks):
        if parser is None:
            parser = builder.parser = _parser(chunk)
            parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
            parser.CharacterDataHandler = builder.text
        try:
            _fed(parser, chunk, False)
        except Unreadable:
            yield from builder.ready
            raise
        yield from builder.ready
        builder.ready.clear()
    assert parser is not None
    _fed(parser, b"", True)
    yield from builder.ready


def check(chunks: Iterable[bytes], root: str = ROOT) -> None:
    """Read a file through without keeping anything of it. Raises Unreadable: it is cut short, sent twice over, or another kind of file."""
    parser = None

    def first(name: str, _: Any) -> None:
        if name.rpartition(":")[2].casefold() != root:
            raise Unreadable(f"это не {KINDS[root]}: файл начинается элементом <{name[:60]}>")
        assert parser is not None
        parser.StartElementHandler = None

    for chunk in _cleaned(chunks):
        if parser is None:
            parser = _parser(chunk)
            parser.StartElementHandler = first
        _fed(parser, chunk, False)
    assert parser is not None
    _fed(parser, b"", True)
