"""The provider of labs on this machine, as a plugin that plain `pulumi` starts by itself.

Pulumi looks on PATH for `pulumi-resource-<package>`, starts it in the project's folder, reads the port
of its gRPC server from its output, and ends it.
Source: https://www.pulumi.com/docs/iac/guides/building-extending/providers/implementers/
"""

from __future__ import annotations

import sys
from pathlib import Path

from mllab.clock import Clock
from mllab.clouds.local import PACKAGE
from mllab.engines.pulumi.provider_server import ProviderServers
from mllab.local.provider import LocalProvider
from mllab.session.local import LABS, home_of
from mllab.session.session import home
from mllab.settings.files import project_root


def main() -> None:
    """Serve until whoever started it closes our input or ends us."""
    provider = LocalProvider(home_of(home(project_root(Path.cwd()))) / LABS)
    with ProviderServers({PACKAGE: provider}, Clock()) as servers:
        sys.stdout.write(f"{servers.debug_providers.rpartition(':')[2]}\n")
        sys.stdout.flush()
        servers.wait()
