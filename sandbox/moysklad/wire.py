"""Addresses, errors and JSON of MoySklad answers.

State holds every href with the vendor's public base; requests and answers are rewritten between it and the base the caller used.
"""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

from flask import Response, request

BASE = "https://api.moysklad.ru/api/remap/1.2"
PREFIX = "/api/remap/1.2"
ELEMENTS = 1000  # of any array in a body
HREF = re.compile(r"/entity/([a-z]+)/(?:metadata/(states|attributes)/)?([0-9a-f-]{36})")


class ApiError(Exception):
    """An answer of the vendor's error shape: ``{"errors": [{error, code, parameter, moreInfo}]}``."""

    def __init__(self, status: int, code: int, text: str, parameter: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.headers = status, headers or {}
        entry: dict[str, Any] = {"error": text, "code": code, "moreInfo": f"https://dev.moysklad.ru/doc/api/remap/1.2/#error_{code}"}
        if parameter:
            entry["parameter"] = parameter
        self.body = {"errors": [entry]}


def own_base() -> str:
    return request.host_url.rstrip("/") + PREFIX


def reply(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The answer as gzip JSON with hrefs of the base the caller used; no body for None."""
    text = "" if data is None else json.dumps(data, ensure_ascii=False).replace(BASE, own_base())
    answer = Response(gzip.compress(text.encode(), 1) if text else b"", status, mimetype="application/json")
    if text:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers.extend(headers or {})
    return answer


def read_body() -> Any:
    """The request's JSON with hrefs of the vendor's base. Raises ApiError 2000 (not JSON), 1037 (said to be none) and 1059 (foreign host)."""
    if len(request.get_data()) > 20 * 1024 * 1024:
        raise ApiError(413, 1044, "Превышен максимальный размер запроса")
    if request.mimetype != "application/json":
        raise ApiError(415, 1037, "Неверное значение заголовка Content-Type: ожидался application/json")
    try:
        body = json.loads(request.get_data(as_text=True).replace(own_base(), BASE))
    except ValueError:
        raise ApiError(400, 2000, "Ошибка формата: некорректный JSON") from None
    check_hosts(body)
    return body


def check_hosts(value: Any) -> None:
    """Raises ApiError 1059 for a reference to another host, 2022 for an array that is too long."""
    if isinstance(value, list):
        if len(value) > ELEMENTS:
            raise ApiError(413, 2022, "Превышено максимальное количество элементов массива")
        for item in value:
            check_hosts(item)
    elif isinstance(value, dict):
        href = (value.get("meta") or {}).get("href") if isinstance(value.get("meta"), dict) else None
        if href and not str(href).startswith(BASE):
            raise ApiError(400, 1059, "Ошибка формата: указан неверный хост в href", "href")
        for item in value.values():
            check_hosts(item)


def meta(kind: str, ident: str) -> dict[str, Any]:
    return {
        "href": f"{BASE}/entity/{kind}/{ident}",
        "metadataHref": f"{BASE}/entity/{kind}/metadata",
        "type": kind,
        "mediaType": "application/json",
    }


def ref(kind: str, ident: str) -> dict[str, Any]:
    return {"meta": meta(kind, ident)}


def target(value: Any) -> tuple[str, str]:
    """(type, id) named by a reference. Raises ApiError 2012 when there is none."""
    found = HREF.search(str(value.get("meta", {}).get("href", ""))) if isinstance(value, dict) else None
    if not found:
        raise ApiError(400, 2012, "Ошибка формата: поле meta.href отсутствует или неверно", "meta")
    return found[1], found[3]
