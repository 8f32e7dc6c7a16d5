"""What the tests of the Bitrix24 sandbox share: a portal behind HTTP, called as a person, an application, or a handler of events."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests

from sandbox.bitrix24.app import Bitrix24
from sandbox.bitrix24.auth import HUB, TELEPHONY, WEBHOOK_SECRET
from sandbox.bitrix24.params import parse_query
from sandbox.frame.server import running

CONTACT, DEAL = 3, 2


class Served:
    """A portal and its address. Calls return the JSON body and keep the status in ``status``."""

    def __init__(self, vendor, url):
        self.vendor, self.url, self.status, self.tokens = vendor, url, 0, {}

    def body(self, method, **params):
        return self._post(f"/rest/1/{WEBHOOK_SECRET}/{method}", params)

    def __call__(self, method, **params):
        """The result of a call by webhook, as a person would make it."""
        return self._result(self.body(method, **params))

    def app_body(self, method, app=HUB, **params):
        if app not in self.tokens:
            self.tokens[app] = self.refresh(app.first_refresh, app)["access_token"]
        return self._post(f"/rest/{method}", {"auth": self.tokens[app], **params})

    def app(self, method, **params):
        """The result of a call by the hub's application."""
        return self._result(self.app_body(method, **params))

    def exchange(self, method, **params):
        """The result of a call by the application of a telephone exchange."""
        return self._result(self.app_body(method, TELEPHONY, **params))

    def refresh(self, token, app=HUB, **more):
        query = {"grant_type": "refresh_token", "client_id": app.client_id, "client_secret": app.secret, "refresh_token": token} | more
        answer = requests.get(f"{self.url}/oauth/token/", params=query, timeout=10)
        self.status = answer.status_code
        return answer.json()

    def send_file(self, url, field, name, content):
        return requests.post(url, files={field: (name, content)}, timeout=10).json()

    def control(self, what, **body):
        assert requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=10).json() == {"ok": True}

    def effects(self):
        return {name: number for name, number in requests.get(f"{self.url}/_sandbox/effects", timeout=10).json().items() if number}

    def contact(self, **fields):
        return self("crm.item.add", entityTypeId=CONTACT, fields={"name": "Анна", **fields})["item"]

    def deal(self, **fields):
        return self("crm.item.add", entityTypeId=DEAL, fields=fields)["item"]

    def update(self, kind, number, **fields):
        return self("crm.item.update", entityTypeId=kind, id=number, fields=fields)["item"]

    def get(self, kind, number):
        return self("crm.item.get", entityTypeId=kind, id=number)["item"]

    def list(self, kind, **params):
        return self("crm.item.list", entityTypeId=kind, **params)["items"]

    def _post(self, path, params):
        answer = requests.post(self.url + path, json=params, timeout=10)
        self.status = answer.status_code
        return answer.json()

    def _result(self, body):
        assert "result" in body, body
        return body["result"]


@contextmanager
def served(**options):
    vendor = Bitrix24(allow_loopback_webhooks=True, allow_http=True, **options)
    with running(vendor) as url:
        yield Served(vendor, url)


class Handler:
    """A receiver of events on a loopback port; ``got`` holds their bodies, parsed."""

    def __init__(self):
        self.got, self.types = [], []
        outer = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.types.append(self.headers["Content-Type"])
                outer.got.append(parse_query(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Receiver)
        self.url = f"http://127.0.0.1:{self.server.server_port}/events"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def waited(condition, seconds=10):
    """True when the condition came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False
