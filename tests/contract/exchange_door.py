"""What the tests of 1C's way into the hub as to its site have in common."""

from __future__ import annotations

import pytest

from tests.scenarios.exchange_shop import (
    GUID,
)

LINES = f"<Товары><Товар><Ид>{GUID}</Ид><Артикул>MUG-R</Артикул><Наименование>Кружка</Наименование><ЦенаЗаЕдиницу>745</ЦенаЗаЕдиницу><Количество>2</Количество><Сумма>1490</Сумма></Товар></Товары>"

ONE = pytest.mark.parametrize("kept_store", ["sqlite"], indirect=True)  # what the database has no part in
