"""An `aws` that notes what it is asked for, and seats that are reached with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Script = Callable[[Path, str], Path]

NOTE = 'printf \'%s\\n\' "$@" ----- >> "$NOTED"'
SEAT = {
    "id": "i-1",
    "connect_command": 'aws ssm start-session --target i-1 --parameters \'{"port": ["8888"]}\'',
    "token_command": "aws ssm start-session --target i-1 --document-name 'a token'",
    "start_command": "aws ec2 start-instances --instance-ids i-1",
    "stop_command": "aws ec2 stop-instances --instance-ids i-1",
}
ONE = {"notebook": {"seats": {"main": SEAT}}}
TWO = {"notebook": {"seats": {"ana": SEAT, "ben": {**SEAT, "id": "i-2"}}}}


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
