"""Asks a cloud by its own command line, `az` or `gcloud`, which holds the login."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mllab.errors import LabError

PATIENCE: Final = 60.0
"""Seconds for an answer; both take two or three, and more when they renew a login."""

WHERE: Final = {
    "az": "https://learn.microsoft.com/cli/azure/install-azure-cli",
    "gcloud": "https://cloud.google.com/sdk/docs/install",
}


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


def ask(*words: str, environ: Mapping[str, str] | None = None) -> Answer:
    """Run a command to its end; it cannot ask back.

    Args:
        environ: variables besides those of this process.

    Raises:
        LabError: it is not installed, or does not answer.
    """
    path = shutil.which(words[0])
    if path is None:
        raise LabError(
            f"`{words[0]}` is not installed, and without it nobody can tell whose account it is or "
            "what is in it",
            hint=f"Get it:  {WHERE[words[0]]}",
        )
    quiet = {"AZURE_CORE_ONLY_SHOW_ERRORS": "true", "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    try:
        done = subprocess.run(
            [path, *words[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            env={**os.environ, **quiet, **(environ or {})},
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(
            f"`{' '.join(words[:3])}` does not answer within {PATIENCE:.0f} s",
            hint="Check the network, and run it by hand.",
        ) from error
    except OSError as error:
        raise LabError(f"{path} cannot be run: {error.strerror}") from error
    return Answer(done.returncode, done.stdout, done.stderr)
