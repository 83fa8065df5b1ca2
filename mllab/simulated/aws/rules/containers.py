"""What a Batch job runs: the container properties, a JSON text."""

from __future__ import annotations

import json
import re
from typing import Any

KEYS = {
    "command",
    "enableExecuteCommand",
    "environment",
    "ephemeralStorage",
    "executionRoleArn",
    "fargatePlatformConfiguration",
    "image",
    "instanceType",
    "jobRoleArn",
    "linuxParameters",
    "logConfiguration",
    "memory",
    "mountPoints",
    "networkConfiguration",
    "privileged",
    "readonlyRootFilesystem",
    "repositoryCredentials",
    "resourceRequirements",
    "runtimePlatform",
    "secrets",
    "ulimits",
    "user",
    "vcpus",
    "volumes",
}
"""Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html"""

LEAST_MEMORY_MIB = 4
NUMBER = re.compile(r"\d+(\.\d+)?")


def error(container: Any) -> str:
    """What Batch refuses about container properties, or an empty string."""
    if not isinstance(container, dict) or not container.get("image"):
        return "Container properties should contain a nonempty image."
    if unknown := sorted(container.keys() - KEYS):
        return f"Unknown parameter in containerProperties: {', '.join(unknown)}"
    return _needs_error(container) or _volumes_error(container)


def _needs_error(container: dict[str, Any]) -> str:
    listed = container.get("resourceRequirements") or []
    needs = {need.get("type"): need.get("value") for need in listed}
    if wrong := needs.keys() - {"GPU", "MEMORY", "VCPU"}:
        return f"Invalid resource requirement type: {', '.join(sorted(map(str, wrong)))}"
    for kind, old_name, least in (("MEMORY", "memory", LEAST_MEMORY_MIB), ("VCPU", "vcpus", 0)):
        value = str(needs.get(kind, container.get(old_name)))
        if value == "None":
            return f"Container properties should contain a {kind} resource requirement."
        if not NUMBER.fullmatch(value) or float(value) < least or float(value) == 0:
            return f"Invalid value for resource requirement {kind}: {value}"
    return ""


def _volumes_error(container: dict[str, Any]) -> str:
    volumes = container.get("volumes") or []
    names = [volume.get("name") for volume in volumes]
    for point in container.get("mountPoints") or []:
        if point.get("sourceVolume") not in names:
            return f"Mount point refers to the unknown volume {point.get('sourceVolume')}."
    for volume in volumes:
        efs = volume.get("efsVolumeConfiguration") or {}
        if efs.get("authorizationConfig") and efs.get("transitEncryption") != "ENABLED":
            return "Transit encryption must be ENABLED when an EFS volume has authorizationConfig."
    return ""


def same(old: Any, new: Any) -> bool:
    """Whether two properties mean the same: Batch adds empty lists, and sorts what has no order."""
    return bool(_canonical(old) == _canonical(new))


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _canonical(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, [], {})}
    if isinstance(value, list):
        items = [_canonical(item) for item in value]
        named = items and all(isinstance(item, dict) for item in items)
        return sorted(items, key=json.dumps) if named else items
    return value
