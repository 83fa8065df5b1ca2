"""Runs commands in turn and says how long each took and how much memory it held."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
# getrusage counts in bytes on macOS and in KiB elsewhere.
MEBIBYTE = 2**20 if sys.platform == "darwin" else 2**10


@dataclass(frozen=True)
class Sample:
    """One run of one command: wall clock, processor time, largest resident set in MiB."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


@dataclass
class Series:
    """All runs of one command."""

    samples: list[Sample] = field(default_factory=list)

    def median(self, what: str) -> float:
        """Median of one measure, by its name in Sample."""
        return statistics.median(getattr(sample, what) for sample in self.samples)

    def spread(self) -> tuple[float, float]:
        """Shortest and longest wall clock."""
        seconds = [sample.seconds for sample in self.samples]
        return min(seconds), max(seconds)


@dataclass(frozen=True)
class Place:
    """Where commands run: folder and environment."""

    folder: Path
    environment: Mapping[str, str]


def measure(argv: Sequence[str], place: Place) -> Sample:
    """Run a command once, with an empty folder for its states.

    Raises:
        RuntimeError: it failed; its last output is in the message. A failure has no duration.
    """
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        child = subprocess.Popen(
            argv,
            cwd=place.folder,
            env={**place.environment, "MLLAB_HOME": home, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            tail = said.read()[-2000:].decode(errors="replace")
            raise RuntimeError(f"{' '.join(argv)} ended with {child.returncode}\n{tail}")
    return Sample(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MEBIBYTE)
