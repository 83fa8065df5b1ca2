"""Finds the Pulumi CLI: on PATH, else the one that `mllab setup` has put into our own folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mllab.errors import LabError

Version = tuple[int, int, int]

OLDEST: Final[Version] = (3, 256, 0)
"""First CLI with everything we use: a preview of what is protected (`--ignore-protect`, 3.256.0),
events over a stream instead of a file that is read while it is written (3.206.0), programs of ours
for `refresh` and `destroy` (`--client`, 3.181.0), SIGTERM (3.136.0), `--continue-on-error` without
damage to the state (3.126.0).
Source: https://github.com/pulumi/pulumi/blob/master/CHANGELOG.md"""

NEWEST: Final[Version] = (3, 260, 0)
"""Newest CLI that the tests have run with; a later patch (3.260.x) is taken as well. A newer one is
refused, because it may write a state that the tested ones cannot read."""

PINNED: Final = "3.260.0"
"""What `mllab setup` installs."""

PATIENCE: Final = 30.0
"""Seconds after which a CLI that does not tell its version is given up; it takes less than one."""

_NUMBER: Final = re.compile(r"v?(\d{1,5})\.(\d{1,5})\.(\d{1,5})(?:[-+][\w.+-]*)?", re.ASCII)
_PIPE: Final = 65_536  # bytes; who writes more than a pipe holds waits, and is given up


@dataclass(frozen=True)
class Binary:
    """A Pulumi CLI that can be used.

    Args:
        path: absolute.
        version: as it tells itself.
        note: why the one on PATH was passed over; empty if it was not.
    """

    path: Path
    version: Version
    note: str = ""


def install_root(home: Path) -> Path:
    """Where `mllab setup` installs: the `root` of the SDK's installer, with `bin/pulumi` in it.

    Args:
        home: `$MLLAB_HOME`.
    """
    return home / "pulumi" / "versions" / PINNED


def find(
    home: Path, environ: Mapping[str, str] = os.environ, *, patience: float = PATIENCE
) -> Binary:
    """The CLI to use: the one on PATH, or our own where that is missing or does not fit.

    Args:
        home: `$MLLAB_HOME`.
        environ: its PATH is searched, and the CLI runs in it.

    Raises:
        LabError: there is none that works and lies in the tested range; says what was found.
    """
    passed_over: list[str] = []
    ambient = shutil.which("pulumi", path=environ.get("PATH", os.defpath))
    ours = install_root(home) / "bin" / "pulumi"
    for path in ([Path(ambient).absolute()] if ambient else []) + ([ours] if ours.exists() else []):
        try:
            return Binary(path, _fitting(path, environ, patience), "\n".join(passed_over))
        except LabError as error:
            passed_over.append(error.message)
    raise LabError(
        "\n".join(passed_over) or f"there is no Pulumi CLI, neither on PATH nor in {home}",
        hint=ways(),
    )


def ways() -> str:
    """How to get a CLI, one way per line."""
    return f"Install it into mllab's own folder:  mllab setup\n{other_ways()}"


def other_ways() -> str:
    """How to get a CLI where `mllab setup` cannot."""
    return (
        f"Other ways, in a version from {spoken(OLDEST)} to {spoken(NEWEST)}:\n"
        f"  curl -fsSL https://get.pulumi.com | sh -s -- --version {PINNED}\n"
        "  brew install pulumi/tap/pulumi      winget install pulumi\n"
        f"  the container image pulumi/pulumi-python:{PINNED}"
    )


def spoken(version: Version) -> str:
    """`3.260.0`."""
    return ".".join(map(str, version))


def probe(path: Path, environ: Mapping[str, str], patience: float = PATIENCE) -> Version:
    """The version that a CLI tells.

    Raises:
        LabError: it cannot be run, does not end, fails, or tells none.
    """
    code, told, complaint = _run(path, environ, patience)
    for line in reversed(told.splitlines()):
        if found := _NUMBER.fullmatch(line.strip()):
            if code == 0:
                return int(found[1]), int(found[2]), int(found[3])
            break
    said = next((line.strip() for line in (complaint or told).splitlines() if line.strip()), "")
    why = f"ends with code {code}" if code else "tells no version"
    raise LabError(
        f"{path}: `pulumi version` {why}{f': {said[:200]}' if said else ''}", hint=ways()
    )


def _fitting(path: Path, environ: Mapping[str, str], patience: float) -> Version:
    version = probe(path, environ, patience)
    if version < OLDEST or version[:2] > NEWEST[:2]:
        raise LabError(
            f"{path} is version {spoken(version)}; "
            f"mllab works with {spoken(OLDEST)} to {spoken(NEWEST)}",
            hint=ways(),
        )
    return version


def _run(path: Path, environ: Mapping[str, str], patience: float) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `pulumi version`; what it has started ends with it."""
    env = {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        process = subprocess.Popen(
            [path, "version"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that a script's children can be ended with it
        )
    except OSError as error:
        raise LabError(f"{path} cannot be run: {error.strerror}", hint=ways()) from error
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            # Without a reader: children of a script may keep the pipes open for ever.
            code = process.wait(patience)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            raise LabError(
                f"{path}: `pulumi version` does not end within {patience:g} s", hint=ways()
            ) from error
        return code, _held(process.stdout.fileno()), _held(process.stderr.fileno())


def _held(pipe: int) -> str:
    """What a pipe holds at this moment."""
    os.set_blocking(pipe, False)
    try:
        return os.read(pipe, _PIPE).decode(errors="replace")
    except BlockingIOError:
        return ""
