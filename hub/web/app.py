"""The web process: webhook ingress, dashboard, health."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from babel.support import NullTranslations
from flask import Flask, Response, render_template, request
from flask_babel import Babel, Domain, get_locale
from flask_bootstrap import Bootstrap5
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.app import Hub
from hub.language import catalogue
from hub.web import auth as signing
from hub.web.acceptance import Acceptance
from hub.web.agreement import agreement
from hub.web.alerts import alerts
from hub.web.api import api
from hub.web.brakes import brakes
from hub.web.calls import calls
from hub.web.check import check
from hub.web.conflicts import conflicts
from hub.web.directories import directories
from hub.web.duplicates import duplicates
from hub.web.erasure import erasure
from hub.web.exchange import exchange
from hub.web.feeds import feeds
from hub.web.hand import hand
from hub.web.health import health
from hub.web.health import prepare as watching
from hub.web.here import language, may, say, t
from hub.web.ingress import ingress
from hub.web.pages import pages
from hub.web.plan import plan
from hub.web.queue import queue
from hub.web.recordings import recordings
from hub.web.review import review
from hub.web.stand_ins import stand_ins
from hub.web.systems import systems
from hub.words.problems import pause_of
from hub.words.states import WORDS

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
BLUEPRINTS = (
    health, ingress, feeds, exchange, api, signing.auth, pages, hand, recordings, queue, systems, directories, plan, brakes, alerts,
    agreement, duplicates, erasure, conflicts, stand_ins, calls, review, check,
)  # fmt: skip


class Catalogues(Domain):  # type: ignore[misc]
    """Flask-Babel's messages, from the hub's own catalogues."""

    def get_translations(self) -> NullTranslations:
        return catalogue(str(get_locale() or "en"))


def create_app(hub: Hub) -> Flask:
    """The WSGI application of a hub."""
    app = Flask(__name__)
    if count := hub.settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    secure = hub.settings.public_url.startswith("https://")
    app.config |= {
        "HUB": hub,
        "ACCEPTANCE": Acceptance(hub.store),
        "SECRET_KEY": hub.settings.secret_key,
        "SESSION_COOKIE_NAME": "sverka",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": secure,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "BOOTSTRAP_SERVE_LOCAL": True,
        "MAX_CONTENT_LENGTH": 8 * 1024 * 1024,
    }
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Bootstrap5(app)
    babel = Babel(app, locale_selector=language, timezone_selector=lambda: hub.settings.timezone)
    babel.domain_instance = Catalogues()
    csrf = CSRFProtect(app)
    csrf.exempt(ingress)
    csrf.exempt(api)
    csrf.exempt(exchange)
    signing.prepare(app, hub)
    _faces(app, hub, secure)
    app.config |= watching(hub)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _faces(app: Flask, hub: Hub, secure: bool) -> None:
    """Words for templates, headers of every answer, pages of errors."""

    @app.context_processor
    def words() -> dict[str, Any]:
        speech = say()
        return {
            "say": speech,
            "many": speech.many,
            "pause_of": partial(pause_of, speech),
            "word": lambda key: speech(WORDS.get(str(key), str(key))),
            "me": current_user,
            "may": may,
            "campaigned": bool(hub.settings.campaigns),
            "now": hub.clock(),
        }

    @app.after_request
    def guard(answer: Response) -> Response:
        answer.headers.update(HEADERS)
        if secure:
            answer.headers["Strict-Transport-Security"] = "max-age=31536000"
        if not request.path.startswith(("/static/", "/bootstrap/")):
            answer.headers["Cache-Control"] = "no-store"
        return answer

    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> tuple[str, int]:
        return render_template("error.html", code=400, text=t("The page had grown old. Go back, reload it and try again.")), 400

    @app.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> Any:
        code = error.code or 500
        if request.path.startswith(("/webhooks/", "/health", "/ready", "/metrics")) or code < 400:
            return error
        given = error.description if error.description != type(error).description else ""
        known = {404: t("There is no such page or record."), 403: t("You have no right to do this.")}
        return render_template("error.html", code=code, text=given or known.get(code) or t("The request could not be answered.")), code
