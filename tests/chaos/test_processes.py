"""The whole hub as processes: workers killed, Redis emptied and restarted, and still every client everywhere once (I1, I2). Once as
``sverka up`` runs it on SQLite with its own Redis, once with the commands of compose.yaml on PostgreSQL and a Redis of others, from what
the Dockerfile builds."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import redis
import requests
from sqlalchemy import func, select

from hub.processes import redis_server
from hub.storage import states
from hub.storage.tables import delivery
from sandbox.frame.server import running
from sandbox.moysklad.app import TOKEN, Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios import containers
from tests.scenarios.processes import Installation
from tests.servers import wait_until

PEOPLE = 24
OPEN = ("pending", "leased", "retrying", "unknown", "waiting")


class Vendors:
    """The two stand-ins, and what their users see of them."""

    def __init__(self, stack: ExitStack) -> None:
        sklad, site = Moysklad(allow_loopback_webhooks=True), Woocommerce(allow_loopback_webhooks=True)
        sklad.limits.enforce = False
        self.urls = {"sklad": stack.enter_context(running(sklad)), "site": stack.enter_context(running(site))}

    def sklad(self, method: str, path: str, body=None, **params):
        url = f"{self.urls['sklad']}/api/remap/1.2/entity/{path}"
        answer = requests.request(method, url, json=body, params=params, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def site(self, method: str, path: str, body=None, **params):
        url = f"{self.urls['site']}/wp-json/wc/v3/{path}"
        answer = requests.request(method, url, json=body, params=params, auth=("ck_sandbox", "cs_sandbox"), timeout=20)
        answer.raise_for_status()
        return answer.json()

    def make_people(self) -> None:
        for i in range(0, PEOPLE, 2):
            self.site("POST", "customers", {"email": f"p{i}@example.ru", "first_name": f"П{i}"})
            person = {"name": f"П{i + 1}", "legalFirstName": f"П{i + 1}", "email": f"p{i + 1}@example.ru"}
            self.sklad("POST", "counterparty", person | {"companyType": "individual"})

    def rename(self, i: int, name: str) -> None:
        (person,) = self.site("GET", "customers", email=f"p{i}@example.ru", role="all")
        self.site("PUT", f"customers/{person['id']}", {"first_name": name})

    def names(self) -> tuple[dict[str, str], dict[str, str]]:
        """E-mail -> first name, in each system; a person who is there twice is an error of its own."""
        there = [(row.get("email"), row.get("legalFirstName")) for row in self.sklad("GET", "counterparty", limit=1000)["rows"]]
        here = [(row["email"], row["first_name"]) for row in self.site("GET", "customers", role="all", per_page=100)]
        for rows in (there, here):
            assert len(rows) == len(dict(rows)), f"somebody was made twice: {sorted(rows)}"
        return dict(there), dict(here)

    def agree_on(self, count: int) -> bool:
        there, here = self.names()
        return there == here and len(there) == count


@pytest.fixture
def vendors():
    with ExitStack() as stack:
        yield Vendors(stack)


def quiet(hub) -> bool:
    with hub.store.read() as at:
        return not at.execute(select(func.count()).where(delivery.c.state.in_(OPEN))).scalar()


def live_through(vendors: Vendors, installation: Installation, redis_url: str, workers) -> None:
    """Users work while workers are killed and Redis is emptied; then all agree. ``workers()``: the worker processes of this moment."""
    hub, client = installation.hub(), redis.Redis.from_url(redis_url)
    with hub.store.write() as at:
        states.set_values(at, "site", hushed="owner")  # who is registered by a first load may be mailed
    vendors.make_people()
    for i in range(6):
        time.sleep(0.4)  # trouble comes at its own pace, not at a moment that suits us
        client.flushall()
        if i % 2:
            wait_until(workers, 30, "a worker to kill")[0].send_signal(signal.SIGKILL)
    vendors.rename(0, "Переименована")
    logs = lambda: "\n".join(installation.log(n) for n in installation.processes)  # noqa: E731
    wait_until(lambda: vendors.agree_on(PEOPLE) and quiet(hub), 75, f"all to agree: {vendors.names()} {logs()}")
    assert vendors.names()[0]["p0@example.ru"] == "Переименована"
    wait_until(lambda: installation.get("/ready") == 200, 30, "web, workers and scheduler to be seen")
    figures = requests.get(f"{installation.url}/metrics", timeout=5).text
    assert f'sverka_deliveries{{entity="customer",state="done",system="sklad"}} {PEOPLE}.0' in figures
    assert 'sverka_vendor_calls_total{outcome="answered",system="site"}' in figures
    assert 'sverka_attempts_total{outcome="done",system="sklad"}' in figures
    hub.store.dispose()


def end_gracefully(worker: psutil.Process | subprocess.Popen, hub) -> None:
    """SIGTERM: the worker ends by itself, and leaves nothing claimed behind."""
    worker.send_signal(signal.SIGTERM)
    worker.wait(15)
    with hub.store.read() as at:
        assert not at.execute(select(func.count()).where(delivery.c.state == "leased")).scalar()


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_up_on_sqlite_with_a_redis_of_its_own(vendors, tmp_path):
    with Installation(tmp_path, vendors.urls, {}, limits="none") as installation:  # an emptied Redis and limits: in the test below
        up = installation.start("up", [sys.executable, "-m", "hub", "up", "--config", str(installation.config)])
        installation.wait_for_web()
        family = psutil.Process(up.pid)

        def children(word: str) -> list[psutil.Process]:
            return [child for child in family.children() if word in " ".join(words(child))]

        (server,) = children("redis.sock")
        socket = re.search(r"/\S+redis[.]sock", " ".join(words(server))).group()
        live_through(vendors, installation, f"unix://{socket}", lambda: children("hub worker"))

        server.kill()
        wait_until(lambda: children("redis.sock"), 20, "a new Redis in the place of the killed one")
        vendors.rename(2, "После Redis")
        wait_until(lambda: vendors.names()[0].get("p2@example.ru") == "После Redis", 40, f"work to go on: {installation.log('up')}")
        end_gracefully(children("hub worker")[0], installation.hub())

        everybody = family.children(recursive=True)
        up.kill()
        _, alive = psutil.wait_procs(everybody, 20)
        assert not alive, f"they outlived their parent: {[words(p) for p in alive]}"


@pytest.mark.slow  # an image is installed: half a minute where nothing else runs
@pytest.mark.timeout(480)
@pytest.mark.postgresql
def test_the_commands_of_compose_from_what_the_dockerfile_builds(vendors, postgres_url, tmp_path):
    image = containers.build(tmp_path / "image")
    server, redis_url = redis_server.start(tmp_path)
    env = image.env | secrets_by_file(tmp_path, {"DATABASE_URL": postgres_url, "SVERKA_SECRET_KEY": "k" * 32}) | {"REDIS_URL": redis_url}
    env = {name: image.adjusted(value) for name, value in env.items() if name not in ("PATH", "SVERKA_CONFIG")}
    python = str(image.path("/opt/venv/bin/python"))
    try:
        with Installation(tmp_path, vendors.urls, env) as installation:
            for name in containers.services()["web"]["environment"]:
                installation.env.pop(name.removesuffix("_FILE"), None) if name.endswith("_FILE") else None

            def start(service: str, name: str) -> subprocess.Popen[bytes]:
                command = [
                    {"python": python, "0.0.0.0": "127.0.0.1", "8765": str(installation.port)}.get(w, w)
                    for w in containers.services()[service]["command"]
                ]
                return installation.start(name, command, cwd=image.path("/opt/sverka"))

            assert start("prepare", "prepare").wait(60) == 0, installation.log("prepare")
            for service, name in (("web", "web"), ("worker", "worker-1"), ("worker", "worker-2"), ("scheduler", "scheduler")):
                start(service, name)
            installation.wait_for_web()

            def workers() -> list[subprocess.Popen[bytes]]:
                """Those alive; the dead are started again, as `restart: unless-stopped` does."""
                for name in ("worker-1", "worker-2"):
                    if installation.processes[name].poll() is not None:
                        start("worker", name)
                return [installation.processes[name] for name in ("worker-1", "worker-2")]

            live_through(vendors, installation, redis_url, workers)
            check = [python, *containers.services()["worker"]["healthcheck"]["test"][2:]]
            subprocess.run(check, env=installation.env, cwd=image.path("/opt/sverka"), check=True, timeout=30)
            end_gracefully(workers()[0], installation.hub())
    finally:
        redis_server.stop(server, redis_url)


def secrets_by_file(folder: Path, more: dict[str, str]) -> dict[str, str]:
    """The environment of compose.yaml with its files here instead of below /run/secrets."""
    from tests.scenarios.shop import SECRETS

    place, env = folder / "secrets", {}
    place.mkdir()
    values = SECRETS | more
    for name, value in containers.services()["web"]["environment"].items():
        if name.endswith("_FILE"):
            path = place / value.removeprefix("/run/secrets/")
            path.write_text(values[name.removesuffix("_FILE")] + "\n")
            env[name] = str(path)
    return env
