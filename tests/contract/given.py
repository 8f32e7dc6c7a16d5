"""What the hub gives a connector, in memory: credentials that all its processes see, and a limiter that notes what the vendor asked for."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from connectors.limiter import LocalLimiter


class Kept:
    """A token store, as the database has one."""

    def __init__(self):
        self.value, self.lock = {}, threading.Lock()

    def load(self):
        return dict(self.value)

    def save(self, value):
        self.value = dict(value)

    @contextmanager
    def exclusive(self):
        with self.lock:
            yield


class Penalties(LocalLimiter):
    """No limits; remembers what the vendor asked for."""

    def __init__(self):
        super().__init__(())
        self.asked = []

    def penalise(self, seconds, method=""):
        self.asked.append((seconds, method))


class Patient(LocalLimiter):
    """No limits; what a vendor asks to be waited for passes at once, by a clock of its own."""

    def __init__(self):
        self.passed = 0.0
        super().__init__((), clock=lambda: self.passed, sleep=self.wait)

    def wait(self, seconds):
        self.passed += seconds
