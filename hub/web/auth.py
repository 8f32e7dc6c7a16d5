"""Signing in and out. Roles: viewer (reads, personal data masked) | support (replays and skips too) | admin (modes and people too)."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.security import check_password_hash
from werkzeug.wrappers import Response

from hub import audit
from hub.app import Hub
from hub.language import LANGUAGES
from hub.storage import accounts
from hub.web.here import hub, local, t

auth = Blueprint("auth", __name__)
TRIES, WITHIN = 10, 300.0  # wrong passwords of one name in so many seconds
NOBODY = accounts.hashed("nobody has this password")  # checked for unknown names, so that they take as long as known ones


class Person(UserMixin):  # type: ignore[misc]
    """Someone signed in."""

    def __init__(self, name: str, role: str) -> None:
        self.id, self.role = name, role


class Throttle:
    """Counts wrong passwords of a name within this process."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = {}

    def too_many(self, name: str, now: float) -> bool:
        wrong = self._wrong.get(name, deque())
        while wrong and wrong[0] < now - WITHIN:
            wrong.popleft()
        return len(wrong) >= TRIES

    def failed(self, name: str, now: float) -> None:
        if len(self._wrong) > 10_000:
            self._wrong.clear()
        self._wrong.setdefault(name, deque()).append(now)


def prepare(app: Flask, chosen: Hub) -> None:
    """Flask-Login for this application."""
    logins = LoginManager(app)
    logins.login_view = "auth.login"
    logins.login_message = None
    logins.session_protection = "basic"
    app.extensions["throttle"] = Throttle()

    @logins.user_loader  # type: ignore[untyped-decorator]
    def load_user(name: str) -> Person | None:
        with chosen.store.read() as at:
            row = accounts.named(at, name)
        return Person(row.name, row.role) if row and row.active else None


@auth.route("/login", methods=["GET", "POST"])
def login() -> Any:
    if request.method == "POST":
        name, password = request.form.get("user", "")[:200], request.form.get("password", "")[:1000]
        if person := _checked(name, password):
            return _enter(person)
        flash(t("The name or the password is wrong."), "danger")
        return render_template("login.html"), 401
    return render_template("login.html")


def _checked(name: str, password: str) -> Any:
    """The row of a person whose password this is, else None."""
    throttle: Throttle = current_app.extensions["throttle"]
    now = time.monotonic()
    with hub().store.read() as at:
        row = accounts.named(at, name)
    right = check_password_hash(row.password if row and row.active else NOBODY, password)
    if throttle.too_many(name, now) or not (right and row and row.active):
        throttle.failed(name, now)
        return None
    return row


def _enter(row: Any) -> Response:
    chosen = session.get("language") or row.language
    session.clear()
    session.permanent = True
    if chosen:
        session["language"] = chosen
    login_user(Person(row.name, row.role))
    with hub().store.write() as at:
        audit.write(at, [audit.Entry("operator.sign_in", row.name, outcome=row.role)], now=hub().clock())
    return redirect(local(request.args.get("next")) or url_for("pages.overview"))


@auth.post("/logout")
def logout() -> Response:
    logout_user()
    return redirect(url_for("auth.login"))


@auth.post("/language/<name>")
def language(name: str) -> Response:
    """Another language, and back to the same page; who is signed in has it the next time, too."""
    session["language"] = chosen = name if name in LANGUAGES else "ru"
    if current_user.is_authenticated:
        with hub().store.write() as at:
            accounts.speak(at, current_user.id, chosen)
    return redirect(local(request.form.get("back")) or url_for("pages.overview"))
