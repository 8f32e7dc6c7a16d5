"""What an error may say in a log: where it was raised, and of people nothing."""

from __future__ import annotations

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from structlog.testing import capture_logs

from connectors.errors import Unauthorized, Unavailable
from hub.processes.logs import masked
from hub.sync.faults import note


def logged(error: Exception) -> str:
    """The traceback of an error as a log line bears it."""
    try:
        raise error
    except Exception as raised:
        event = structlog.processors.format_exc_info(None, "error", {"event": "trouble", "exc_info": raised})
    return str(masked(None, "error", event)["exception"])


@pytest.mark.parametrize("said", ["Канарейкина", 'name "Канарейкина"', "anna.kanareyka@example.ru", "+79994312755"])
def test_an_exception_tells_where_and_not_of_whom(said):
    line = logged(KeyError(said))
    assert "test_logs.py" in line and "KeyError" in line
    assert not any(value in line for value in ("Канарейкина", "kanareyka", "4312755"))


def test_every_text_of_an_event_is_without_addresses_phones_and_tokens():
    event = {
        "event": "hint to anna.kanareyka@example.ru",
        "asked": "GET /customer?phone=+79994312755",
        "url": "/feed?token=0123456789abcdef",
        "rows": 2,
    }
    told = masked(None, "info", event)
    assert told["rows"] == 2 and told["asked"].startswith("GET /customer")
    assert not any(secret in str(told) for secret in ("kanareyka", "4312755", "0123456789abcdef"))


def test_an_error_of_the_database_bears_no_values(store):
    with store.write() as at, pytest.raises(SQLAlchemyError) as refused:
        at.execute(text("insert into nowhere values (:name)"), {"name": "Канарейкина"})
    assert "nowhere" in str(refused.value) and "Канарейкина" not in str(refused.value)


@pytest.fixture
def every_level():
    """Logs of every level, whatever an earlier test's command has set."""
    former = structlog.get_config()
    structlog.configure(**former | {"wrapper_class": structlog.make_filtering_bound_logger(0)})
    yield
    structlog.configure(**former)


@pytest.mark.parametrize(
    ("error", "event", "level"),
    [
        (Unavailable("HTTP 503", code="503"), "poll.failed", "warning"),
        (Unauthorized("HTTP 401", code="401"), "poll.failed", "warning"),
        (Unavailable("used up", code="429", limited=True), "poll.limited", "info"),
    ],
)
def test_a_read_that_a_limit_turned_away_is_no_failure(every_level, error, event, level):
    with capture_logs() as told:
        note("poll", "sklad", "counterparty", error)
    (line,) = told
    assert (line["event"], line["log_level"]) == (event, level)
    assert (line["system"], line["resource"], line["error"], line["code"]) == ("sklad", "counterparty", type(error).__name__, error.code)
