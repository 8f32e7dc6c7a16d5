"""A load of webhooks from a process of its own: ``python -m benchmarks.load URL RATE SECONDS CONNECTIONS ACCOUNT`` prints latencies as JSON.

With a rate the load is open: each request has its appointed time, and its latency counts from then, so that a slow answer delays no
appointment. Rate 0: as many as the connections carry.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
import uuid
from urllib.parse import urlsplit

KINDS = ("counterparty", "customerorder")


def body(number: int, account: str) -> bytes:
    """A MoySklad notification about one object that nobody has heard of (the vendor's docs: webhooks). ``account``: of the base that the hub
    knows, if it knows one: another's would be answered without being stored."""
    kind = KINDS[number % 2]
    href = f"https://api.moysklad.ru/api/remap/1.2/entity/{kind}/{uuid.uuid4()}"
    event = {"meta": {"type": kind, "href": href}, "action": "UPDATE", "accountId": account, "updatedFields": ["phone"] * 40}
    return json.dumps({"events": [event]}).encode()


class Load:
    """Requests over kept connections, numbered by one counter."""

    def __init__(self, url: str, rate: float, seconds: float, account: str) -> None:
        self.url, self.rate, self.seconds, self.account = urlsplit(url), rate, seconds, account
        self.lock, self.number = threading.Lock(), 0
        self.latencies: list[float] = []
        self.refused = 0
        self.started = time.perf_counter() + 0.2

    def worker(self) -> None:
        connection = http.client.HTTPConnection(self.url.hostname or "", self.url.port, timeout=30)
        while True:
            with self.lock:
                number, self.number = self.number, self.number + 1
            due = self.started + (number / self.rate if self.rate else 0.0)
            now = time.perf_counter()
            if max(due, now) - self.started > self.seconds:
                return
            if due > now:
                time.sleep(due - now)
            begun = due if self.rate else time.perf_counter()
            connection.request(
                "POST", f"{self.url.path}?requestId={uuid.uuid4()}", body(number, self.account), {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            told = answer.read()
            with self.lock:
                self.latencies.append(time.perf_counter() - begun)
                self.refused += answer.status != 200 or told.strip() != b"ok"

    def run(self, connections: int) -> dict[str, object]:
        threads = [threading.Thread(target=self.worker) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"latencies": self.latencies, "refused": self.refused, "seconds": time.perf_counter() - self.started}


if __name__ == "__main__":
    url, rate, seconds, connections, account = sys.argv[1:]
    print(json.dumps(Load(url, float(rate), float(seconds), account).run(int(connections))))
