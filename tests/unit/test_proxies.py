"""The configurations of web servers that the documents offer carry what the hub needs, and the hub believes its proxies and nobody else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import request

from connectors.limiter import LocalLimiter
from hub.app import assemble
from hub.storage.engine import open_store
from hub.web import ingress
from hub.web.app import create_app
from tests.scenarios.processes import NOWHERE
from tests.scenarios.shop import settings

DOCS = Path(__file__).parents[2] / "docs"
NGINX, CADDY = (DOCS / "proxy/nginx.conf").read_text(), (DOCS / "proxy/Caddyfile").read_text()
FORWARDED = ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host")
MEGABYTE = 1_000_000


def app(folder, **web):
    chosen = settings(folder, NOWHERE, web=web)
    return create_app(assemble(chosen, open_store("", folder), lambda _, __: LocalLimiter(())))


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """The application behind one proxy."""
    return app(tmp_path_factory.mktemp("behind"), proxies=1, public_url="https://sverka.example.ru")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return app(tmp_path_factory.mktemp("alone"))


@pytest.mark.parametrize(
    "text, sets", [(NGINX, r"(?m)^ +proxy_set_header {} +\$"), (CADDY, r"(?m)^\t+header_up {} +\{{")], ids=["nginx", "caddy"]
)
def test_each_header_is_set_anew_and_none_passed_on(text, sets):
    for name in FORWARDED:
        assert re.search(sets.format(name), text), name
    assert "add_x_forwarded_for" not in text, "what a stranger sent would go first"


@pytest.mark.parametrize("text", [NGINX, CADDY], ids=["nginx", "caddy"])
def test_they_lead_to_the_hub_hide_its_figures_and_say_how_to_set_it(text, tmp_path, monkeypatch):
    web = settings(tmp_path, NOWHERE)
    assert f"{web.host}:{web.port}" in text
    assert "proxies: 1" in text
    assert re.search(r"location /metrics { deny all; }|respond /metrics 404", text)


def test_bodies_as_large_as_the_hub_takes_pass_both(behind):
    nginx = int(re.search(r"client_max_body_size (\d+)m;", NGINX)[1]) * 1024 * 1024
    caddy = int(re.search(r"max_size (\d+)MB", CADDY)[1]) * MEGABYTE
    assert min(nginx, caddy) > ingress.LARGEST
    assert max(nginx, caddy) <= behind.config["MAX_CONTENT_LENGTH"]


def test_nginx_sends_all_to_tls_and_keeps_the_secrets_of_webhooks_out_of_its_log():
    assert "return 301 https://" in NGINX
    assert re.search(r"location /webhooks/ {[^}]*access_log off;", NGINX)
    assert "TLSv1.2 TLSv1.3" in NGINX


FROM_PROXY = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "sverka.example.ru"}


def seen(application, headers):
    """(address, scheme, host) of the caller as the application sees them."""
    with application.test_client() as client:
        client.get("/login", headers=headers)
        return request.remote_addr, request.scheme, request.host


def test_behind_a_proxy_the_caller_is_who_the_proxy_says(behind):
    assert seen(behind, FROM_PROXY) == ("203.0.113.7", "https", "sverka.example.ru")


def test_behind_one_proxy_a_stranger_claims_nothing(behind):
    """The proxy sets the headers anew; even one that adds its own at the end is believed for that alone."""
    claimed = {name: f"evil.example, {value}" for name, value in FROM_PROXY.items()}
    assert seen(behind, claimed) == ("203.0.113.7", "https", "sverka.example.ru")


def test_without_a_proxy_nobody_is_believed(alone):
    assert seen(alone, FROM_PROXY) == ("127.0.0.1", "http", "localhost")


def test_behind_a_proxy_the_cookie_is_for_tls_alone(behind):
    with behind.test_client() as client:
        answer = client.get("/login", headers=FROM_PROXY, base_url="https://sverka.example.ru")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]
