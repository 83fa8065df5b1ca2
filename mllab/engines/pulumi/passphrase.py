"""The passphrase that encrypts secrets in a state of which no secrets service takes care."""

from __future__ import annotations

import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mllab.engines.pulumi.private import write_new
from mllab.errors import StateError

TEXT: Final = "PULUMI_CONFIG_PASSPHRASE"
FILE: Final = "PULUMI_CONFIG_PASSPHRASE_FILE"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_BYTES: Final = 32  # as long as the key that is made of it


@dataclass(frozen=True)
class Passphrase:
    """What Pulumi is told about the passphrase.

    Args:
        environment: variables to add; empty where the user's own suffice.
        notes: to be said to the user.
    """

    environment: Mapping[str, str]
    notes: tuple[str, ...] = ()


def path(home: Path) -> Path:
    """Our file, for all stacks of a project."""
    return home / "passphrase"


def settle(home: Path, stack: str, environ: Mapping[str, str], *, used: bool) -> Passphrase:
    """The user's own passphrase, else that of our file, which is made at the first need.

    Args:
        home: `$MLLAB_HOME`.
        environ: the user's; its variables win, in Pulumi's order.
        used: something was encrypted with a passphrase before, so that a new one would not fit.

    Raises:
        StateError: the file is missing where it is needed, empty, or cannot be read or written.
    """
    if TEXT in environ:  # an empty one counts too
        return Passphrase({})
    if chosen := environ.get(FILE):
        # Made absolute: the engine does not run where the user stands.
        theirs = Path(chosen).absolute()
        _readable(theirs, f"{FILE} names it. Correct the variable, or unset it.")
        return Passphrase({FILE: str(theirs)})
    ours = path(home)
    if not ours.exists():
        if used:
            raise StateError(
                f"the passphrase of {stack} is not here: neither {TEXT} nor {FILE} is set, "
                f"and {ours} does not exist",
                hint=f"Put your copy back to {ours}, or name the file that holds it:\n"
                f"  export {FILE}=...",
            )
        return _made(ours)
    _readable(ours, "Put your copy back.")
    mode = ours.stat().st_mode
    if mode & _OTHERS:
        ours.chmod(stat.S_IMODE(mode) & ~_OTHERS)
        return Passphrase({FILE: str(ours)}, (f"{ours} was open to others; it is closed now.",))
    return Passphrase({FILE: str(ours)})


def _made(ours: Path) -> Passphrase:
    variables = {FILE: str(ours)}
    try:
        write_new(ours, secrets.token_urlsafe(_BYTES) + "\n")
    except FileExistsError:  # another run was faster, and says the rest
        return Passphrase(variables)
    except OSError as error:
        raise StateError(
            f"{ours}: the passphrase cannot be written: {error.strerror or error}",
            hint=f"Allow writing there, or name a file of yours that holds one: export {FILE}=...",
        ) from error
    return Passphrase(
        variables,
        (
            f"Made a passphrase for the secrets in the state: {ours}\n"
            "Keep a copy in a safe place: without it the secrets of your labs cannot be read.",
        ),
    )


def _readable(file: Path, hint: str) -> None:
    try:
        found = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8 text"
        raise StateError(f"{file}: the passphrase cannot be read: {why}", hint=hint) from error
    if not found:
        raise StateError(f"{file}: the passphrase is empty", hint=hint)
