"""A machine with Pulumi, a project and an AWS account, all of it real but the account.

Everything is as a user has it: the CLI, the state in a folder, the passphrase file, the stack
file, credentials in the environment. Only behind the provider plugin there is a simulated account,
and AWS's login service is one on loopback.

    world.run("up", "aws-tiny", "--yes")        # python cli.py, in the project's folder
    world.pulumi("preview", "-s", "aws-tiny")   # plain pulumi, at the same backend
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from mllab.simulated.aws.cloud import SimulatedAws
from tests.cli.processes import Ended
from tests.pulumi.real.plugin import ACCOUNT, FAULTS

STACK = "aws-tiny"
SECONDS = 300
"""After which a process that hangs is a failure; a good one needs a dozen."""

LAUNCHER = Path(__file__).parents[2] / "cli" / "launcher.py"


class World:
    """One user's machine.

    Args:
        root: the real project, whose code runs.
        folder: an empty one, for everything else.
        cli: the real Pulumi CLI.
        login: address of AWS's login service.
    """

    def __init__(self, root: Path, folder: Path, cli: str, login: str) -> None:
        self.root, self.folder = root, folder
        self.project, self.bin, self.user = folder / "project", folder / "bin", folder / "user"
        self.account = folder / "account.db"
        for made in (self.bin, self.user, self.project / "stacks"):
            made.mkdir(parents=True)
        self._make_project()
        self._make_plugin()
        self.environ = {
            "PATH": os.pathsep.join([str(self.bin), str(Path(cli).parent), "/usr/bin", "/bin"]),
            "HOME": str(self.user),
            "LANG": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": "AKIALAB",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_ENDPOINT_URL": login,
            "AWS_EC2_METADATA_DISABLED": "true",
            # Plain pulumi looks for the plugins of every SDK that is installed.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            ACCOUNT: str(self.account),
        }

    @property
    def home(self) -> Path:
        """`$MLLAB_HOME`, as it is without the variable."""
        return self.project / ".mllab"

    @property
    def state(self) -> Path:
        """Where Pulumi keeps the stack's state."""
        return self.home / "backend" / ".pulumi" / "stacks" / "mllab" / f"{STACK}.json"

    @property
    def locks(self) -> Path:
        """Where Pulumi keeps the stack's locks."""
        return self.home / "backend/.pulumi/locks/organization/mllab" / STACK

    @property
    def file(self) -> Path:
        """The stack file."""
        return self.project / "stacks" / f"Pulumi.{STACK}.yaml"

    @property
    def passphrase(self) -> Path:
        return self.home / "passphrase"

    @property
    def cloud(self) -> SimulatedAws:
        """The account, as it is now."""
        return SimulatedAws(self.account)

    def take_over(self, other: World) -> None:
        """Take what another machine has: state, passphrase, stack file and account."""
        shutil.copytree(other.home, self.home)
        shutil.copy(other.file, self.file)
        for file in other.folder.glob("account.db*"):
            shutil.copy(file, self.folder)

    def made(self) -> list[str]:
        """Logical names of what the lab has made in the account and still exists."""
        return sorted(urn.rpartition("::")[2] for urn in self._urns())

    def twins(self) -> list[str]:
        """What exists more than once."""
        return [urn for urn, number in Counter(self._urns()).items() if number > 1]

    def _urns(self) -> list[str]:
        found = self.cloud.inventory() if self.account.exists() else []
        return [str(record.urn) for record in found if record.urn]

    def run(
        self, *words: str, env: Mapping[str, str | None] | None = None, machine: str = ""
    ) -> Ended:
        """`python cli.py` in the project's folder, without a terminal.

        Args:
            env: variables to set, or with None to take away.
            machine: a way in which it is broken, as `tests/cli/launcher.py` has it.
        """
        start = [sys.executable, str(LAUNCHER), machine] if machine else []
        return self._ended([*start, sys.executable, str(self.root / "cli.py"), *words], env or {})

    def start(self, *words: str, env: Mapping[str, str | None] | None = None) -> Running:
        """The same, while it runs."""
        command = [sys.executable, str(self.root / "cli.py"), *words]
        return subprocess.Popen(command, **self._how(env or {}), stderr=subprocess.PIPE)

    def call(self, *command: str) -> Ended:
        """Any program, in the project's folder."""
        return self._ended(list(command), {})

    def pulumi(self, *words: str, env: Mapping[str, str | None] | None = None) -> Ended:
        """Plain `pulumi`, with what our notes tell to set for it."""
        ours = {
            "PULUMI_BACKEND_URL": (self.home / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        found = shutil.which("pulumi", path=self.environ["PATH"])
        assert found is not None
        return self._ended([found, "--non-interactive", *words], {**ours, **(env or {})})

    def deployment(self) -> dict[str, Any]:
        """The recorded state."""
        found = json.loads(self.state.read_text())["checkpoint"]["latest"]
        return dict(found)

    def failing(self, *rules: Mapping[str, Any]) -> dict[str, str | None]:
        """Variables under which the account fails as the rules say."""
        return {FAULTS: json.dumps(rules)}

    def _ended(self, command: list[str], env: Mapping[str, str | None]) -> Ended:
        done = subprocess.run(
            command, **self._how(env), stderr=subprocess.PIPE, timeout=SECONDS, check=False
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def _how(self, env: Mapping[str, str | None]) -> dict[str, Any]:
        merged = {**self.environ, **env}
        return {
            "cwd": self.project,
            "env": {key: value for key, value in merged.items() if value is not None},
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "text": True,
        }

    def _make_project(self) -> None:
        """The committed files, with the code of the real project and its virtual environment."""
        shutil.copy(self.root / "Pulumi.yaml", self.project)
        (self.project / ".venv").symlink_to(sys.prefix)
        (self.project / "requirements.txt").write_text("")
        (self.project / "__main__.py").write_text(
            f"import sys\nsys.path.insert(0, {str(self.root)!r})\n"
            + (self.root / "__main__.py").read_text()
        )
        text = (self.root / "stacks" / f"Pulumi.{STACK}.yaml").read_text()
        today = date.today()
        for key, day in (("starts", today), ("ends", today + timedelta(days=30))):
            text, found = re.subn(rf'{key}: "[\d-]+"', f'{key}: "{day}"', text)
            assert found == 1
        self.file.write_text(text)

    def _make_plugin(self) -> None:
        plugin = self.bin / "pulumi-resource-aws"
        plugin.write_text(
            f"#!{sys.executable} -u\nimport sys\nsys.path.insert(0, {str(self.root)!r})\n"
            "from tests.pulumi.real import plugin\nplugin.main()\n"
        )
        plugin.chmod(0o755)


Running = subprocess.Popen[str]
