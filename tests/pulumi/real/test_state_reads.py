"""How often the recorded state is asked for: each time is a process of the CLI."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.pulumi.real.world import STACK, Ended, World

pytestmark = pytest.mark.engine


class Counting:
    """Runs `mllab` with a `pulumi` in front of the real one that writes down how it is called."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._log = world, folder / "calls"
        real = shutil.which("pulumi")
        command = folder / "bin" / "pulumi"
        command.parent.mkdir(parents=True)
        command.write_text(f'#!/bin/sh\necho "$*" >>"{self._log}"\nexec "{real}" "$@"\n')
        command.chmod(0o755)
        self._path = f"{command.parent}{os.pathsep}{world.environ['PATH']}"

    def run(self, *words: str) -> tuple[Ended, int]:
        """What came of a command, and how often it asked for the state."""
        self._log.write_text("")
        ended = self._world.run(*words, env={"PATH": self._path})
        return ended, self._log.read_text().count("stack export")


def test_a_command_reads_the_state_once_and_again_after_a_change(
    living: World, tmp_path: Path
) -> None:
    counting = Counting(living, tmp_path / "counting")
    status, reads = counting.run("status", STACK)
    assert (status.code, reads) == (0, 1), status.err
    same, reads = counting.run("up", STACK, "--yes")
    assert "nothing to do" in same.out
    assert reads == 1, "a refresh that found nothing new has changed nothing"
    living.file.write_text(living.file.read_text().replace("keep_images: 3", "keep_images: 4"))
    up, reads = counting.run("up", STACK, "--yes")
    assert (up.code, reads) == (0, 2), up.err
    gone, reads = counting.run("down", STACK, "--yes")
    assert (gone.code, reads) == (0, 2), gone.err
