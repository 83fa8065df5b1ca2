"""Debian's Slurm, unpacked once into a cache outside of the project, as its user would."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from mllab.local import slurm


def unpacked() -> str:
    """The folder that holds a Slurm; empty where the system has one. Skips where there is none."""
    lacks = slurm.lacks("")
    if not lacks:
        return ""
    commands = [lack.command for lack in lacks if lack.command]
    if len(commands) < len(lacks):
        pytest.skip("; ".join(lack.what for lack in lacks))
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mllab-tests"
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / "slurm"
    with (cache / "slurm.lock").open("w") as lock:  # several test processes may come here at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not slurm.find(str(root)):
            shutil.rmtree(root, ignore_errors=True)
            with tempfile.TemporaryDirectory(dir=cache) as home:
                done = subprocess.run(
                    ("sh", "-c", commands[0]),
                    env={"PATH": os.environ["PATH"], "HOME": home},
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=300,
                )
                if done.returncode:
                    pytest.skip(f"Slurm's packages cannot be had: {done.stderr[-200:]}")
                (Path(home) / "slurm").rename(root)
    assert slurm.find(str(root)), "the command that is told to people brings no whole Slurm"
    return str(root)
