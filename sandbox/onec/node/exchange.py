"""One run of the node: goods, then orders from the site, then orders to the site, in the order of a stock base."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..state import Infobase
from .client import Broken, Client, Habits
from .goods import PORTION, Goods
from .orders import Orders

Json = Any
HABITS = {
    "ut": Habits(),
    "unf": Habits(strict_init=False, trial=False, pause=0.2, timeout=1800.0),
}
SPACES = {"ut": ("urn:1C.ru:commerceml_2", "2.07"), "unf": ("urn:1C.ru:commerceml_208", "2.08")}


class Node:
    """A node of a base that stays between runs: what was shown is not shown again, what was not taken is."""

    def __init__(self, base: Infobase) -> None:
        self.base, self.orders = base, Orders(base)
        self.profile = "unf" if base.profile.name == "unf" else "ut"
        self.sent: dict[str, str] = {}  # goods -> their state when the site took them

    def run(self, site: str, login: str, password: str, *, full: bool = False, portion: int = PORTION, zipped: bool = True, lose: Mapping[str, int] | None = None, **habits: Json) -> dict[str, Json]:  # fmt: skip
        """A full run. ``full``: all goods are registered anew, as by the user's button. ``zipped``: the node may send archives. ``lose``: step ->
        which of its answers is lost. Returns what happened, as the node's own log would tell."""
        chosen = Habits(**{**HABITS[self.profile].__dict__, **habits})
        left = dict(lose or {})

        def lost(step: str) -> bool:
            for name in left:
                if step.startswith(name):
                    left[name] -= 1
                    return left[name] == 0
            return False

        client = Client(site, login, password, chosen, lost)
        report: dict[str, Json] = {"goods": 0, "loaded": [], "shown": [], "made": [], "errors": []}
        made = len(self.orders.made)
        parts: tuple[Callable[[Client, dict[str, Json]], None], ...]
        parts = (partial(self._goods, full=full, portion=portion, zipped=zipped), self._take, self._show)
        for part in parts:
            try:
                part(client, report)
            except Broken as broken:
                report["errors"].append(str(broken))
        report["made"], report["log"] = self.orders.made[made:], client.log
        return report

    def _goods(self, client: Client, report: dict[str, Json], *, full: bool, portion: int, zipped: bool) -> None:
        now = self._states()
        changed = {ident for ident, state in now.items() if full or self.sent.get(ident) != state}
        if not changed:
            return
        client.enter("catalog")
        client.init("catalog")
        everything = full or not self.sent
        files = list(Goods(self.base, *SPACES[self.profile], None if everything else changed, portion).files(self._name))
        if client.zip and zipped:
            body = io.BytesIO()
            with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, text in files:
                    archive.writestr(name, text)
                archive.writestr("import_files/ab/ab12_34cd.jpeg", b"\xff\xd8\xff")
            client.put("catalog", f"v8_{uuid.uuid4().hex[:4].upper()}_3e.zip", body.getvalue())
        else:
            for name, text in files:
                client.put("catalog", name, text)
            client.put("catalog", "import_files/ab/ab12_34cd.jpeg", b"\xff\xd8\xff")
        for name, _ in files:
            client.have_imported("catalog", name)
        self.sent = now
        report["goods"] = len(changed)

    def _name(self, kind: str, number: int) -> str:
        return f"{kind}0_{number + 1}.xml" if self.profile == "ut" else f"{kind}{number or ''}.xml"

    def _states(self) -> dict[str, str]:
        """Goods -> what would be written of them: change registration as the exchange plan keeps it."""
        registers = [
            name
            for name in self.base.tables
            if name.startswith(("InformationRegister_Цены", "AccumulationRegister_", "InformationRegister_Штрих"))
        ]
        rows: dict[str, list[str]] = {}
        for name in registers:
            for row in self.base.tables[name].values():
                rows.setdefault(str(row.get("Номенклатура_Key")), []).append(repr(sorted(row.items(), key=str)))
        return {
            ident: f"{row['DataVersion']} {sorted(rows.get(ident, ()))}" for ident, row in self.base.tables["Catalog_Номенклатура"].items()
        }

    def _take(self, client: Client, report: dict[str, Json]) -> None:
        client.enter("sale")
        if client.habits.version:
            client.init("sale")
        body = client.orders()
        report["loaded"] = self.orders.load(body)
        client.taken()

    def _show(self, client: Client, report: dict[str, Json]) -> None:
        body, idents = self.orders.upload()
        self.orders.loaded = []
        if not body:
            return
        client.enter("sale")
        client.init("sale")
        name = f"orders-{uuid.uuid4()}_1.xml"
        client.put("sale", name, body)
        client.have_imported("sale", name)
        for ident in idents:
            self.orders.known[ident].changed = False
        report["shown"] = [self.orders.known[ident].number for ident in idents]
