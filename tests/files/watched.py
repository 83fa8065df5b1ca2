"""A machine around the watchdog: tools, processes, terminals, Jupyter; files and one server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from components.files import probes
from tests.files.unpacked import SETTINGS, unpack

KERNEL = {"id": "k1", "execution_state": "idle", "last_activity": "2027-01-11T09:00:00.000000Z"}
MINUTE = 60
TOKEN = "f00d"


class Jupyter:
    """Jupyter's API on a port of its own.

    `answers` maps a path to what is sent: a value as JSON, bytes as they are, a number as status,
    an event to be waited for.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"/api/kernels": [KERNEL]}
        self.asked: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        jupyter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                jupyter.asked.append(self.path)
                answer = jupyter.answers[self.path.split("?")[0]]
                if self.headers.get("Authorization") != f"token {TOKEN}":
                    answer = 403
                if isinstance(answer, threading.Event):
                    answer.wait(60)
                    return
                self.send_response(answer if type(answer) is int else 200)
                self.end_headers()
                self.wfile.write(
                    answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                )

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler


class Watched:
    """An idle machine with a GPU, IDLE_MINUTES 10, MAX_HOURS 2. Tests make it busy, broken, old."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jupyter = Jupyter()
        self.proc = folder / "proc"
        self.terminals = folder / "pts"
        self.keep_awake = folder / "until"
        self.state = folder / "state" / "state.json"
        self.token_file = folder / "jupyter.env"
        self.stopped = folder / "stopped"
        self.forced = folder / "forced"
        for path in (self.proc, self.terminals, folder / "bin"):
            path.mkdir()
        self.token_file.write_text(f"JUPYTER_TOKEN={TOKEN}\n")
        self.settings = {
            **SETTINGS,
            "IDLE_MINUTES": "10",
            "MAX_HOURS": "2",
            "PROBE_SECONDS": "5",
            "NVIDIA_SMI": self.tool("nvidia-smi", "echo 0"),
            "WHO": self.tool("who", ""),
            "PROC": str(self.proc),
            "TERMINALS": str(self.terminals),
            "JUPYTER_URL": self.jupyter.url,
            "JUPYTER_ENV": str(self.token_file),
            "KEEP_AWAKE": str(self.keep_awake),
            "STATE": str(self.state),
            "STOP_COMMAND": self.tool("stop", f"echo stop >>{self.stopped}"),
            "FORCE_COMMAND": self.tool("force", f"echo force >>{self.forced}"),
        }
        self.process(1, "systemd", "/sbin/init")
        self.process(7, "sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups")
        self.load("0.00 0.02 0.05 1/200 4242")
        self.up(0)
        unpack(folder / "machine", SETTINGS)

    def tool(self, name: str, body: str) -> str:
        """Write a program that does `body`, a piece of shell; its path."""
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    def process(self, number: int, name: str, title: str) -> None:
        folder = self.proc / str(number)
        folder.mkdir()
        (folder / "comm").write_text(f"{name[:15]}\n")
        (folder / "cmdline").write_text(f"{title}\0\0")

    def load(self, text: str) -> None:
        (self.proc / "loadavg").write_text(text + "\n")

    def up(self, minutes: float) -> None:
        """Set the time since the boot."""
        (self.proc / "uptime").write_text(f"{minutes * MINUTE:.2f} 12345.67\n")

    def quiet(self, minutes: float) -> None:
        """Leave the state of a look so many minutes after the boot, five after the last use."""
        _, traces = probes.look(self.settings, 0, {})
        memory = {"busy_at": (minutes - 5) * MINUTE, "seen_at": minutes * MINUTE}
        self.state.parent.mkdir(exist_ok=True)
        self.state.write_text(json.dumps({**memory, "traces": traces, "stopping": False}))

    def start(self) -> subprocess.Popen[str]:
        """Start one look, as the unit does it."""
        lines = [f"{key}={value}\n" for key, value in self.settings.items()]
        (self.folder / "lab.env").write_text("".join(lines))
        return subprocess.Popen(
            [sys.executable, "-Es", "-m", "watchdog"],
            cwd=self.folder / "machine/usr/local/lib/mllab",
            env={"MLLAB_SETTINGS": str(self.folder / "lab.env"), "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def look(self, minutes: float, *, status: int = 0) -> str:
        """One look so many minutes after the boot; its line in the journal, stderr stays empty."""
        self.up(minutes)
        process = self.start()
        said, wrong = process.communicate(timeout=60)
        assert (process.returncode, wrong) == (status, "")
        assert said.count("\n") >= 1
        return said.splitlines()[0]

    def looks(self, *minutes: float, between: Callable[[], object] = lambda: None) -> list[str]:
        """One look after the other, `between` before each."""
        said = []
        for each in minutes:
            between()
            said.append(self.look(each))
        return said

    @property
    def stops(self) -> int:
        """How often the stop command ran."""
        return len(self.stopped.read_text().splitlines()) if self.stopped.exists() else 0

    @property
    def forces(self) -> int:
        """How often the command that forces a stop ran."""
        return len(self.forced.read_text().splitlines()) if self.forced.exists() else 0
