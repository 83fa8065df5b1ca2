"""An `aws` that notes what it is asked for, and seats that are reached with it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from components.seats import command, tunnel
from mllab.lifecycle import local_port

Script = Callable[[Path, str], Path]

NOTE = 'printf \'%s\\n\' "$@" ----- >> "$NOTED"'
SEAT: dict[str, Any] = {
    "id": "i-1",
    "connect": tunnel(
        *("aws", "ssm", "start-session", "--target", "i-1"),
        *("--parameters", '{"port": ["8888"], "local": ["{port}"]}'),
        tool="session-manager-plugin",
    ),
    "token": command("aws", "ssm", "start-session", "--parameters", "mllab-token {port}"),
    "start": command("aws", "ec2", "start-instances", "--instance-ids", "i-1"),
    "stop": command("aws", "ec2", "stop-instances", "--instance-ids", "i-1"),
}
ONE = {"notebook": {"seats": {"main": SEAT}}}
TWO = {"notebook": {"seats": {"ana": SEAT, "ben": {**SEAT, "id": "i-2"}}}}


def typed(command: str) -> str:
    """A command of the seat as it is told to type, on the usual port."""
    return shlex.join(map(local_port.put, SEAT[command]["argv"]))


class Aws:
    """An `aws` on PATH.

    Args:
        write: puts a script there. noted: where it notes its words.
    """

    def __init__(self, folder: Path, write: Script) -> None:
        self._folder, self._write, self.noted = folder, write, folder / "noted"
        self.does("")
        write(folder / "session-manager-plugin", "true")

    def does(self, text: str) -> None:
        self._write(self._folder / "aws", f"{NOTE}\n{text}")

    @property
    def asked(self) -> list[list[str]]:
        text = self.noted.read_text() if self.noted.exists() else ""
        return [part.splitlines() for part in text.split("-----\n") if part]
