"""Pulumi's AWS provider as an executable, with a simulated account behind it.

`World` puts it on PATH as `pulumi-resource-aws`, where the engine takes it for the real one. It
lives in a file named by SIMULATED_AWS, and fails as SIMULATED_FAULTS says.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from mllab.clock import Clock
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.faults import Faults
from mllab.simulated.grpc import ProviderServers

ACCOUNT = "SIMULATED_AWS"
FAULTS = "SIMULATED_FAULTS"


def main() -> None:
    """Serve until the engine ends it, or is gone itself."""
    engine = os.getppid()
    faults = Faults.of(json.loads(os.environ.get(FAULTS, "[]")), exits=True)
    cloud = SimulatedAws(Path(os.environ[ACCOUNT]), faults=faults)
    with ProviderServers({"aws": cloud}, Clock()) as servers:
        sys.stdout.write(f"{servers.debug_providers.partition(':')[2]}\n")
        sys.stdout.flush()
        while os.getppid() == engine:  # a killed engine cannot tell us
            signal.sigtimedwait([signal.SIGUSR1], 0.5)


if __name__ == "__main__":
    main()
