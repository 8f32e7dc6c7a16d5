"""Requests of 1C to a site, and how it takes the answers: the first line is a word, whatever the status; anything unknown ends the exchange."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

BITRIX = "bitrix/admin/1c_exchange.php"
AGENT = "1C+Enterprise/8.3"


class Broken(Exception):
    """The exchange ends here; in the words of 1C's own log."""


@dataclass
class Habits:
    """What differs between configurations and nodes. ``strict_init``: УТ wants two lines exactly. ``sessid``: the second word of a session is said.
    ``pause``: seconds between two ``progress``. ``trial``: a checkauth before the chain (УТ)."""

    strict_init: bool = True
    sessid: bool = True
    trial: bool = True
    pause: float = 0.0
    timeout: float = 180.0
    most_progress: int = 200
    version: str = ""  # УНФ with the protocol of Битрикс tells one
    wait: bool = True  # False: «выгружать файлы без ожидания подтверждения», import is not called


@dataclass
class Client:
    """One session. ``log``: what was asked, and the first line of what was answered. ``lose``: called before each answer is looked at; where it says so
    the answer is lost on the way."""

    site: str
    login: str
    password: str
    habits: Habits = field(default_factory=Habits)
    lose: Callable[[str], bool] = lambda step: False
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        address = self.site.replace(" ", "").replace("\\", "/")
        if address.count("/") < 3 or address.rstrip("/").count("/") < 3:
            address = f"{address.rstrip('/')}/{BITRIX}"
        self.address, self.cookie, self.sessid, self.zip, self.limit = address, "", "", False, 0
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.auth = HTTPBasicAuth(self.login.encode(), self.password.encode())
        self.http.headers = {"User-Agent": AGENT, "Accept": "*/*"}

    def ask(self, kind: str, mode: str, body: bytes | None = None, **more: str) -> bytes:
        query = {"type": kind, "mode": mode, **more}
        if self.sessid and self.habits.sessid and mode != "checkauth":
            query["sessid"] = self.sessid
        headers = {"Cookie": self.cookie} if self.cookie and mode != "checkauth" else {}
        step = f"{kind} {mode} {more.get('filename', '')}".strip()
        try:
            answer = self.http.request(
                "GET" if body is None else "POST", self.address, params=query, data=body, headers=headers, timeout=self.habits.timeout, allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException as error:
            self.log.append(f"{step}: {type(error).__name__}")
            raise Broken(f"Ошибка соединения: {type(error).__name__}") from error
        if self.lose(step):
            self.log.append(f"{step}: ответ потерян")
            raise Broken("Ответ не получен")
        if answer.status_code in (301, 302):
            raise Broken(f"Требуется замена строки подключения: {answer.headers.get('Location')}")
        first = answer.content[:60].split(b"\n")[0].decode("utf-8", "replace")
        self.log.append(f"{step}: {first}" + ("" if answer.status_code == 200 else f" ({answer.status_code})"))
        return answer.content

    def words(self, kind: str, mode: str, body: bytes | None = None, **more: str) -> list[str]:
        return self.ask(kind, mode, body, **more).decode("utf-8", "replace").replace("\r", "").split("\n")

    def enter(self, kind: str) -> None:
        """A session begins; УТ tries once before."""
        for _ in range(2 if self.habits.trial else 1):
            lines = self.words(kind, "checkauth")
            if lines[0].strip().lower() != "success" or len(lines) < 3:
                raise Broken("Авторизация не выполнена")
        self.cookie = f"{lines[1].strip()}={lines[2].strip()}"
        self.sessid = lines[3].strip().removeprefix("sessid=") if len(lines) > 3 else ""

    def init(self, kind: str) -> None:
        more = {"version": self.habits.version, "cmlVersion": "2.10"} if self.habits.version else {}
        lines = self.words(kind, "init", None, **more)
        if self.habits.strict_init and len(lines) != 2:
            raise Broken("Не удалось прочитать параметры обмена")
        if not lines[0].startswith("zip="):
            raise Broken("Не удалось прочитать параметры обмена")
        self.zip = lines[0].strip().lower() == "zip=yes"
        limit = lines[1].partition("=")[2].strip() if len(lines) > 1 else ""
        self.limit = int(limit) if limit.isdigit() else 0

    def put(self, kind: str, name: str, body: bytes) -> None:
        """A file, cut as the site has asked."""
        size = self.limit or len(body) or 1
        for start in range(0, len(body), size):
            if self.words(kind, "file", body[start : start + size], filename=name)[0].strip().lower() != "success":
                raise Broken(f"Не удалось выгрузить файл {name}")

    def have_imported(self, kind: str, name: str) -> None:
        for _ in range(self.habits.most_progress if self.habits.wait else 0):
            lines = self.words(kind, "import", filename=name)
            match lines[0].strip().lower():
                case "success":
                    return
                case "progress":
                    time.sleep(self.habits.pause)
                case "failure":
                    raise Broken(f"{name}: {' '.join(lines[1:])}")
                case _:
                    raise Broken("Получен неизвестный статус импорта")

    def orders(self) -> bytes:
        body = self.ask("sale", "query")
        if not body.startswith((b"<?xml", b"PK")):
            raise Broken("Не удалось прочитать заказы с сайта")
        return body

    def taken(self) -> None:
        if not self.ask("sale", "success").strip():
            raise Broken("Сайт не подтвердил загрузку")


def pretty(root: Any) -> bytes:
    """As the platform's XMLWriter leaves a file: a BOM, the declaration, tabs and Windows line ends."""
    import xml.etree.ElementTree as tree

    tree.indent(root, "\t")
    text = tree.tostring(root, encoding="unicode").replace("\n", "\r\n")
    return b"\xef\xbb\xbf" + f'<?xml version="1.0" encoding="UTF-8"?>\r\n{text}'.encode()
