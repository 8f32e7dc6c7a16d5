"""The certificate of an erasure in words: pages and commands say the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.language import Speech

Json = Any


def _moment(text: str, say: Speech) -> str:
    return say.moment(datetime.fromisoformat(text).timestamp()) if text else ""


def lines(told: Mapping[str, Json], say: Speech) -> list[str]:
    """What was done, and what is left for people to do, a sentence each; the objects themselves stand in ``told["objects"]``."""
    rows = ", ".join(f"{name} {say.number(n)}" for name, n in told.get("removed", {}).items())
    found = [
        say(
            "Certificate %(id)s: erased at %(time)s by %(who)s.",
            id=told["certificate"],
            time=_moment(told.get("erased_at", ""), say),
            who=told["actor"],
        )
    ]
    found += [say("Rows: %(rows)s.", rows=rows)] if rows else []
    if told.get("related"):
        found.append(say("Other customers share a phone, e-mail or card, and are left: %(ids)s", ids=", ".join(told["related"])))
    if not told.get("files_settled", True):
        found.append(say("Somebody is reading the database, so its journal could not be emptied: run sverka purge once that is over."))
    if told.get("still_found"):
        left = ", ".join(f"{name} {n}" for name, n in told["still_found"].items())
        found.append(say("Phones, e-mails or cards of the person still stand in rows of others: %(found)s", found=left))
    elif "still_found" in told:
        found.append(say("All tables were looked through: phones, e-mails and cards of the person stand nowhere."))
    if told.get("backups"):
        found.append(say("Backups that were made before still hold the person: %(files)s", files=", ".join(told["backups"])))
    if "audit" in told:
        found.append(say("Proof: row %(row)s of the audit log, block %(block)s.", row=told["audit"]["row"], block=told["audit"]["block"]))
    if told.get("objects"):
        found.append(say("These objects stand in the systems: erase the customers among them there. Nothing of them is read in again:"))
    return found
