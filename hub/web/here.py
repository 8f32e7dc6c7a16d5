"""What a view needs of its request: the hub, the reader's language and rights, where to go back to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import abort, current_app, flash, g, redirect, request, session, url_for
from flask_login import current_user, login_required
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub import audit
from hub.app import Hub
from hub.language import LANGUAGES, Speech
from hub.language.refused import Refused
from hub.language.shown import Shown
from hub.storage import views

ROLES = ("viewer", "support", "admin")
PAGE = 50


def hub() -> Hub:
    found: Hub = current_app.config["HUB"]
    return found


def language() -> str:
    """The reader's choice, else the browser's, else Russian."""
    chosen = session.get("language") or request.accept_languages.best_match(LANGUAGES)
    return chosen if chosen in LANGUAGES else "ru"


def say() -> Speech:
    """The reader's language, in the shop's zone."""
    if "speech" not in g:
        g.speech = Speech(language(), hub().settings.timezone)
    found: Speech = g.speech
    return found


def t(message: str, **values: Any) -> str:
    """A message in the reader's language."""
    return say()(message, **values)


def many(one: str, other: str, n: int, **values: Any) -> str:
    """The plural form that ``n`` asks for, in the reader's language."""
    return say().many(one, other, n, **values)


def shown(at: Connection) -> Shown:
    """How values are shown to this reader: a viewer sees personal data masked."""
    return Shown(say(), views.titles(at), hide=current_user.role == "viewer")


def may(role: str) -> bool:
    """Whether the reader has this role or one above it."""
    return bool(current_user.is_authenticated and ROLES.index(current_user.role) >= ROLES.index(role))


def needs(role: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view for people signed in with this role or one above it; others get 403, strangers the sign-in page."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not may(role):
                abort(403, t("This needs the role %(role)s.", role=role))
            return view(*args, **kwargs)

        wrapped: Callable[..., Any] = login_required(guarded)
        return wrapped

    return decorate


def local(target: str | None) -> str:
    """The address where it is a path of this site, else empty: a form cannot send people elsewhere."""
    parts = urlsplit(target or "")
    path = parts.path
    good = not parts.scheme and not parts.netloc and path.startswith("/") and not path.startswith("//") and "\\" not in path
    return f"{path}{f'?{parts.query}' if parts.query else ''}" if good else ""


def back(endpoint: str, **values: Any) -> Response:
    """To where the form stood, else to ``endpoint``."""
    return redirect(local(request.form.get("back")) or url_for(endpoint, **values))


def attempt(work: Callable[[], object], done: str, **instead: str) -> None:
    """Do what a form asks for; the next page says that it is ``done``, or why it was refused. ``instead``: words for what the refusal names,
    such as a field's title."""
    try:
        work()
    except Refused as why:
        flash(why.told(say(), **instead), "danger")
    else:
        flash(done, "success")


def page_number() -> int:
    return max(1, request.args.get("page", 1, type=int) or 1)


def did(
    at: Connection,
    what: str,
    *,
    system: str = "",
    entity: str = "",
    record_id: str = "",
    cause: str = "",
    outcome: str = "",
    before: Any = None,
    after: Any = None,
) -> None:
    """The audit row of an operator's action, in the action's own transaction."""
    entry = audit.Entry(f"operator.{what}", current_user.id, system, entity, record_id, cause, outcome, before, after)
    audit.write(at, [entry], now=hub().clock())
