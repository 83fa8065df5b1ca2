"""The real program in a process of its own, with the machine around it broken in one way."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

LAUNCHER = Path(__file__).with_name("launcher.py")
SECONDS = 120
"""After which a process that hangs is a failure; a good one needs a few."""


@dataclass
class Ended:
    """How a process ended."""

    code: int
    out: str
    err: str

    @property
    def clean(self) -> bool:
        """No traceback, and nothing that the interpreter complained about at its end."""
        return not any(word in self.err for word in ("Traceback", "Exception ignored"))


class Program:
    """`python cli.py`, run in a folder.

    Args:
        root: where cli.py is. folder: where it runs. home: MLLAB_HOME.
    """

    def __init__(self, root: Path, folder: Path, home: Path) -> None:
        self._root, self._folder, self.home = root, folder, home

    def run(
        self,
        *words: str,
        stdout: int | IO[Any] = subprocess.PIPE,
        stderr: int | IO[Any] = subprocess.PIPE,
        machine: str = "",
        env: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run to the end, without a terminal. `machine`: a way in which it is broken."""
        done = subprocess.run(
            self._command(words, machine),
            cwd=self._folder,
            env=self._environment(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
            timeout=SECONDS,
        )
        return Ended(done.returncode, done.stdout or "", done.stderr or "")

    def stopped(self, *words: str, at: str, by: Sequence[signal.Signals]) -> Ended:
        """Run, and send signals as soon as a line of stderr begins with `at`."""
        with subprocess.Popen(
            self._command(words, "listening"),
            cwd=self._folder,
            env=self._environment({"PYTHONUNBUFFERED": "1"}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            assert process.stdout is not None
            told, left = "", list(by)
            for line in process.stderr:
                told += line
                # The next one when the one before was heard, as two of a kind melt into one.
                if left and (line.startswith(at) if len(left) == len(by) else "Stopping" in line):
                    process.send_signal(left.pop(0))
            out = process.stdout.read()
            return Ended(process.wait(SECONDS), out, told)

    def at_terminal(
        self,
        *words: str,
        types: Sequence[tuple[str, str]] = (),
        env: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run at a terminal. `types`: pairs of a text to wait for and the line typed then."""
        main, side = pty.openpty()
        process = subprocess.Popen(
            self._command(words, "terminal"),
            cwd=self._folder,
            env=self._environment({"COLUMNS": "100", "TERM": "xterm", **(env or {})}),
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
        )
        os.close(side)
        shown, left, typed, tries = "", list(types), "", 0
        try:
            while tries < SECONDS:
                # A Ctrl-C just before the program waits for input is only heard with the next key.
                if not select.select([main], [], [], 1 if typed == "\x03" else SECONDS)[0]:
                    tries += 1 if typed == "\x03" else SECONDS
                    os.write(main, typed.encode())
                    continue
                try:
                    new = os.read(main, 65536).decode(errors="replace")
                except OSError:  # the other side is closed: the program has ended
                    break
                shown += new
                if new.strip() != "^C":  # no mere echo: what was typed was heard
                    typed = ""
                if left and left[0][0] in shown:
                    typed = left.pop(0)[1]
                    os.write(main, typed.encode())
            return Ended(process.wait(SECONDS), shown, shown)
        finally:
            process.kill()
            process.wait()
            os.close(main)

    def _command(self, words: Sequence[str], machine: str) -> list[str]:
        start = [sys.executable, str(LAUNCHER), machine] if machine else []
        return [*start, sys.executable, str(self._root / "cli.py"), *words]

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**os.environ, "MLLAB_HOME": str(self.home), **more}
