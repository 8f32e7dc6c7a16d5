"""The vendors' APIs as the judge's users reach them."""

from __future__ import annotations

import time
from typing import Any

import requests

TRIES = 60


class Api:
    """One vendor. Turned-away and broken requests of a user are repeated: a person presses the button again."""

    def __init__(self, url: str, prefix: str, **session: Any) -> None:
        self.url, self.prefix, self.session = url, prefix, requests.Session()
        self.session.trust_env = False
        for name, value in session.items():
            setattr(self.session, name, value)

    def __call__(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        for _ in range(TRIES):
            try:
                answer = self.session.request(method, f"{self.url}{self.prefix}{path}", json=body, params=params, timeout=60)
                if answer.status_code not in (429, 500, 502, 503, 504):
                    return answer.json() if answer.content else None
            except (requests.RequestException, ValueError):
                pass
            time.sleep(0.2)
        raise SystemExit(f"{method} {path}: no answer from {self.url}")

    def control(self, what: str, body: Any) -> None:
        """A control of the stand-in, outside the vendor's own paths."""
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=10)


def moysklad(url: str) -> Api:
    headers = {"Authorization": "Bearer sandbox-moysklad-token", "Accept-Encoding": "gzip", "User-Agent": "shop"}
    return Api(url, "/api/remap/1.2/entity/", headers=headers)


def woocommerce(url: str) -> Api:
    return Api(url, "/wp-json/wc/v3/", auth=("ck_sandbox", "cs_sandbox"))


def all_of_moysklad(api: Api, kind: str) -> list[dict[str, Any]]:
    """Every object of a kind; documents with their lines, goods and buyer opened."""
    documents = kind in ("customerorder", "retaildemand")
    limit, rows = (100 if documents else 1000), []
    while True:
        more = {"expand": "positions.assortment,agent,state"} if documents else {}
        page = api("GET", kind, limit=limit, offset=len(rows), order="id,asc", **more)["rows"]
        rows += page
        if len(page) < limit:
            return rows


def all_of_woocommerce(api: Api, kind: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    number = 1
    while True:
        more = {"role": "all"} if kind == "customers" else {}
        page = api("GET", kind, per_page=100, page=number, orderby="id", order="asc", **more)
        rows += page
        if len(page) < 100:
            return rows
        number += 1
