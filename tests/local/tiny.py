"""The smallest lab on this machine, and where its seat is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

STACK = "local-tiny"
SEAT = f"{STACK}-notebook-me"

Run = Callable[..., Any]
"""Runs the command line: words, and the exit code that is expected."""


def url_of(lab: Path) -> tuple[str, str]:
    """Where the seat's JupyterLab is, and its token."""
    port = json.loads((lab / "run" / SEAT / "process.json").read_text())["port"]
    token = (lab / "run" / SEAT / "jupyter.env").read_text().strip().partition("=")[2]
    return f"http://127.0.0.1:{port}/api/contents", token
