"""The real Pulumi engine on a simulated cloud, cut off from real ones, to compare with.

`python -m benchmarks.real_engine FILE DAY` serves the simulated AWS until its input ends: a process
of its own, because the memory of whoever starts a measured process counts as that process's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import ROOT, Place

FOREIGN = ("AWS_", "AZURE_", "ARM_", "GOOGLE_", "CLOUDSDK_", "PULUMI_", "PYTHON")
STACK = "aws-course"


@contextmanager
def real_engine(day: str) -> Iterator[Place]:
    """A copy of the project with a stack of its own, and an environment for `pulumi` in it.

    The copy, because `pulumi stack init` writes its salt into the stack's file.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "tests", "__pycache__"))
        (project / ".venv").symlink_to(sys.prefix)
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.real_engine", str(Path(folder, "aws.db")), day],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with server:  # at the end its input is closed
            assert server.stdout
            ours = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
            environment = ours | {
                "PULUMI_DEBUG_PROVIDERS": server.stdout.readline().strip(),
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
                "PULUMI_HOME": str(Path(folder, "pulumi")),
                "PULUMI_BACKEND_URL": Path(folder).as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            }
            init = ["pulumi", "stack", "init", STACK, "--non-interactive"]
            subprocess.run(init, cwd=project, env=environment, check=True, capture_output=True)
            yield Place(project, environment)


def serve(database: Path, day: str) -> None:
    """Print the address for PULUMI_DEBUG_PROVIDERS, and answer until the input ends."""
    from datetime import UTC, datetime

    from mllab.clock import SimulatedClock
    from mllab.engines.pulumi.provider_server import ProviderServers
    from mllab.simulated.aws.cloud import SimulatedAws

    clock = SimulatedClock(datetime.fromisoformat(day).replace(tzinfo=UTC))
    cloud = SimulatedAws(database)
    with ProviderServers({cloud.package: cloud}, clock) as servers:
        print(servers.debug_providers, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2])
