"""Runs the Pulumi CLI: in a complete environment, out of reach of the terminal's Ctrl-C, watched.

The CLI starts in a session of its own. A Ctrl-C in the terminal would otherwise hit it and us at
once, and it would hear a second one whenever we pass ours on.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Final

OnLine = Callable[[str], None]

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Ended:
    """What a command left; the fields that the Automation API reads."""

    stdout: str
    stderr: str
    code: int

    def __str__(self) -> str:
        """What was printed; the Automation API makes the text of its errors of this."""
        return "\n".join(filter(None, (self.stderr, self.stdout)))


class Process:
    """The CLI for all commands of one stack.

    Args:
        path: the executable.
        environ: complete; nothing of our own environment is added.
        on_stop: called once when a signal arrives, which is passed on then. Without it the command
            is short, and is let end.
    """

    def __init__(
        self, path: Path, environ: Mapping[str, str], on_stop: Callable[[], None] | None = None
    ) -> None:
        # What lies beside the executable comes first: its own language host, if it brings one.
        found = os.pathsep.join([str(path.parent), environ.get("PATH", os.defpath)])
        self._path, self._environ = path, {**environ, "PATH": found}
        self._on_stop = on_stop
        self._running: subprocess.Popen[str] | None = None
        self._signals = 0
        self._early = 0
        self.code = 0
        """How the latest command ended; below zero it was killed by that signal."""

    @property
    def interrupted(self) -> bool:
        """True when somebody asked the running or latest command to stop."""
        return self._signals > 0

    def execute(
        self,
        args: Sequence[str],
        cwd: str,
        extra: Mapping[str, str],
        on_output: OnLine | None,
        on_error: OnLine | None,
    ) -> Ended:
        """Run one command to its end."""
        self._signals = self._early = 0
        with (
            self._listening(),
            subprocess.Popen(
                [str(self._path), "--non-interactive", *args],
                cwd=cwd,
                env={**self._environ, **extra, "PULUMI_AUTOMATION_API": "true"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            ) as process,
        ):
            self._running = process
            for _ in range(self._early):
                self.interrupt()
            texts: tuple[list[str], list[str]] = ([], [])
            pipes = zip((process.stdout, process.stderr), (on_output, on_error), texts, strict=True)
            readers = [threading.Thread(target=_read, args=pipe) for pipe in pipes]
            for reader in readers:
                reader.start()
            try:
                for reader in readers:
                    reader.join()
                self.code = process.wait()
            finally:
                self._running = None
        return Ended("\n".join(texts[0]), "\n".join(texts[1]), self.code)

    def interrupt(self) -> None:
        """Ask the running command to end, as Ctrl-C does."""
        if process := self._running:
            process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End the running command at once, as `kill -9` does."""
        if process := self._running:
            process.kill()

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Pass SIGINT and SIGTERM on: the first lets running steps finish, the second does not."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread hears signals
            return
        before = {number: signal.signal(number, self._pass_on) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _pass_on(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._on_stop is None:
            return
        if self._signals == 1:
            self._on_stop()
        if self._running is None:
            self._early += 1  # nothing to pass it to yet
        self.interrupt()


class Watch:
    """Ends a command that has fallen silent for good.

    Pulumi's engine waits for ever when the delete of a delete-before-replace fails under
    `--continue-on-error`.

    Args:
        patience: seconds without a sign of life.
        busy: true while something is in work, which may take its time.
        ask, kill: how to end it: the latter when the former has not helped within `grace` seconds.
    """

    def __init__(
        self,
        patience: float,
        busy: Callable[[], bool],
        ask: Callable[[], None],
        kill: Callable[[], None],
        grace: float = 15.0,
    ) -> None:
        self._patience, self._busy = patience, busy
        self._ask, self._kill, self._grace = ask, kill, grace
        self._latest = time.monotonic()
        self._stop = threading.Event()
        self.fell_silent = False

    def sign(self) -> None:
        """A sign of life."""
        self._latest = time.monotonic()

    def __enter__(self) -> Watch:
        self._latest = time.monotonic()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(min(1.0, self._patience / 4)):
            if time.monotonic() - self._latest > self._patience and not self._busy():
                self.fell_silent = True
                self._ask()
                if not self._stop.wait(self._grace):
                    self._kill()
                return


def _read(pipe: IO[str], told: OnLine | None, text: list[str]) -> None:
    for line in pipe:
        stripped = line.rstrip()
        text.append(stripped)
        if told is not None:
            told(stripped)
