"""A moment by both clocks: the day's, which may jump, and the time that this machine was awake."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Instant:
    """A moment.

    Args:
        wall: in UTC, as the machine's clock has it.
        awake: seconds that only grow while this boot lasts, and stand still while the machine
            sleeps. boot: tells this boot from others.
    """

    wall: datetime
    awake: float
    boot: str

    def follows(self, other: Instant) -> bool:
        """Whether `other` was before, in the same boot: their `awake` can be compared."""
        return self.boot == other.boot and other.awake <= self.awake


def now() -> Instant:
    """The present moment."""
    return Instant(datetime.now(UTC), time.monotonic(), _boot())


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:  # macOS
        command = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
        try:
            return subprocess.run(command, capture_output=True, text=True).stdout.strip()
        except OSError:
            return ""
