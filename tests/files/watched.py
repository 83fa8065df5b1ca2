"""A machine around the watchdog: counters, tools, processes, terminals, Jupyter."""

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
        self.saved = folder / "saved"
        self.state = folder / "state" / "state.json"
        self.token_file = folder / "jupyter.env"
        self.stopped = folder / "stopped"
        self.forced = folder / "forced"
        for path in (self.proc / "net", self.terminals, folder / "bin"):
            path.mkdir(parents=True)
        self.token_file.write_text(f"JUPYTER_TOKEN={TOKEN}\n")
        self.settings = {
            **SETTINGS,
            "IDLE_MINUTES": "10",
            "MAX_HOURS": "2",
            "PROBE_SECONDS": "5",
            "NVIDIA_SMI": self.tool("nvidia-smi", "echo 0"),
            "SYSTEMCTL": self.units("exited", "exited", "exited"),
            "PROC": str(self.proc),
            "TERMINALS": str(self.terminals),
            "JUPYTER_URL": self.jupyter.url,
            "JUPYTER_ENV": str(self.token_file),
            "KEEP_AWAKE": str(self.keep_awake),
            "SAVED": str(self.saved),
            "STATE": str(self.state),
            "SIGN": str(folder / "sign.json"),
            "REPORT": str(folder / "report"),
            "HEARTBEAT_COMMAND": "/nowhere/heartbeat",
            "LIMITS_COMMAND": "/nowhere/limits",
            "STOP_COMMAND": self.tool("stop", f"echo stop >>{self.stopped}"),
            "FORCE_COMMAND": self.tool("force", f"echo force >>{self.forced}"),
        }
        self.process(1, "systemd", "/usr/lib/systemd/systemd")
        self.process(7, "sshd", "/usr/sbin/sshd")
        self.cpu(0)
        self.network(0)
        self.disk(0)
        self.up(0)
        unpack(folder / "machine", SETTINGS)

    def tool(self, name: str, body: str) -> str:
        """Write a program that does `body`, a piece of shell; its path."""
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    def units(self, *states: str) -> str:
        """What systemctl says of the units that set the machine up."""
        names = ("mllab-setup", "mllab-packages", "mllab-shared")
        pairs = zip(names, states, strict=True)
        lines = [f"Id={name}.service\nSubState={state}\n" for name, state in pairs]
        return self.tool("systemctl", "cat <<'end'\n" + "\n".join(lines) + "end")

    def process(self, number: int, name: str, program: str) -> Path:
        """A process that has read and written nothing; its folder."""
        folder = self.proc / str(number)
        (folder / "fd").mkdir(parents=True)
        (folder / "comm").write_text(f"{name[:15]}\n")
        (folder / "exe").symlink_to(program)
        self.io(number)
        return folder

    def io(self, number: int, talked: int = 0) -> None:
        """Bytes that a process has read and written since it began."""
        lines = {"rchar": talked, "wchar": 0, "read_bytes": 10**9, "write_bytes": 10**9}
        text = "".join(f"{name}: {value}\n" for name, value in lines.items())
        (self.proc / str(number) / "io").write_text(text)

    def cpu(self, seconds: float) -> None:
        """How long processors have worked since the boot, as a user; they wait for ages."""
        ticks = int(seconds * os.sysconf("SC_CLK_TCK"))
        (self.proc / "stat").write_text(f"cpu  {ticks} 0 0 999999 999999 0 0 0 0 0\ncpu0 1 1\n")

    def network(self, received: int, sent: int = 0) -> None:
        """Bytes over the wire since the boot; plenty within the machine."""
        row = "{:>6}: {} 1 0 0 0 0 0 0 {} 1 0 0 0 0 0 0\n"
        rows = row.format("lo", 10**12, 10**12) + row.format("ens5", received, sent)
        (self.proc / "net/dev").write_text(f"Inter-| Receive\n face |bytes\n{rows}")

    def disk(self, read: int, written: int = 0) -> None:
        """Bytes from and to the disk since the boot; plenty in a file that poses as one."""
        row = "{} 0 {} 10 0 {} 9 9 0 {} 9 0 9 9\n"
        rows = row.format(7, "loop0", 10**9, 0) + row.format(259, "nvme0n1", 0, 0)
        rows += row.format(259, "nvme1n1", read // 512, written // 512)
        (self.proc / "diskstats").write_text(rows)

    def up(self, minutes: float) -> None:
        """Set the time since the boot."""
        (self.proc / "uptime").write_text(f"{minutes * MINUTE:.2f} 12345.67\n")

    def quiet(self, minutes: float) -> None:
        """A look so many minutes after the boot, five after the last use."""
        self.look(minutes)
        state = json.loads(self.state.read_text())
        self.state.write_text(json.dumps({**state, "busy_at": (minutes - 5) * MINUTE}))

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
