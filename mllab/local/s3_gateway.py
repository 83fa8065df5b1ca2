"""Stands before `rclone serve s3`, and refuses what that would lose or destroy: run as a program.

rclone itself listens on a socket in a closed folder: nobody gets round this.
"""

from __future__ import annotations

import configparser
import http.client
import io
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from mllab.local.s3_refusals import refusal, refused_keys
from mllab.local.service import LOOPBACK

SOCKET: Final = "rclone.sock"
BLOCK: Final = 1 << 20
ANSWERS: Final = ("x-amz-request-id", "x-amz-id-2", "x-amz-meta-mtime", "x-amz-bucket-region")
ONE_HOP: Final = ("connection", "keep-alive", "expect", "proxy-connection", "te", "upgrade")


def _belongs(name: str, part: bool) -> bool:
    """Whether a header of an answer is true: rclone hands back what came with the object."""
    if name.startswith("x-amz-checksum-"):
        return not part  # that of the whole: clients compare it with the part, and call that broken
    if name.startswith("x-amz-"):
        return name in ANSWERS
    return name not in (*ONE_HOP, "transfer-encoding") and not name.startswith("access-control-")


class Store(http.client.HTTPConnection):
    """A connection to rclone."""

    def connect(self) -> None:
        """To its socket, named as seen from the folder that this program works in."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


class Gate(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    timeout = 3600
    root: ClassVar[Path]
    disable_nagle_algorithm = True

    def handle_expect_100(self) -> bool:
        """Not yet: a client that waits for it need not send what will be refused."""
        return True

    def log_message(self, *_: Any) -> None:
        """Nothing: rclone writes what fails; addresses may carry signatures."""

    def do_GET(self) -> None:
        """Any request."""
        refused = refusal(self.command, self.path, dict(self.headers.items()), self.root)
        waits = self.headers.get("Expect", "").lower() == "100-continue"
        if refused:
            if waits:
                self.close_connection = True
            else:
                for _ in self._body():  # who still sends would not hear the answer
                    pass
            self._refuse(*refused)
            return
        if waits:
            self.send_response_only(100)
            self.end_headers()
        body = self._body()
        if "delete" in urlsplit(self.path).query.lower().split("&"):
            whole = b"".join(body)  # 1,000 keys at most
            if refused := refused_keys(self.path, whole, self.root):
                self._refuse(*refused)
                return
            body = iter([whole])
        # Closed in the middle where the client ends in the middle: then nothing is stored.
        with closing(Store(LOOPBACK)) as store:
            self._ask(store, body)
            self._hand_on(store.getresponse())

    do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = do_PATCH = do_GET

    def _ask(self, store: Store, body: Iterable[bytes]) -> None:
        store.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ONE_HOP:
                store.putheader(name, value)
        store.endheaders()
        for block in body:
            store.send(block)

    def _body(self) -> Iterator[bytes]:
        """What the client sends, as it is on the wire."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            yield from _chunks(self.rfile)
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left > 0:
            block = self.rfile.read1(min(left, BLOCK))
            if not block:
                raise ConnectionError("the client ended in the middle")
            left -= len(block)
            yield block

    def _hand_on(self, answer: http.client.HTTPResponse) -> None:
        part = answer.headers.get("Content-Range")  # which rclone sends with 200
        self.send_response_only(206 if part and answer.status == 200 else answer.status)
        for name, value in answer.getheaders():
            if _belongs(name.lower(), bool(part)):
                self.send_header(name, value)
        chunked = bool(answer.chunked)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while block := answer.read1(BLOCK):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(block), block) if chunked else block)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
        elif answer.length:  # it said more than it gave, and so would we
            self.close_connection = True

    def _refuse(self, status: int, code: str, message: str) -> None:
        resource = escape(quote(urlsplit(self.path).path, safe="/%"))
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
            f"<Resource>{resource}</Resource><RequestId>0</RequestId></Error>"
        ).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(text)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)


class Server(socketserver.ThreadingTCPServer):
    """Not http.server's own, which asks at its start how the machine is called, and may wait."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that ended in the middle is nothing to be written down."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _chunks(source: io.BufferedIOBase) -> Iterator[bytes]:
    """A chunked body with its frames, trailer included."""
    while line := source.readline(1024):
        yield line
        left = int(line.split(b";")[0], 16) + 2
        if left == 2:
            while trailer := source.readline(65536):
                yield trailer
                if trailer == b"\r\n":
                    return
        while left > 0:
            block = source.read1(min(left, BLOCK))
            if not block:
                raise ConnectionError("the client ended in the middle")
            left -= len(block)
            yield block
    raise ConnectionError("the client ended in the middle")


def main(port: str, root: str, rclone: str) -> None:
    """Serve `root` at `port` until a signal, or until rclone ends."""
    Gate.root = Path(root)
    Path(SOCKET).unlink(missing_ok=True)
    store = subprocess.Popen(
        [rclone, "serve", "s3", "--addr", f"unix://{SOCKET}", "--dir-cache-time", "1s", root],
        env={**os.environ, "RCLONE_AUTH_KEY": _keys(Path("credentials"))},
    )
    signal.signal(signal.SIGTERM, lambda *_: store.terminate())  # then rclone ends, and this

    def watch() -> None:
        os._exit(1 if store.wait() > 0 else 0)

    threading.Thread(target=watch, daemon=True).start()
    while not Path(SOCKET).exists():
        time.sleep(0.01)
    Server((LOOPBACK, int(port)), Gate).serve_forever()


def _keys(file: Path) -> str:
    """As rclone wants them. Without any it would let everybody in."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(file)
    default = config["default"]
    return f'"{default["aws_access_key_id"]},{default["aws_secret_access_key"]}"'


if __name__ == "__main__":
    main(*sys.argv[1:])
