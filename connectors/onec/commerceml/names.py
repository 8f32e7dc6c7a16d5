"""Names of files as 1C says them. They are keys in the hub's database and never paths of a disk; what would lead outside is no name."""

from __future__ import annotations

FOLDERS = ("upload/1c/webdata/", "tmp/", "1cbitrix/", "webdata/")  # that 1C of some servers puts before
LONGEST = 250


def plain_name(told: str) -> str:
    """The name with plain slashes and without the folders that servers put before it; empty for one that is not to be used."""
    name = told.replace("\\", "/").strip()
    if name[1:3] == ":/":  # a drive of Windows
        return ""
    name = name.lstrip("/")
    for folder in FOLDERS:
        if name.casefold().startswith(folder):
            name = name[len(folder) :]
    steps = [step for step in name.split("/") if step not in ("", ".")]
    name = "/".join(steps)
    if ".." in steps or len(name) > LONGEST or any(ord(letter) < 32 for letter in name):
        return ""
    return name


def is_data(name: str) -> bool:
    """Whether a file holds objects: pictures and descriptions that come beside are not kept."""
    return name.casefold().endswith((".xml", ".zip"))
