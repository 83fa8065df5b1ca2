"""Asks a cloud by its own command line, which holds the login."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mllab.errors import LabError

PATIENCE: Final = 60.0
"""Seconds for an answer; `az` and `gcloud` take two or three, and more when they renew a login."""


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def why(self) -> str:
        """What it complained about, in one line: what it calls an error, else the last line."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
        return [*lines[-1:], *errors[:1]][-1][:300] if lines else f"it ended with {self.code}"


@dataclass(frozen=True)
class VendorCli:
    """A vendor's command line.

    Args:
        name: of its program. source: where to get it. quiet: variables that make it ask nothing
            and print answers alone.
    """

    name: str
    source: str
    quiet: Mapping[str, str]

    def ask(self, *words: str, environ: Mapping[str, str] | None = None) -> Answer:
        """Run a command to its end; it cannot ask back.

        Args:
            environ: variables besides those of this process.

        Raises:
            LabError: it is not installed, or does not answer.
        """
        path = shutil.which(self.name)
        if path is None:
            raise LabError(
                f"`{self.name}` is not installed, and without it nobody can tell whose account it "
                "is or what is in it",
                hint=f"Get it:  {self.source}",
            )
        try:
            done = subprocess.run(
                [path, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PATIENCE,
                env={**os.environ, **self.quiet, **(environ or {})},
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(
                f"`{' '.join([self.name, *words[:2]])}` does not answer within {PATIENCE:.0f} s",
                hint="Check the network, and run it by hand.",
            ) from error
        except OSError as error:
            raise LabError(f"{path} cannot be run: {error.strerror}") from error
        return Answer(done.returncode, done.stdout, done.stderr)
