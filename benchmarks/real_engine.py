"""The real Pulumi engine on a simulated cloud, cut off from real ones, to compare with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import ROOT, Place
from mllab.clock import SimulatedClock

ACCOUNTS = ("AWS_", "AZURE_", "ARM_", "GOOGLE_", "CLOUDSDK_", "PULUMI_")
STACK = "aws-course"


@contextmanager
def real_engine(day: str) -> Iterator[Place]:
    """A copy of the project with a stack of its own, and an environment for `pulumi` in it.

    The copy, because `pulumi stack init` writes its salt into the stack's file.
    """
    from mllab.simulated.aws.cloud import SimulatedAws
    from mllab.simulated.grpc import ProviderServers

    clock = SimulatedClock(datetime.fromisoformat(day).replace(tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "tests", "__pycache__"))
        (project / ".venv").symlink_to(sys.prefix)
        cloud = SimulatedAws(Path(folder, "aws.db"))
        with ProviderServers({cloud.package: cloud}, clock) as servers:
            environment = {k: v for k, v in os.environ.items() if not k.startswith(ACCOUNTS)} | {
                "PULUMI_DEBUG_PROVIDERS": servers.debug_providers,
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
                "PULUMI_HOME": str(Path(folder, "pulumi")),
                "PULUMI_BACKEND_URL": Path(folder).as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            }
            subprocess.run(
                ["pulumi", "stack", "init", STACK, "--non-interactive"],
                cwd=project,
                env=environment,
                check=True,
                capture_output=True,
            )
            yield Place(project, environment)
