"""The web process: webhook ingress, dashboard, health."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Flask, g, request, session
from flask_bootstrap import Bootstrap5
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import select

from hub.app import Hub
from hub.settings import zone
from hub.storage.tables import user as user_table
from hub.web.acceptance import Acceptance
from hub.web.health import health, prepare
from hub.web.ingress import ingress
from hub.web.pages import pages
from hub.web.texts import word


class Person(UserMixin):  # type: ignore[misc]
    """Someone signed in. ``role``: viewer | support | admin."""

    def __init__(self, name: str, role: str) -> None:
        self.id, self.role = name, role


def create_app(hub: Hub) -> Flask:
    """The WSGI application of a hub."""
    app = Flask(__name__)
    app.config |= {
        "HUB": hub,
        "ACCEPTANCE": Acceptance(hub.store),
        "SECRET_KEY": hub.settings.secret_key,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_HTTPONLY": True,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "MAX_CONTENT_LENGTH": 8 * 1024 * 1024,
    }
    Bootstrap5(app)
    guard = CSRFProtect(app)
    guard.exempt(ingress)
    logins = LoginManager(app)
    logins.login_view = "pages.login"
    logins.login_message = None

    @logins.user_loader  # type: ignore[untyped-decorator]
    def load_user(name: str) -> Person | None:
        with hub.store.read() as at:
            row = at.execute(select(user_table).where(user_table.c.name == name)).first()
        return Person(row.name, row.role) if row and row.active else None

    @app.before_request
    def choose_language() -> None:
        chosen = session.get("language") or request.accept_languages.best_match(["ru", "en"]) or "ru"
        g.language = chosen if chosen in ("ru", "en") else "ru"

    @app.context_processor
    def words() -> dict[str, Any]:
        return {
            "t": lambda key: word(key, g.get("language", "ru")),
            "language": g.get("language", "ru"),
            "moment": partial(moment, hub),
            "me": current_user,
        }

    app.config |= prepare(hub)
    app.register_blueprint(health)
    app.register_blueprint(ingress)
    app.register_blueprint(pages)
    return app


def moment(hub: Hub, seconds: float | None) -> str:
    """A hub time as people read it, in the zone of the last configured system (the shop's own)."""
    if not seconds:
        return "—"
    names = [s.timezone for s in hub.settings.systems.values()]
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone(names[-1] if names else "UTC")).strftime("%d.%m.%Y %H:%M:%S")
