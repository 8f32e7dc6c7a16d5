"""A file of CommerceML of a hundred megabytes: read through as at `import`, and read for what it tells; seconds, and memory at two sizes, each in a process
of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure, repeat

MEGABYTES = 100
UNITS = {"check": "seconds", "read": "seconds", "things": "", "file": "MB", "memory": "MB more than the process began with"}
ITEM = (
    "<Товар><Ид>a1b2c3d4-0000-11ee-8a01-{n:012d}</Ид><Артикул>A-{n}</Артикул><Штрихкод>46{n:011d}</Штрихкод><Наименование>Товар номер {n}</Наименование>"
    "<Группы><Ид>g1</Ид></Группы><Описание>{words}</Описание><ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>ТипНоменклатуры</Наименование>"
    "<Значение>Товар</Значение></ЗначениеРеквизита></ЗначенияРеквизитов></Товар>\r\n"
)


def written(path: Path, megabytes: float) -> None:
    """A catalogue of this size, as one portion."""
    with path.open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.07"><Каталог><Товары>'
        )
        number = 0
        while file.tell() < megabytes * 1e6:
            for _ in range(500):
                file.write(ITEM.format(n=number, words="мягкий и тёплый " * 20))
                number += 1
        file.write("</Товары></Каталог></КоммерческаяИнформация>")


def measured(path: Path) -> dict[str, float]:
    """Within a process of its own: what the reading alone takes."""
    from connectors.onec.commerceml import files
    from connectors.onec.commerceml.goods import Reader

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with path.open("rb") as file:
        began = time.perf_counter()
        files.checked(file, path.name)
        checked = time.perf_counter()
        things = sum(1 for _ in files.brought(file, "", Reader(frozenset(), lambda ids: {}), lambda name: ""))
        read = time.perf_counter()
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"check": checked - began, "read": read - checked, "things": things, "file": path.stat().st_size / 1e6, "memory": memory}


def run(*, runs: int, scale: float) -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in (MEGABYTES * scale / 10, MEGABYTES * scale):
            path = Path(folder) / "import.xml"
            written(path, megabytes)

            def once(path: Path = path) -> dict[str, float]:
                code = f"import json, pathlib; from benchmarks.commerceml import measured; print(json.dumps(measured(pathlib.Path({str(path)!r}))))"
                done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
                found: dict[str, float] = json.loads(done.stdout)
                return found

            figures += repeat("commerceml", f"{megabytes:g} MB", once, runs=runs, units=UNITS)
    return figures
