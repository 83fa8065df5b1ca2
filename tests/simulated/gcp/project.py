"""A simulated Google Cloud project as the tests use it: inputs in, outputs out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from mllab.clouds.gcp import GCP
from mllab.simulated.faults import Faults
from mllab.simulated.gcp import places
from mllab.simulated.gcp.cloud import SimulatedGcp
from mllab.simulated.gcp.rules import tokens
from tests.simulated.caller import Caller

PLENTY = {code: 1000.0 for code in GCP.quotas()}
PROJECT = "ml-course-2027"
NUMBER = places.number(PROJECT)
ZONE = "us-central1-a"
GPU_FAMILY = (
    "projects/deeplearning-platform-release/global/images/family/"
    "common-cu129-ubuntu-2404-nvidia-580"
)
AGENT = f"serviceAccount:service-{NUMBER}@compute-system.iam.gserviceaccount.com"
BILLING = {"userProjectOverride": "true", "billingProject": PROJECT}


class Project(Caller):
    """Calls a simulated Google Cloud as an engine does: check, then create, update, read, delete.

    Args:
        path: of the cloud's file; None for memory.
        quotas: limits; plenty of everything unless given.
        enable: all APIs are enabled, for long. by_hand: so is what a person must switch on.
        config: of the provider, over project, region and zone.
    """

    cloud = "gcp"
    here: ClassVar = {"image": GPU_FAMILY, "agent": AGENT, "project": f"projects/{NUMBER}"}

    def __init__(
        self,
        path: Path | None = None,
        *,
        quotas: Mapping[str, float] | None = PLENTY,
        faults: Faults | None = None,
        enable: bool = True,
        by_hand: bool = True,
        config: Mapping[str, str] = {},  # noqa: B006
    ) -> None:
        place = {"project": PROJECT, "region": "us-central1", "zone": ZONE}
        whole = SimulatedGcp(path, quotas=quotas, faults=faults)
        super().__init__(whole, {**place, **BILLING, **config})
        for name in self.whole.by_hand if by_hand else ():
            self.whole.switch_on(name)
        for service in sorted(places.services()) if enable else ():
            self.create(tokens.SERVICE, {"service": service})
        self.later(3600 if enable else 0)

    # ------------------------------------------------------------------------- things to build on

    def network(self, name: str = "net") -> str:
        return self.create(tokens.NETWORK, {"autoCreateSubnetworks": False}, name).id

    def subnet(self, network: str, cidr: str = "10.10.0.0/20", name: str = "sub") -> str:
        return self.create(tokens.SUBNET, {"network": network, "ipCidrRange": cidr}, name).id

    def bucket(self, logical: str = "bucket", /, **more: Any) -> str:
        return self.create(tokens.BUCKET, {"location": "us-central1", **more}, logical).id

    def machine(self, subnet: str, type: str = "e2-standard-2", **more: Any) -> dict[str, Any]:
        """Inputs of an instance."""
        return {
            "machineType": type,
            "bootDisk": {"initializeParams": {"image": GPU_FAMILY, "size": 60, "type": "pd-ssd"}},
            "networkInterfaces": [{"subnetwork": subnet, "accessConfigs": [{}]}],
            **more,
        }

    def instance(self, subnet: str, type: str = "e2-standard-2", **more: Any) -> str:
        return self.create(tokens.INSTANCE, self.machine(subnet, type, **more), "machine").id

    def gpu_machine(self, subnet: str, type: str = "g2-standard-4", **more: Any) -> dict[str, Any]:
        """Inputs of an instance with a GPU."""
        return self.machine(subnet, type, scheduling={"onHostMaintenance": "TERMINATE"}, **more)
