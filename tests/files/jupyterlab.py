"""A real JupyterLab, its kernels and terminals, and people at it: REST calls and websockets."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import websocket

import components

SECONDS = 60  # for what happens within one as a rule


class JupyterLab:
    """The server, as `mllab-jupyter.service` starts it, on a free port."""

    def __init__(self, home: Path, token: str) -> None:
        self.home, self.token = home, token
        config = (Path(components.__file__).parent / "files/jupyter_server_config.py").read_text()
        (home / "jupyter_server_config.py").write_text(
            config.replace("/run/mllab-awake/saved", str(home / "saved"))
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [
                *[Path(sys.executable).with_name("jupyter-lab"), "--no-browser", "--allow-root"],
                *["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"],
                f"--ServerApp.root_dir={home}",
            ],
            env={
                **{"HOME": str(home), "PATH": os.environ["PATH"]},
                **{"JUPYTER_TOKEN": token, "JUPYTER_CONFIG_PATH": str(home)},
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr
        lines = iter(self.process.stderr)
        limit = threading.Timer(10 * SECONDS, self.process.kill)  # then the lines end
        limit.start()
        (self.address,) = next(
            found for line in lines if (found := re.findall(r"//(127.0.0.1:\d+)/lab", line))
        )

        def drain() -> None:
            with suppress(ValueError):  # closed; a kernel that outlives its server keeps it open
                for _ in lines:
                    pass

        threading.Thread(target=drain, daemon=True).start()
        self.url = f"http://{self.address}"
        while self._silent():  # it tells its address before it listens
            assert self.process.poll() is None
        limit.cancel()

    def _silent(self) -> bool:
        try:
            self.ask("/api")
        except urllib.error.URLError:
            return not threading.Event().wait(0.05)
        return False

    def clear(self) -> None:
        """End all kernels and terminals."""
        for kind, key in (("kernels", "id"), ("terminals", "name")):
            for one in self.ask(f"/api/{kind}"):
                self.ask(f"/api/{kind}/{one[key]}", method="DELETE")

    def close(self) -> None:
        """End it; not every server ends by itself when it is asked to."""
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stderr
        self.process.stderr.close()

    def ask(self, path: str, data: Any = None, method: str = "GET") -> Any:
        """What JupyterLab in a browser asks, its polling included."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=None if data is None else json.dumps(data).encode(),
            headers={"Authorization": f"token {self.token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.loads(answer.read() or "null")

    @contextmanager
    def socket(self, path: str) -> Iterator[websocket.WebSocket]:
        header = [f"Authorization: token {self.token}"]
        tab = websocket.create_connection(
            f"ws://{self.address}{path}", timeout=SECONDS, header=header
        )
        try:
            yield tab
        finally:
            tab.close()

    @contextmanager
    def terminal(self) -> Iterator[tuple[str, websocket.WebSocket]]:
        """The device of a new terminal, and its open tab."""
        name = self.ask("/api/terminals", {}, "POST")["name"]
        with self.socket(f"/terminals/websocket/{name}") as tab:
            type_in(tab, "tty")
            yield said(tab, r"(/dev/pts/\d+)"), tab

    def save(self, name: str, text: str) -> None:
        """What the page does two minutes after an edit."""
        model = {"type": "file", "format": "text", "content": text}
        self.ask(f"/api/contents/{name}", model, "PUT")

    def poll(self) -> None:
        """What an open page asks all the time, and that it stores its layout: as seen with
        JupyterLab 4.6 in Chromium.
        """
        for path in ("kernels", "sessions", "terminals", "contents", "kernelspecs", "status"):
            self.ask(f"/api/{path}")
        layout = {"data": {"layout-restorer:data": {}}, "metadata": {"id": "default"}}
        self.ask("/lab/api/workspaces/default", layout, "PUT")

    def kernel(self) -> str:
        """The id of a new kernel."""
        return str(self.ask("/api/kernels", {"name": "python3"}, "POST")["id"])

    @contextmanager
    def notebook(self, kernel: str) -> Iterator[Notebook]:
        """The open tab of a notebook with that kernel.

        When it closes, JupyterLab has heard of the kernel what the tab has: it listens beside it.
        """
        with self.socket(f"/api/kernels/{kernel}/channels") as tab:
            notebook = Notebook(tab)
            yield notebook
            began = time.monotonic()
            again = began + 5
            while notebook.idle and _moment(self.ask(f"/api/kernels/{kernel}")) < notebook.idle:
                now = time.monotonic()
                assert now < began + SECONDS, "JupyterLab has not heard that the kernel is idle"
                if now > again:  # after a restart it may have listened too late
                    notebook.ready()
                    again = now + 5


class Notebook:
    """What the page of a notebook says to the kernel, and waits for."""

    def __init__(self, tab: websocket.WebSocket) -> None:
        self.tab = tab
        self.tab.settimeout(1)
        self.idle: datetime | None = None
        """When the kernel said for the last time that it has nothing to do."""

    def ready(self) -> None:
        """Ask until the kernel is heard: what it is sent, or says, too early is lost."""
        self.number = uuid4().hex  # the same each time: a slow answer to an early one counts, too
        for _ in range(SECONDS):
            self._send("kernel_info_request", {})
            with suppress(TimeoutError):
                self.wait("idle", seconds=1)
                return
        raise AssertionError("the kernel does not answer")

    def start(self, code: str) -> None:
        """Run a cell."""
        self.number = uuid4().hex
        self._send("execute_request", {"code": code, "silent": False, "allow_stdin": True})

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        header = {"msg_id": self.number, "msg_type": kind, "session": self.number}
        message = {"channel": "shell", "header": header, "content": content}
        self.tab.send(json.dumps({**message, "parent_header": {}, "metadata": {}}))

    def wait(self, until: str, seconds: float = SECONDS) -> dict[str, Any]:
        """The content of the next message of that type, or status, that the cell causes.

        Raises:
            TimeoutError: there is none. A tab's own limit counts anew at each ping.
        """
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            try:
                answer = json.loads(self.tab.recv())
            except websocket.WebSocketTimeoutException:
                continue
            seen = {answer["msg_type"], answer["content"].get("execution_state")}
            ours = answer["parent_header"].get("msg_id") == self.number or until == "restarting"
            if "idle" in seen:
                self.idle = datetime.fromisoformat(answer["header"]["date"])
            if until in seen and ours:
                return dict(answer["content"])
        raise TimeoutError(f"no message {until} in {seconds} s")

    def run(self, code: str, until: str) -> dict[str, Any]:
        self.start(code)
        return self.wait(until)


def _moment(kernel: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(kernel["last_activity"])


def type_in(tab: websocket.WebSocket, line: str) -> None:
    tab.send(json.dumps(["stdin", f"{line}\r"]))


def said(tab: websocket.WebSocket, pattern: str) -> str:
    """What a terminal shows, as soon as it shows it."""
    text = ""
    while True:
        kind, *words = json.loads(tab.recv())
        text += "".join(words) if kind == "stdout" else ""
        if found := re.search(pattern, text):
            return found[1]
