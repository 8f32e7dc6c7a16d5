"""The demo as a person sees it: a believable shop, live changes trickling in, the dashboard's address and a login."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
from typing import Any

from hub.demo.quiet import Quiet
from hub.demo.stage import ROOT, Play, Stage, free_port
from hub.processes.redis_server import dies_with_parent
from hub.storage.accounts import set_user

PORT = 8765
PAUSE = 3.0  # seconds between two changes


def show(play: Play) -> None:
    """Run until interrupted. SVERKA_PORT names the port, else 8765 or the next free one."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    signal.signal(signal.SIGINT, lambda *_: over.set())
    with Stage(play) as stage:
        print("Sverka: opening a demo shop in Ufa (MoySklad, the CRM, the site)…", flush=True)
        steps: list[Any] = [stage.open_sandbox, stage.fill]
        for step in steps:
            if over.is_set():
                return
            step()
        port = free_port(int(os.environ.get("SVERKA_PORT") or PORT))
        os.environ["SVERKA_PORT"] = str(port)  # the one named may be taken: processes and configuration agree on the next free one
        stage.configure(port)
        hub = stage.open_hub()
        password = secrets.token_urlsafe(6)
        with hub.store.write() as at:
            set_user(at, "demo", password, "admin")
        print(f"\n  Sverka:    http://127.0.0.1:{hub.settings.port}\n  login:     demo\n  password:  {password}\n", flush=True)
        print("  Sandbox:   " + ", ".join(f"{name} {url}" for name, url in stage.urls.items()), flush=True)
        print(f"  Commands:  export SVERKA_CONFIG={stage.config}", flush=True)
        print(f"  Data:      {stage.folder} (removed at the end)\n  Ctrl-C ends it.", flush=True)
        command = stage.people_command("live", f"--pause={PAUSE}")
        stage.children.append(
            subprocess.Popen(command, text=True, stderr=subprocess.DEVNULL, preexec_fn=dies_with_parent(), process_group=0, cwd=ROOT)
        )
        assert stage.supervisor is not None
        owner = Quiet(hub, stage.supervisor)
        while not over.wait(1.0):
            owner.agree("backfill")  # the owner of the demo's shop has looked at the first load
        print("Closing…", flush=True)
    sys.stdout.flush()
