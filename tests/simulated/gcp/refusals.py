"""How a refusal of Google Cloud is brought about, and the inputs that tests vary."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.simulated.gcp.project import GPU_FAMILY, PROJECT, Project
from tests.simulated.samples import build

Refusals = dict[str, tuple[str, dict[str, Any], str]]
"""Type, inputs, and Google's words. In both `@name` stands for the id of a sample, `#name` for its
name and `#name.id` for its id."""

LINK = f"projects/{PROJECT}"
BOOT = {"initializeParams": {"image": GPU_FAMILY, "size": 60, "type": "pd-balanced"}}
CARD = [{"subnetwork": "@sub", "accessConfigs": [{}]}]
VM = {"machineType": "e2-standard-2", "bootDisk": BOOT, "networkInterfaces": CARD}
GPU_VM = {**VM, "machineType": "g2-standard-4", "scheduling": {"onHostMaintenance": "TERMINATE"}}
SUBNET = {"network": "@net", "ipCidrRange": "10.20.0.0/20"}
FIREWALL = {"network": "@net", "sourceRanges": ["10.0.0.0/8"], "allows": [{"protocol": "tcp"}]}
BUCKET = {"location": "us-central1"}
BUDGET = {
    "billingAccount": "012345-6789AB-CDEF01",
    "amount": {"specifiedAmount": {"units": "100"}},
}
INVALID = "INVALID_ARGUMENT: Request contains an invalid argument."
NETWORK_GONE = f"notFound: The resource '{LINK}/global/networks/gone' was not found"
DISK_FULL = (
    "invalid: Invalid value for field 'resource.disks[0].initializeParams.diskSizeGb': '20'. "
    "Requested disk size cannot be smaller than the image size (50 GB)"
)


def holds(project: Project, refusal: tuple[str, dict[str, Any], str]) -> None:
    """In a project that has all samples the inputs are refused in these words."""
    type_, inputs, words = refusal
    made = build(project)

    def fill(text: str) -> str:
        text = re.sub(r"@(\w+)(?=\")", lambda m: made[m[1]]["id"] if m[1] in made else m[0], text)
        text = re.sub(r"#(\w+)\.id", lambda m: made[m[1]]["id"], text)
        return re.sub(r"#(\w+)", lambda m: made[m[1]]["name"], text)

    filled = json.loads(fill(json.dumps(inputs)))
    assert project.refused(type_, filled, "another") == fill(words)
