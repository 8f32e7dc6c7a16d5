"""The cases that every connector passes, over the stand-in of Mango Office."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from itertools import count
from urllib.parse import parse_qs, urlencode

import pytest

from connectors import mango
from connectors.contract import WebhookRequest
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from connectors.kit.frame import Counting
from connectors.mango.door import SHUT, TURNED_AWAY
from sandbox.frame.server import running
from sandbox.mango.app import API_KEY, SALT, Mango
from sandbox.mango.hooks import summary


class Exchange(Stand):
    """The stand-in, whoever calls, and what the hub would command. All calls of people ended ten minutes ago, so that they are over."""

    def __init__(self, url: str, app: Mango) -> None:
        super().__init__(url)
        self.app, self.numbers = app, count(79_030_000_001)

    def add(self, resource):
        return self.app.pbx.happen({"number": str(next(self.numbers)), "talk": 30, "ago": 600}).entry_id

    def edit(self, resource, ident):
        """A call never changes."""

    def count(self, resource):
        return len(self.app.pbx.commands)

    def create(self, resource):
        return {"to_number": f"+{next(self.numbers)}", "extension": "101", "direction": "out", "wanted_at": int(time.time())}

    def refused(self, resource):
        return self.create(resource) | {"to_number": "+7 903"}

    def webhook(self, resource, ident):
        return WebhookRequest({}, self.app.hooks.form(summary(self.app.pbx.conversations[ident])), {}, "")

    def forged(self, request):
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        return replace(request, body=urlencode(form | {"json": form["json"].replace('"call_direction":1', '"call_direction":2')}).encode())


def told(code):
    return json.dumps({"result": code})


class TestMango(Suite):
    package = mango
    secrets = {"api_key": API_KEY, "salt": SALT}
    zone = "Europe/Moscow"
    writes = r"POST /vpbx/commands/"
    answers = (
        Answer(200, told(3102), Unauthorized, Unauthorized),
        Answer(200, told(3105), Unauthorized, Unauthorized),
        Answer(200, told(3136), Rejected, Rejected),
        Answer(420, json.dumps({"code": 3104}), Rejected, Rejected),
        Answer(200, told(3310), Missing, Missing),
        Answer(200, told(2240), Rejected, Rejected),
        Answer(200, told(5003), Unavailable, Unknown),
        Answer(401, "", Unavailable, Unavailable),
        Answer(404, "", Unavailable, Unknown),
        Answer(429, '{"name":"Service Unavailable","message":"Rate limit exceeded.","code":0,"status":429}', Unavailable, Unavailable),
        Answer(500, "", Unavailable, Unknown),
    )

    @pytest.fixture
    def stand(self):
        app = Mango()
        app.limits.enforce, app.reports.polls = False, 0
        with running(app) as url:
            yield Exchange(url, app)

    def made(self, stand, limiter=None, secrets=None):
        """A connector that forgets to be silent and waits for no limits: the suite asks one thing after another, and both have tests of their own."""
        connector = super().made(stand, limiter or Counting(), secrets)
        tokens = connector.api.door.tokens
        keep = tokens.save
        tokens.save = lambda value: keep({name: one for name, one in value.items() if name not in (SHUT, TURNED_AWAY)})
        return connector
