"""The first day of a shop that another program connected years ago: observed, planned, approved, live; then judged as that day."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from hub.demo.quiet import Quiet
from hub.demo.stage import ROOT, Stage

Json = Any
SITE = "site"
# The other program's cross-references, as an overlay of the shipped mappings says them: its numbers of customers and of orders of the site.
REFERENCES = {
    ("moysklad", "customer", "counterparty"): [{"remote": "attributes[name='Номер на сайте'].value", "system": SITE}],
    ("moysklad", "order", "customerorder"): [
        {"remote": "attributes[name='Номер на сайте'].value", "system": SITE, "pattern": r"^\d+$"},
        {"remote": "name", "system": SITE, "pattern": r"^WC-(\d+)$"},
        {"remote": "name", "system": SITE, "pattern": r"^(\d{4,})$"},
    ],
    ("bitrix24", "customer", "contact"): [{"remote": "originId", "system": SITE, "when": "originatorId == 'woo-exchange'"}],
    ("bitrix24", "order", "deal"): [{"remote": "originId", "system": SITE, "when": "originatorId == 'woo-exchange'"}],
}  # fmt: skip


def connect(stage: Stage) -> dict[str, int]:
    """Fill the shop as the other program left it. Returns "system entity" -> objects that are owed."""
    owed: dict[str, int] = json.loads(stage.people("connect", f"--customers={stage.play.customers}", f"--orders={stage.play.orders}"))
    overlay(stage.folder / "overlays")
    stage.raw["mappings"] = ["overlays"]
    return owed


def overlay(folder: Path) -> None:
    """Write the other program's cross-references over the shipped mappings, into a new folder."""
    folder.mkdir()
    for (system, entity, resource), rules in REFERENCES.items():
        text = yaml.safe_dump({"system": system, "entity": entity, "resource": resource, "adopt": rules}, allow_unicode=True)
        (folder / f"{resource}.yaml").write_text(text)


def go_live(stage: Stage, quiet: Quiet, owed: dict[str, int], patience: float) -> tuple[dict[str, Json], bool]:
    """Once everything is read: look at the plan, switch the vendors' mails and robots off by hand, approve, go live, and judge the day.
    Returns the verdict on the day, and whether it came to rest."""
    planned = {f"{row['system']} {row['entity']}": row["creates"] for row in command(stage, "plan", "--json")["counts"] if row["creates"]}
    stage.control("hand", {"quiet": True})
    for system in stage.raw["systems"]:
        command(stage, "brake", "hush", system)
        command(stage, "mode", system, "live")
    calm = quiet.wait(patience, agreeing=True)
    day = json.loads(stage.people("golive"))
    stage.control("hand", {"quiet": False})
    for system in stage.raw["systems"]:
        command(stage, "brake", "hush", system, "--off")
    loud = sum(n for kinds in day["effects"].values() for n in kinds.values())
    well = not (day["created_for_known"] or day["overwritten"] or loud) and planned == owed == day["created"]
    return day | {"planned": planned, "owed": owed, "passed": bool(well)}, calm


def command(stage: Stage, *words: str) -> Json:
    """One command of the hub, as a person types it. Returns its JSON where it prints such. Raises CalledProcessError."""
    typed = [sys.executable, "-m", "hub", *words, "--config", str(stage.config)]
    text = subprocess.run(typed, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True).stdout
    return json.loads(text) if "--json" in words else text
