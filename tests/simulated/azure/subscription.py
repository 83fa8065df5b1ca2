"""A simulated Azure subscription as the tests use it: inputs in, outputs out, time when told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from mllab.clouds.azure import AZURE
from mllab.simulated.azure import places
from mllab.simulated.azure.cloud import SimulatedAzure
from mllab.simulated.azure.rules import tokens
from mllab.simulated.faults import Faults
from tests.simulated.caller import Caller
from tests.simulated.samples import sample

PLENTY = {code: 1000.0 for code in AZURE.quotas()}
WHOLE = f"/subscriptions/{places.SUBSCRIPTION}"
MISSING = object()
"""Stands for a property that is not given."""
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1cS0xIQ0nobodyhasit0000000000000000000 lab"


def role(name: str) -> str:
    """The id of a built-in role."""
    number = next(id for id, known in places.roles().items() if known == name)
    return f"{WHOLE}/providers/Microsoft.Authorization/roleDefinitions/{number}"


class Subscription(Caller):
    """Calls a simulated Azure as an engine does: check, then create, update, read, delete.

    Args:
        path: of the subscription's file; None for memory.
        quotas: limits; plenty of everything unless given.
    """

    cloud = "azure"
    here: ClassVar = {"key": KEY, "blobs": role("Storage Blob Data Contributor"), "whole": WHOLE}

    def __init__(
        self,
        path: Path | None = None,
        *,
        quotas: Mapping[str, float] | None = PLENTY,
        faults: Faults | None = None,
        location: str = "westeurope",
    ) -> None:
        super().__init__(SimulatedAzure(path, quotas=quotas, faults=faults), {"location": location})

    def group(self, name: str = "lab", **more: Any) -> str:
        """A resource group of that very name."""
        inputs = {"resourceGroupName": name, **more}
        self.create(tokens.GROUP, inputs, name)
        return name


def cluster(size: str = "Standard_NC4as_T4_v3", most: int = 2, **more: Any) -> dict[str, Any]:
    """Inputs of a cluster in the workspace `@ml`."""
    inputs = sample(Subscription, "cluster")
    properties = inputs["properties"]["properties"]
    properties["scaleSettings"]["maxNodeCount"] = most
    properties |= {"vmSize": size, **more}
    return inputs


def instance(name: str, **more: Any) -> dict[str, Any]:
    """Inputs of a compute instance in the workspace `@ml`."""
    inputs = sample(Subscription, "ann") | {"computeName": name}
    inputs["properties"]["properties"] |= more
    return inputs


def put(bag: Any, path: list[str], value: Any) -> None:
    """Set what stands at a path, or take it away."""
    head, *rest = path
    key: Any = int(head) if isinstance(bag, list) else head
    if rest:
        if isinstance(bag, dict):
            bag.setdefault(key, {})
        put(bag[key], rest, value)
    elif value is MISSING:
        del bag[key]
    else:
        bag[key] = value
