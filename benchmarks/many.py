"""Many resources: `python -m benchmarks.many preview|up|again COUNT [embedded|pulumi]`.

Every fifth resource is a component, below it a bucket and three resources that depend on it.
"""

from __future__ import annotations

import sys

import pulumi
from pulumi_aws import s3

from benchmarks.measure import ROOT
from mllab.clock import Clock, SimulatedClock
from mllab.engines.contract import Engine, StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.engines.pulumi import binary
from mllab.engines.pulumi.engine import PulumiEngine
from mllab.engines.pulumi.workspace import SimulatedWorkspace
from mllab.session.local_state import simulated_home
from mllab.session.session import EMBEDDED, home
from mllab.simulated.aws.cloud import SimulatedAws

GROUP = 5


class Shelf(pulumi.ComponentResource):
    """A bucket, closed to the public."""

    def __init__(self, name: str) -> None:
        super().__init__("benchmarks:index:Shelf", name)
        below = pulumi.ResourceOptions(parent=self)
        bucket = s3.Bucket(f"{name}-bucket", tags={"shelf": name}, opts=below)
        s3.BucketPublicAccessBlock(f"{name}-private", bucket=bucket.bucket, opts=below)
        s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=below,
        )
        s3.BucketVersioning(
            f"{name}-versions",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=below,
        )
        self.register_outputs({"name": bucket.bucket})


def engine(count: int, driver: str) -> Engine:
    """A stack of `count` resources on a simulated cloud in the state folder."""

    def program() -> None:
        for number in range(count // GROUP):
            Shelf(f"shelf-{number}")

    folder = home(ROOT)
    cloud = SimulatedAws(folder / "simulated" / "aws.db")
    target = StackTarget("mllab", "many", "aws", {"aws:region": "us-east-1"}, program, ROOT)
    clouds, clock = {cloud.package: cloud}, SimulatedClock(Clock().now())
    if driver == EMBEDDED:
        return EmbeddedEngine(target, clouds, folder, clock)
    own = simulated_home(folder)
    place = SimulatedWorkspace(own, target, clouds, clock)
    return PulumiEngine(target, place, binary.find(folder), own, clock)


def main(verb: str, count: int, driver: str = EMBEDDED) -> None:
    """Raises RuntimeError when not every resource was reached: half a run is not a fast one."""
    if verb == "preview":
        steps = engine(count, driver).preview().steps
    else:
        steps = engine(count, driver).up().steps
        if verb == "again":
            steps = engine(count, driver).up().steps
    if len(steps) < count:
        raise RuntimeError(f"{len(steps)} steps for {count} resources")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
