"""The GPUs of this machine, as NVIDIA's own program tells them."""

from __future__ import annotations

import re
import subprocess
from typing import Final

_SECONDS: Final = 20.0
"""A driver that hangs must not hold up a run for ever."""


def count() -> int:
    """How many GPUs `nvidia-smi -L` lists; 0 without that program, or where it fails.

    Source: https://docs.nvidia.com/deploy/nvidia-smi/index.html (-L: list each of the GPUs)
    """
    try:
        told = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    return len(re.findall(r"^GPU \d+:", told.stdout, re.MULTILINE))


def numbers(each: int, turn: int, there: int) -> str:
    """The GPUs of one of several that take them in turn: `2,3`, as CUDA_VISIBLE_DEVICES has them.

    Args:
        each: how many it gets. turn: 0 for the first. there: all of the machine.
    """
    return ",".join(str((turn * each + one) % there) for one in range(each)) if there else ""
