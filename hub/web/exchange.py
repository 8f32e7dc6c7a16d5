"""Where a vendor that calls by itself brings its files and fetches what the hub has for it. A piece that is answered with success is committed (I1);
everything else is a worker's. Works while Redis is down.

Answers are words in the first line of a text, whatever the status: the vendor's programs read nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterator

import structlog
from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from connectors.exchange import Door, Step, Unreadable
from hub.app import Hub
from hub.storage import directories, offers, states, uploads
from hub.sync import exchanging
from hub.web.auth import Throttle
from hub.web.health import count_webhook

log = structlog.get_logger()
exchange = Blueprint("exchange", __name__)
PIECE = 1_000_000  # bytes of a piece that we ask for: what web servers before us let through unless told otherwise
LARGEST_BODY = 512 << 20  # of one request: programs that cut nothing send a file whole
LARGEST_FILE = 1 << 30
BATCH = 100  # documents of one answer
SESSION = 86_400.0
CHUNK = 1 << 16
NAMES = ("site_login", "site_password")


@exchange.route("/exchange/<system>", methods=["GET", "POST"])
@exchange.route("/exchange/<system>/<path:_>", methods=["GET", "POST"])
def named(system: str, _: str = "") -> Response:
    return _counted(system)


@exchange.route("/1c_exchange.php", methods=["GET", "POST"])
@exchange.route("/bitrix/admin/1c_exchange.php", methods=["GET", "POST"])
def unnamed() -> Response:
    """What 1C makes of an address that is a host alone: the system is told by the login."""
    return _counted("")


def _counted(system: str) -> Response:
    hub: Hub = current_app.config["HUB"]
    answer = _answer(hub, system)
    count_webhook(system or "exchange", answer.status_code)
    return answer


def _answer(hub: Hub, wanted: str) -> Response:
    name, session = _caller(hub, wanted)
    found = door(hub, name)
    if found is None:
        return _text("failure\nОшибка авторизации. Неверное имя пользователя или пароль.", 401)
    step = found.step(request.args)
    try:
        return _Call(hub, name, found, step, session).answer()
    except NotTaken as why:
        return _text(found.failure(str(why)))
    except (SQLAlchemyError, OSError) as error:
        log.error("exchange.not_stored", system=name, error=type(error).__name__)
        return _text(found.failure("Сейчас принять нельзя, повторите позже."))
    except Exception:
        log.exception("exchange.failed", system=name)
        return _text(found.failure("Внутренняя ошибка: подробности в журнале хаба."))


def _text(words: str, status: int = 200) -> Response:
    return Response(words.encode(), status, mimetype="text/plain")


class NotTaken(Exception):
    """Said to the caller in one line, with status 200: any other is only written to its log, and УНФ hides the text."""


def door(hub: Hub, system: str) -> Door | None:
    """The conversation of a system that comes by itself, or None where it does not."""
    found = exchanging.of(hub, system)
    return found if isinstance(found, Door) else None


def _caller(hub: Hub, wanted: str) -> tuple[str, str]:
    """The system that calls and its session; the session is empty where none is begun, both where it is nobody. Name and password go before
    the cookie: where they are said they must be right."""
    systems = [s for s in hub.settings.systems.values() if door(hub, s.name) and wanted in ("", s.name)]
    throttle: Throttle = current_app.extensions["throttle"]
    who = f"exchange {request.remote_addr}"
    if given := request.headers.get("Authorization", ""):
        pairs = _pairs(given)
        right = [s.name for s in systems if all(s.secrets.get(n) for n in NAMES) & _same(pairs, *(s.secrets.get(n, "") for n in NAMES))]
        if throttle.too_many(who, time.monotonic()) or not right:
            throttle.failed(who, time.monotonic())
            return "", ""
        return right[0], next((session for session in [_session(hub, right[0])] if session), "")
    for one in systems:
        if session := _session(hub, one.name):
            return one.name, session
    return "", ""


def _pairs(header: str) -> list[tuple[bytes, bytes]]:
    """Name and password as bytes of UTF-8, whichever of the two ways of the world they came in."""
    word, _, told = header.partition(" ")
    try:
        raw = base64.b64decode(told.strip(), validate=True) if word.casefold() == "basic" else b""
    except (binascii.Error, ValueError):
        raw = b""
    found = []
    for encoding in ("utf-8", "windows-1251"):
        try:
            name, _, password = raw.decode(encoding).partition(":")
        except UnicodeDecodeError:
            continue
        found.append((name.encode(), password.encode()))
    return found


def _same(pairs: list[tuple[bytes, bytes]], name: str, password: str) -> bool:
    """In a time that tells nothing of what is right."""
    hits = [hmac.compare_digest(n, name.encode()) & hmac.compare_digest(p, password.encode()) for n, p in pairs]
    return any(hits)


def _token(hub: Hub, system: str, now: float) -> str:
    nonce, at = secrets.token_hex(12), int(now)
    return f"{nonce}.{at}.{_signed(hub, system, nonce, str(at))}"


def _signed(hub: Hub, *words: str) -> str:
    return hmac.new(hub.settings.secret_key.encode(), "\0".join(("exchange", *words)).encode(), hashlib.sha256).hexdigest()[:40]


def _session(hub: Hub, system: str) -> str:
    """The session that the cookie proves, of this system and not too old; empty where it proves none, or the second word is wrong."""
    found = door(hub, system)
    nonce, _, rest = request.cookies.get(found.cookie if found else "", "").partition(".")
    at, _, sign = rest.partition(".")
    if not (nonce and at.isdigit() and hmac.compare_digest(sign.encode(), _signed(hub, system, nonce, at).encode())):
        return ""
    said = request.args.get("sessid")
    if said and not hmac.compare_digest(said.encode(), _signed(hub, system, nonce).encode()):
        return ""
    return nonce if hub.clock() - int(at) < SESSION else ""


class _Call:
    """One request of one system."""

    def __init__(self, hub: Hub, system: str, exchange: Door, step: Step, session: str) -> None:
        self.hub, self.system, self.exchange, self.step, self.session = hub, system, exchange, step, session

    def answer(self) -> Response:
        if self.step.act == "unknown":
            raise NotTaken("Неизвестная команда.")
        if self.step.act == "open":
            token = _token(self.hub, self.system, self.hub.clock())
            return _text(self.exchange.opened(token, _signed(self.hub, self.system, token.partition(".")[0])))
        if not self.session:
            raise NotTaken("Сессия не начата или устарела: сначала checkauth, затем запросы с полученным cookie.")
        found: Response = getattr(self, f"_{self.step.act}")()
        return found

    def _done(self) -> Response:
        return _text(self.exchange.done())

    _nothing = _done

    def _limits(self) -> Response:
        """Files begin anew: what the session brought before and nobody asked for is let go."""
        with self.hub.store.intake() as at:
            uploads.clear(at, self.system, self.session)
        return _text(self.exchange.limits(self.step, PIECE, _signed(self.hub, self.system, self.session)))

    def _put(self) -> Response:
        if not self.step.name:
            raise NotTaken("Недопустимое имя файла.")
        request.max_content_length = LARGEST_BODY
        if (request.content_length or 0) > LARGEST_BODY:
            raise NotTaken(f"Файл больше {LARGEST_BODY} байт за один запрос: делите по file_limit.")
        if not self.exchange.keeps(self.step.name):  # pictures: read to the end, so that the connection can go on
            for _ in _body():
                pass
            return self._done()
        try:
            size = uploads.append(
                self.hub.store, self.system, self.session, self.step.kind, self.step.name, _body(), most=LARGEST_FILE
            )  # fmt: skip
        except (uploads.TooLarge, RequestEntityTooLarge):
            raise NotTaken(f"Файл {self.step.name} больше {LARGEST_FILE} байт.") from None
        if not size:
            raise NotTaken(f"Файл {self.step.name} пуст.")
        return self._done()

    def _work(self) -> Response:
        """The file is read through once, so that one which is cut short or was sent twice over is refused while 1C still has it."""
        name, trouble = self.step.name, ""
        with self.hub.store.read_intake() as at:
            rows = uploads.found(at, self.system, self.session, name)
            worked = uploads.worked(at, self.system, self.session, name)
        whole = [row for row in rows if row["name"].casefold() == name.casefold() and row["state"] == uploads.OPEN]
        packed = [row for row in rows if row["state"] == uploads.OPEN and row["name"].casefold().endswith(".zip") and row not in whole]
        if worked and not whole:
            return self._done()
        for row in whole or packed:
            try:
                exchanging.accept(self.hub, self.exchange, row, name)
                return self._done()
            except LookupError:
                continue
            except Unreadable as error:
                trouble = trouble or str(error)
                with self.hub.store.intake() as at:
                    uploads.drop(at, row)
        raise NotTaken(
            f"Файл {name} не принят: {trouble}. Выгрузите его заново." if trouble else f"Файл {name} не найден: сначала mode=file."
        )

    def _give(self) -> Response:
        """What is laid out, in parts; nothing while the system is observed or paused."""
        with self.hub.store.write() as at:
            state = states.get(at, self.system)
            still = state["mode"] == "observe" or bool(state["paused"])
            laid = [] if still else offers.give(at, self.system, self.session, BATCH, now=self.hub.clock())
            exchanging.reconsider(self.hub, at, self.system)
        return Response(self.exchange.batch(laid), 200, mimetype="text/xml")

    def _given(self) -> Response:
        now = self.hub.clock()
        with self.hub.store.state() as at:
            exchanging.taken(self.hub, at, self.system, offers.take(at, self.system, self.session, now=now), now=now)
            states.call_succeeded(at, self.system, now=now)
        return self._done()

    def _info(self) -> Response:
        with self.hub.store.read() as at:
            words = directories.titles(at, self.system)
        return Response(self.exchange.info(words), 200, mimetype="text/xml")


def _body() -> Iterator[bytes]:
    while chunk := request.stream.read(CHUNK):
        yield chunk
