"""Somebody who reads the dashboard, by Flask's client."""

from __future__ import annotations

import re

from tests.faces.shop import PASSWORD

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Reader:
    """Somebody with a browser."""

    def __init__(self, app, role: str | None = None, language: str = "ru") -> None:
        self.client, self.headers = app.test_client(), {"Accept-Language": language}
        self.token = TOKEN.search(self.get("/login").text).group(1)
        if role:
            assert self.post("/login", user=role, password=PASSWORD).status_code == 302
            self.token = TOKEN.search(self.get("/").text).group(1)
            self.post(f"/language/{language}")

    def get(self, path):
        return self.client.get(path, headers=self.headers)

    def post(self, path, *, token=True, **fields):
        return self.client.post(path, data=fields | ({"csrf_token": self.token} if token else {}), headers=self.headers)
