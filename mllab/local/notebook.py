"""Runs a notebook in the kernel of a JupyterLab that is running, as an open page of it does."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener
from uuid import uuid4

from mllab.errors import LabError

REQUEST_SECONDS: Final = 30.0
"""How long the server may take for an answer; it starts and ends a kernel within one of them."""

PATIENCE_SECONDS: Final = 1.0
"""After so long without a message: what a kernel is sent before it listens is lost, and a limit of
the websocket's own would count anew at each ping."""

_GONE: Final = frozenset({"restarting", "dead"})

Output = Mapping[str, Any]
"""One output of a cell, as nbformat has it: `output_type`, and `text` or `data`."""


def run_notebook(url: str, token: str, path: str, timeout: float = 120.0) -> list[list[Output]]:
    """Run a notebook's code cells, in a kernel of its own that ends then. The file stays as it is.

    jupyter_server's own GatewayKernelClient is not used: it sends no token with its websocket.

    Args:
        url: of the server, `http://127.0.0.1:8888`. token: that it asks for.
        path: of the notebook, below the server's folder: `digits/digits.ipynb`.
        timeout: seconds for all cells together.

    Returns:
        The outputs of each code cell.

    Raises:
        LabError: no server, a wrong token, no such notebook. A cell failed, or was not over in
            time: with its text.
    """
    server = _Server(url.rstrip("/"), token)
    notebook = server.ask(f"/api/contents/{quote(path)}?type=notebook")
    cells = [one["source"] for one in notebook["content"]["cells"] if one["cell_type"] == "code"]
    limit = time.monotonic() + timeout
    with server.kernel(path) as kernel:
        return [
            kernel.run(f"{path}, code cell {number} of {len(cells)}", _whole(code), limit)
            for number, code in enumerate(cells, 1)
        ]


def text_of(outputs: Sequence[Output]) -> str:
    """What a cell's outputs say, without pictures."""
    return "".join(
        _whole(one["text"] if "text" in one else one["data"].get("text/plain", ""))
        for one in outputs
    )


class _Server:
    """A JupyterLab, by its REST API."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._header = url, {"Authorization": f"token {token}"}
        self._opener = build_opener(ProxyHandler({}))  # a token is for no proxy

    def ask(self, path: str, data: Any = None, method: str = "GET") -> Any:
        """What it answers. Raises LabError."""
        body = None if data is None else json.dumps(data).encode()
        request = Request(f"{self._url}{path}", body, self._header, method=method)
        try:
            with self._opener.open(request, timeout=REQUEST_SECONDS) as answer:
                return json.loads(answer.read() or "null")
        except HTTPError as error:
            with error:
                said = _reason(error.read().decode(errors="replace")) or error.msg
            raise LabError(f"JupyterLab at {self._url} answers {error.code}: {said}") from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise LabError(f"JupyterLab at {self._url} does not answer: {reason}") from error

    @contextmanager
    def kernel(self, path: str) -> Generator[_Kernel, None, None]:
        """A kernel of its own in the folder of a notebook; it ends with the block."""
        import websocket

        # No open page has a session of that path, and so none shares its kernel.
        about = {"path": f"{path}-{uuid4().hex}", "name": path, "type": "notebook"}
        session = self.ask("/api/sessions", {**about, "kernel": {"name": "python3"}}, "POST")
        ended = f"/api/sessions/{session['id']}"
        where = f"{self._url.replace('http', 'ws', 1)}/api/kernels/{session['kernel']['id']}"
        header = [f"{key}: {value}" for key, value in self._header.items()]
        try:
            # Connected already, or it would go to a proxy that the environment names.
            there = urlsplit(self._url)
            end = socket.create_connection((there.hostname, there.port), REQUEST_SECONDS)
            with (
                closing(end),
                closing(
                    websocket.create_connection(f"{where}/channels", header=header, socket=end)
                ) as tab,
            ):
                tab.settimeout(PATIENCE_SECONDS)
                kernel = _Kernel(tab)
                kernel.hello()
                yield kernel
        except BaseException as error:
            with suppress(LabError):  # what went wrong first is told
                self.ask(ended, method="DELETE")
            if isinstance(error, websocket.WebSocketException | OSError):
                raise LabError(f"JupyterLab at {self._url} left its kernel: {error}") from error
            raise
        self.ask(ended, method="DELETE")


class _Kernel:
    """A kernel, by the websocket of its open page."""

    def __init__(self, tab: Any) -> None:
        self._tab, self._request = tab, ""

    def hello(self) -> None:
        """Ask until it is heard. Raises LabError."""
        limit = time.monotonic() + REQUEST_SECONDS
        self._request = uuid4().hex  # the same each time: a slow answer to an early one counts, too
        while (now := time.monotonic()) < limit:
            self._send("kernel_info_request", {})
            while message := self._next(now + PATIENCE_SECONDS):
                if _state(message) == "idle":
                    return
        raise LabError(f"the kernel does not answer within {REQUEST_SECONDS:.0f} s")

    def run(self, title: str, code: str, limit: float) -> list[Output]:
        """The outputs of a cell. Raises LabError: it failed, or is not over at the limit."""
        self._request = uuid4().hex
        self._send("execute_request", {"code": code, "silent": False, "allow_stdin": False})
        outputs: list[Output] = []
        why = "not over when the time was"
        while message := self._next(limit):
            kind, content = message["msg_type"], message["content"]
            if kind in {"stream", "display_data", "execute_result"}:
                outputs.append({"output_type": kind, **content})
            elif kind == "error":
                why = f"{content['ename']}: {content['evalue']}"
                break
            elif _state(message) == "idle":
                return outputs
            elif _state(message) in _GONE:
                why = "its kernel died"
                if _state(message) == "restarting":  # and until it has, the server cannot end it
                    self.hello()
                break
        lines = [*(f"  | {line}" for line in code.splitlines()), *text_of(outputs).splitlines()]
        raise LabError("\n".join([f"{title}: {why}", *lines]))

    def _send(self, kind: str, content: Mapping[str, Any]) -> None:
        header = {"msg_id": self._request, "msg_type": kind, "session": self._request}
        message = {"channel": "shell", "header": header, "content": content}
        self._tab.send(json.dumps({**message, "parent_header": {}, "metadata": {}}))

    def _next(self, limit: float) -> dict[str, Any] | None:
        """What the kernel says next of the last request, or that it is gone. None: too late."""
        import websocket

        while time.monotonic() < limit:
            with suppress(websocket.WebSocketTimeoutException):
                said = self._tab.recv()
                if said == "":
                    raise websocket.WebSocketConnectionClosedException("it was closed")
                if isinstance(said, bytes):  # of a widget: a message with more than JSON
                    continue
                message: dict[str, Any] = json.loads(said)
                ours = message["parent_header"].get("msg_id") == self._request
                if message["channel"] == "iopub" and (ours or _state(message) in _GONE):
                    return message
        return None


def _state(message: Mapping[str, Any]) -> str:
    return str(message["content"].get("execution_state", ""))


def _whole(text: str | list[str]) -> str:
    """A text of a notebook's format, which may have it line by line."""
    return text if isinstance(text, str) else "".join(text)


def _reason(text: str) -> str:
    """Why it refuses: what it says as JSON, or in a line; no page."""
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(text)["message"])
    return "" if text.lstrip().startswith("<") else text.partition("\n")[0]
