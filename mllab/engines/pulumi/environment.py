"""The environment in which the Pulumi CLI runs: on a real cloud, or cut off from all of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mllab.clouds.registry import CLOUDS
from mllab.engines.pulumi import passphrase
from mllab.engines.pulumi.backend import VARIABLE, Backend, ChosenBy, choose, own_lines
from mllab.engines.pulumi.private import make_folder
from mllab.errors import StateError

_BY_PASSPHRASE: Final = frozenset({"", "default", "passphrase"})
QUIET: Final = {"PULUMI_SKIP_UPDATE_CHECK": "true"}

DANGEROUS: Final = frozenset(
    {
        "PULUMI_DEBUG_PROVIDERS",  # would record simulated resources in a real stack
        "PULUMI_DEBUG_LANGUAGES",
        "PULUMI_SKIP_CHECKPOINTS",  # would lose everything if the run is killed
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS",
    }
)
"""What helps developers of Pulumi and must not reach a real run."""

HARMLESS: Final = frozenset({"PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH"})
"""All that a cut-off run takes over from the user, besides LC_*: nothing that gives access."""


@dataclass(frozen=True)
class Environment:
    """What a run on a real cloud needs to know.

    Args:
        environ: complete: what is not in it must not reach the CLI.
        notes: to be said to the user, once.
    """

    backend: Backend
    environ: dict[str, str]
    notes: tuple[str, ...] = ()


def real(
    root: Path, home: Path, stack: str, stack_file: Path, environ: Mapping[str, str] = os.environ
) -> Environment:
    """Backend and secrets of a stack, prepared so that no command has to ask.

    Makes our folder and our passphrase where the user has chosen none.

    Args:
        root: the project's folder.
        home: `$MLLAB_HOME`.
        stack_file: may be gone.

    Raises:
        SettingsError: Pulumi.yaml or the stack file cannot be read.
        StateError: login, passphrase or folder cannot be read or written.
    """
    backend = choose(root, home, environ)
    env = {key: value for key, value in environ.items() if key not in DANGEROUS} | QUIET
    notes = []
    if backend.url:
        env[VARIABLE] = backend.url
    if backend.chosen_by is ChosenBy.NOBODY and _made(backend):
        notes.append(
            f"The state of your labs is kept in {backend.folder}; with it they are found and "
            f"removed again. For plain pulumi: export {VARIABLE}={backend.url}"
        )
    lines = own_lines(stack_file)
    used = lines.salted or _recorded(backend, stack)
    if lines.provider in _BY_PASSPHRASE and (used or not backend.keeps_secrets):
        found = passphrase.settle(home, stack, environ, used=used)
        env |= found.environment
        notes += found.notes
    return Environment(backend, env, tuple(notes))


def isolated(
    home: Path, debug_providers: str, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The complete environment of a rehearsal, from which no cloud can be reached.

    Nothing is taken over but what `HARMLESS` names. Plugins are neither downloaded nor found, so a
    package without a simulated cloud is an error; if one ran all the same, it would find no
    credentials: no variable, no shared file, no metadata service.

    Args:
        home: a folder for this run's backend, plugins and home; what is missing is made.
        debug_providers: `aws:4001,gcp:4002`, the simulated clouds.

    Raises:
        StateError: the folders cannot be made.
    """
    user, plugins, backend = home / "user", home / "pulumi", home / "backend"
    try:
        for folder in (user, plugins, backend):
            make_folder(folder)
    except OSError as error:
        raise _unmade(home, error) from error
    kept = {k: v for k, v in environ.items() if k in HARMLESS or k.startswith("LC_")}
    nothing = str(user / "nothing")  # is never made
    return {
        "PATH": os.defpath,
        **kept,
        **QUIET,
        "HOME": str(user),
        "PULUMI_HOME": str(plugins),
        VARIABLE: backend.absolute().as_uri(),
        passphrase.TEXT: "",
        "PULUMI_DEBUG_PROVIDERS": debug_providers,
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        **{
            name: value.format(nothing=nothing)
            for cloud in CLOUDS.values()
            for name, value in cloud.cut_off.items()
        },
        "ALIBABA_CLOUD_CREDENTIALS_FILE": nothing,
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    }


def _recorded(backend: Backend, stack: str) -> bool:
    """True when our passphrase, or that of this stack, has encrypted something in a folder."""
    which = "*" if backend.chosen_by is ChosenBy.NOBODY else stack
    files = backend.folder.glob(f".pulumi/stacks/**/{which}.json*") if backend.folder else ()
    return any(file.suffix in {".json", ".gz", ".zst"} for file in files)


def _made(backend: Backend) -> bool:
    folder = backend.folder
    assert folder is not None
    try:
        return make_folder(folder)
    except OSError as error:
        raise _unmade(folder, error) from error


def _unmade(folder: Path, error: OSError) -> StateError:
    return StateError(
        f"{folder} cannot be made: {error.strerror or error}",
        hint="Make room or allow writing there, or point MLLAB_HOME to another folder.",
    )
