"""A stand-in for a cloud's metadata service, which the scripts of a machine ask with real curl."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

Headers = dict[str, str]


@dataclass(frozen=True)
class Asked:
    """A request: method, path with query, headers in small letters, body."""

    method: str
    path: str
    headers: Headers
    body: str


Answer = Callable[[Asked], tuple[int, str]]
"""Status and body."""


@dataclass
class Metadata:
    """The service; `asked` is what it was asked, in order."""

    answer: Answer
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(length).decode()
                asked = Asked(self.command, self.path, headers, body)
                service.asked.append(asked)
                status, text = service.answer(asked)
                self.send_response(status)
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_PUT = do_POST = do_MERGE = _any

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
