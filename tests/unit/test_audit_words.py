"""What came of a write, in the reader's words."""

from __future__ import annotations

import pytest

from hub.language import Speech
from hub.words.audit import of_write


@pytest.mark.parametrize("outcome, ru, en", [
    ("ok", "выполнено", "done"),
    ("", "", ""),
    ("Unavailable 503", "Система не отвечает (503)", "The system does not answer (503)"),
    ("Rejected", "Система поняла запись и отказалась её принять", "The system understood the record and refused it"),
])  # fmt: skip
def test_an_outcome_is_told_in_words(outcome, ru, en):
    assert (of_write(Speech("ru"), outcome), of_write(Speech("en"), outcome)) == (ru, en)
