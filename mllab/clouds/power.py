"""Which resources are machines that cost money while they run, and whether they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

POWER_UNKNOWN: Final = "power unknown"
"""Neither running nor stopped can be told: the provider reads everything but that."""

_STATES: Final[Mapping[str, str]] = {
    "aws:ec2/instance:Instance": "instanceState",
    "aws:sagemaker/notebookInstance:NotebookInstance": "",
    "azure-native:compute:VirtualMachine": "",
    "azure-native:machinelearningservices:Compute": "properties.properties.state",
    "gcp:compute/instance:Instance": "currentStatus",
    "gcp:workbench/instance:Instance": "state",
}
"""Type -> where its outputs say whether it runs; empty where they never do.

A cluster of Azure ML is of the same type as its notebooks, and has no such output: its nodes come
and go by themselves.
Source: outputs of these resources in pulumi-aws 7, pulumi-azure-native 3, pulumi-gcp 10
"""

_WORDS: Final = {"active": "running", "terminated": "stopped", "suspended": "stopped"}
"""Words of one cloud for what all others call differently."""


def power(type: str, outputs: Mapping[str, Any]) -> str:
    """`running`, `stopped`, ..., POWER_UNKNOWN; empty for what is no machine.

    Args:
        outputs: of the resource, as last read.
    """
    path = _STATES.get(type)
    if path is None:
        return ""
    if not path:
        return POWER_UNKNOWN
    found: Any = outputs
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    told = str(found or "").lower()
    return _WORDS.get(told, told)
