"""Secrets of a state, sealed by a passphrase as Pulumi seals them: by Pulumi itself.

Its passphrase provider takes AES-256-GCM under a key made of the passphrase and a salt, which is
in the state (`secrets_providers`). Whoever imports the state needs the same passphrase.
Source: sdk/go/common/resource/config/crypt.go and pkg/secrets/passphrase/manager.go of
https://github.com/pulumi/pulumi
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mllab.engines.contract import StackTarget
from mllab.engines.pulumi import binary, environment, passphrase
from mllab.engines.pulumi.workspace import write_project
from mllab.errors import RunFailed, UsageError


def sealed(
    whole: Mapping[str, Any],
    target: StackTarget,
    home: Path,
    environ: Mapping[str, str] = os.environ,
) -> Mapping[str, Any]:
    """A deployment with its secrets sealed by the user's passphrase, else by ours.

    Nothing in clear is written to a disk or shown in a list of processes.

    Args:
        whole: as `pulumi stack export --show-secrets` prints it.
        home: `$MLLAB_HOME`.
        environ: the user's.

    Raises:
        UsageError: there is no passphrase.
        StateError: the file that holds it cannot be read.
        LabError: no Pulumi CLI.
        RunFailed: the CLI does not take the state.
    """
    phrase = _passphrase(target.stack, home, environ)
    cli = binary.find(home, environ)
    with tempfile.TemporaryDirectory(prefix="mllab-") as text:
        folder = Path(text)
        write_project(folder, target)
        isolated = environment.isolated(folder / "home", "", environ)
        del isolated[passphrase.TEXT], isolated["PULUMI_DEBUG_PROVIDERS"]

        def pulumi(*words: str, given: str = "") -> str:
            done = subprocess.run(
                [cli.path, "--non-interactive", "stack", *words, "--stack", target.stack],
                cwd=folder,
                env={**isolated, **phrase},
                input=given,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RunFailed(f"Pulumi does not take the state:\n{done.stderr.strip()}")
            return done.stdout

        pulumi("init")
        empty = json.loads(pulumi("export"))["deployment"]
        providers = {"secrets_providers": empty["secrets_providers"]}
        clear = {**whole, "deployment": {**whole["deployment"], **providers}}
        pulumi("import", given=json.dumps(clear))
        return dict(json.loads(pulumi("export")))


def _passphrase(stack: str, home: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    if passphrase.TEXT in environ:
        return {passphrase.TEXT: environ[passphrase.TEXT]}
    if environ.get(passphrase.FILE) or passphrase.path(home).exists():
        return passphrase.settle(home, stack, environ, used=True).environment
    raise UsageError(
        f"the state of {stack} holds secrets, and there is no passphrase to seal them by so that "
        "Pulumi can open them",
        hint="Name the passphrase of the stack that takes the state:\n"
        f"  export {passphrase.FILE}=...\n"
        "Or write them in clear, for your own eyes: --show-secrets",
    )
