"""Zip archives as 1C sends them: read entry by entry, nothing is ever unpacked to a disk, and no entry may grow beyond reason."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from connectors.exchange import Unreadable
from connectors.onec.commerceml.markup import CHUNK
from connectors.onec.commerceml.names import plain_name

ENTRIES = 200_000
LARGEST = 2 << 30  # bytes of one file inside: a full upload of half a million goods is smaller
RATIO = 300  # a catalogue shrinks to a thirtieth; a bomb to a thousandth
SMALL = 1 << 20  # below this nothing can be a bomb
ENCRYPTED = 1


class Archive:
    """One archive. Raises Unreadable where it is none, or cut short."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
            raise Unreadable(f"архив не читается: {error}") from None
        entries = self._zip.infolist()
        if len(entries) > ENTRIES:
            raise Unreadable(f"в архиве больше {ENTRIES} файлов")
        self._entries = {name: one for one in entries if not one.is_dir() and (name := plain_name(one.filename))}

    def names(self) -> list[str]:
        """Files inside whose names stay inside."""
        return list(self._entries)

    def find(self, name: str) -> str:
        """The file of this name, in whatever folder and case; empty where there is none."""
        wanted = name.casefold()
        same = [one for one in self._entries if one.casefold() == wanted]
        return next(iter(same or [one for one in self._entries if one.casefold().rpartition("/")[2] == wanted.rpartition("/")[2]]), "")

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, as they come out of the archive."""
        entry, size = self._entries[name], 0
        if entry.flag_bits & ENCRYPTED:
            raise Unreadable(f"{name}: зашифрован")
        if entry.file_size > LARGEST:
            raise Unreadable(f"{name}: больше {LARGEST} байт")
        try:
            with self._zip.open(entry) as file:
                while chunk := file.read(CHUNK):
                    size += len(chunk)
                    if size > LARGEST or (size > SMALL and size > RATIO * max(1, entry.compress_size)):
                        raise Unreadable(f"{name}: распаковывается слишком большим")
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
            raise Unreadable(f"{name}: архив не читается: {error}") from None
