"""`mllab setup`: puts Pulumi's CLI into our own folder, with the installer of Pulumi's own SDK."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import socket
import subprocess
import urllib.error
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Final

from mllab.engines.pulumi import binary
from mllab.engines.pulumi.binary import PINNED, Binary, install_root, spoken
from mllab.engines.pulumi.private import make_folder
from mllab.errors import LabError, LockedError, StateError

PATIENCE: Final = 30.0
"""Seconds to wait for get.pulumi.com; where packets are dropped, nothing else would end it."""

RELEASES: Final = "https://github.com/pulumi/pulumi/releases/download"
_ARCHITECTURES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_TELLING: Final = re.compile(r"error|cannot|no space|not found|denied|unsupported", re.I)


def install(
    home: Path, say: Callable[[str], None], environ: Mapping[str, str] = os.environ
) -> Binary:
    """Make sure that there is a Pulumi CLI; download one only where none fits.

    The download is unpacked beside its place and moved there when it has told its version, so what
    an interrupted one leaves is never taken for a CLI.

    Args:
        home: `$MLLAB_HOME`.
        say: told each step, in one line.
        environ: its PATH is searched.

    Raises:
        LockedError: another setup is at work.
        StateError: our folder cannot be written.
        LabError: it cannot be downloaded, or what came is not what was asked for.
    """
    root = install_root(home)
    try:
        found = binary.find(home, environ)
    except LabError as error:
        say(error.message)
    else:
        if found.note:
            say(found.note)
        whose = "mllab's own" if root in found.path.parents else "on PATH"
        say(f"Pulumi {spoken(found.version)} is there: {found.path} ({whose}). Nothing to install.")
        return found
    with _alone(root.parent):
        part = root.with_name(f"{PINNED}.part")
        try:
            _remove(part)  # of a setup that was killed
            say(f"Downloading Pulumi {PINNED} into {root}; that can take some minutes.")
            _download(part, root)
            _verify(part, environ)
            _remove(root)
            part.rename(root)
        except OSError as error:
            raise _unwritable(root, error) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    say(f"Installed Pulumi {PINNED}: {root / 'bin' / 'pulumi'}")
    return binary.find(home, environ)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other setups out; the system opens the lock again even if this one is killed."""
    try:
        make_folder(folder)
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise _unwritable(folder, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(
                f"another `mllab setup` is at work in {folder}", hint="Wait until it has ended."
            ) from error
        yield


def _download(part: Path, root: Path) -> None:
    from mllab.engines.pulumi import cli

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)  # the SDK's installer knows none
    try:
        cli.install(part)
    except urllib.error.HTTPError as error:
        raise _impossible(root, f"get.pulumi.com answers {error.code} {error.reason}") from error
    except (urllib.error.URLError, HTTPException, ConnectionError, TimeoutError) as error:
        why = getattr(error, "reason", None) or error
        why = getattr(why, "strerror", None) or why
        raise _impossible(root, f"get.pulumi.com cannot be reached: {why}") from error
    except subprocess.CalledProcessError as error:
        why = f"its installer ends with code {error.returncode}: {_telling(error.output)}"
        raise _impossible(root, why) from error
    except OSError as error:
        if error.filename is None:
            raise
        # The SDK starts its installer out of the folder for temporary files.
        why = f"its installer cannot be run: {error.filename}: {error.strerror}"
        raise _impossible(root, why) from error
    finally:
        socket.setdefaulttimeout(before)


def _verify(part: Path, environ: Mapping[str, str]) -> None:
    version = spoken(binary.probe(part / "bin" / "pulumi", environ))
    if version != PINNED:
        raise LabError(
            f"the installer was asked for Pulumi {PINNED} and brought {version}; it was not taken",
            hint=binary.other_ways(),
        )


def _impossible(root: Path, why: str) -> LabError:
    machine = platform.machine().lower()
    name = f"pulumi-v{PINNED}-{platform.system().lower()}-{_ARCHITECTURES.get(machine, machine)}"
    return LabError(
        f"Pulumi {PINNED} cannot be downloaded: {why}",
        hint=f"{binary.other_ways()}\n"
        "Or fetch the archive on another machine, and unpack its folder `pulumi` to\n"
        f"  {root / 'bin'}\n"
        f"  {RELEASES}/v{PINNED}/{name}.tar.gz",
    )


def _unwritable(folder: Path, error: OSError) -> StateError:
    return StateError(
        f"{error.filename or folder}: {error.strerror or error}",
        hint="Make room or allow writing there, or point MLLAB_HOME to another folder.",
    )


def _telling(output: bytes | str | None) -> str:
    """The line of an installer's output that says what went wrong."""
    text = output.decode(errors="replace") if isinstance(output, bytes) else output or ""
    lines = [_COLOURS.sub("", line).strip() for line in re.split(r"[\r\n]+", text)]
    said = [line for line in lines if line]
    return next((line for line in reversed(said) if _TELLING.search(line)), "".join(said[-1:]))[
        :200
    ]


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
