"""The note of a merge request, by the real module against a server that answers as GitLab does."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mllab.show.review.markdown import MARKER

NOTES = "/projects/1/merge_requests/2/notes"
OTHERS = {"id": 7, "author": {"id": 3}, "body": f"{MARKER} of another"}
MINE = {"id": 8, "author": {"id": 4}, "body": f"{MARKER} old"}


class GitLab(BaseHTTPRequestHandler):
    """Notes of one merge request, on pages; and whose the token is."""

    pages: ClassVar[list[list[dict[str, Any]]]] = []
    said: ClassVar[list[tuple[str, str, str]]] = []

    def _answer(self) -> None:
        size = int(self.headers["Content-Length"] or 0)
        body = json.loads(self.rfile.read(size))["body"] if size else ""
        path, _, query = self.path.partition("?")
        if self.command != "GET":
            self.said.append((self.command, path, body))
        page = int(query.rpartition("page=")[2] or 1)
        known = self.headers["PRIVATE-TOKEN"] == "secret"
        notes = self.pages[page - 1] if page <= len(self.pages) else []
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"id": 4} if path == "/user" else notes).encode())

    do_GET = do_POST = do_PUT = _answer

    def log_message(self, *_: object) -> None:
        """Nobody listens."""


@pytest.fixture
def url() -> Iterator[str]:
    GitLab.said.clear()
    with HTTPServer(("127.0.0.1", 0), GitLab) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ([[OTHERS]], ("POST", NOTES)),
        ([[OTHERS], [MINE]], ("PUT", f"{NOTES}/8")),
    ],
)
def test_a_note_is_made_once_and_then_edited(
    root: Path, tmp_path: Path, url: str, pages: list[list[dict[str, Any]]], said: tuple[str, str]
) -> None:
    GitLab.pages = pages
    report = tmp_path / "report.md"
    report.write_text(f"{MARKER}\nnew")
    place = {"CI_API_V4_URL": url, "CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "mllab.show.review.gitlab", str(report)],
        cwd=tmp_path,
        env={**place, "PYTHONPATH": str(root), "REVIEW_TOKEN": "secret"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert GitLab.said == [(*said, f"{MARKER}\nnew")]
