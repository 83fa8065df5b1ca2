"""Each cloud's own part of what surrounds a lab; nothing of a cloud is loaded before it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mllab.simulated.account import SimulatedAccount


@dataclass(frozen=True)
class ByHand:
    """What somebody does by hand in a rehearsal.

    Args:
        opened: type of which a property is changed. path, value: which, and to what.
        removed: types of what is deleted; the first that the lab has.
    """

    opened: str
    path: str
    value: object
    removed: tuple[str, ...]


BY_HAND: Final = {
    "aws": ByHand(
        opened="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        path="blockPublicPolicy",
        value=False,
        # A managed notebook has no alarm, but always a daily stop.
        removed=(
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "aws:scheduler/schedule:Schedule",
        ),
    ),
    "azure": ByHand(
        opened="azure-native:storage:StorageAccount",
        path="allowBlobPublicAccess",
        value=True,
        removed=("azure-native:storage:ManagementPolicy",),
    ),
    "gcp": ByHand(
        opened="gcp:storage/bucket:Bucket",
        path="publicAccessPrevention",
        value="inherited",
        removed=("gcp:storage/bucketIAMMember:BucketIAMMember",),
    ),
}
"""The bucket is opened to the public; and a watch, a clean-up, a permission is deleted."""

PACKAGES: Final = {"aws": "aws", "azure": "azure-native", "gcp": "gcp"}
"""Cloud -> the package of Pulumi that drives it, with which its type tokens begin."""


def of_types(types: Iterable[str]) -> str | None:
    """The cloud in which recorded resources live; None where they do not tell."""
    clouds = {package: cloud for cloud, package in PACKAGES.items()}
    packages = (type.partition(":")[0] for type in types)
    return next((clouds[name] for name in packages if name in clouds), None)


def simulated(cloud: str, folder: Path) -> SimulatedAccount:
    """The simulated account of a cloud that lives in a folder.

    Args:
        cloud: `aws`, `azure`, `gcp`.
    """
    return _SIMULATED[cloud](folder / f"{cloud}.db")


def _aws(path: Path) -> SimulatedAccount:
    from mllab.simulated.aws.cloud import SimulatedAws

    return SimulatedAws(path)


def _azure(path: Path) -> SimulatedAccount:
    from mllab.simulated.azure.cloud import SimulatedAzure

    return SimulatedAzure(path)


def _gcp(path: Path) -> SimulatedAccount:
    from mllab.simulated.gcp.cloud import SimulatedGcp

    return SimulatedGcp(path)


_SIMULATED: Final[dict[str, Callable[[Path], SimulatedAccount]]] = {
    "aws": _aws,
    "azure": _azure,
    "gcp": _gcp,
}
