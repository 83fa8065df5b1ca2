"""Valid inputs for every resource type that the simulated Azure knows, in an order that works."""

from __future__ import annotations

from typing import Any

from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.sample_learning import learning
from tests.simulated.azure.sample_machines import machines
from tests.simulated.azure.sample_stores import IN, TAGS, Sample, stores
from tests.simulated.azure.subscription import Subscription

SSH_ONLY = {
    "name": "ssh",
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefixes": ["203.0.113.0/24"],
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "22",
}


def samples() -> list[Sample]:
    """At least one of every type, with all properties that the components use."""
    return [
        ("lab", tokens.GROUP, {"tags": TAGS}),
        ("guard", tokens.SECURITY_GROUP, {**IN, "securityRules": [SSH_ONLY], "tags": TAGS}),
        ("net", tokens.NETWORK, {**IN, "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}),
        (
            "sub",
            tokens.SUBNET,
            {
                **IN,
                "virtualNetworkName": "@net.name",
                "addressPrefix": "10.0.0.0/21",
                "defaultOutboundAccess": False,
                "networkSecurityGroup": {"id": "@guard.id"},
            },
        ),
        (
            "door",
            tokens.BASTION,
            {**IN, "sku": {"name": "Developer"}, "virtualNetwork": {"id": "@net.id"}},
        ),
        *stores(),
        *machines(),
        *learning(),
    ]


def filled(value: Any, made: dict[str, dict[str, Any]]) -> Any:
    """A sample's inputs with the outputs of earlier ones in place of `@name.property`."""
    if isinstance(value, dict):
        return {key: filled(item, made) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, made) for item in value]
    if isinstance(value, str) and value.startswith("@") and not value.startswith("@{"):
        name, _, output = value[1:].partition(".")
        return made[name][output]
    return value


def build(account: Subscription) -> dict[str, dict[str, Any]]:
    """Create all samples; their outputs with `id`, `token` and `given` inputs, by name."""
    made: dict[str, dict[str, Any]] = {}
    for name, token, inputs in samples():
        given = filled(inputs, made)
        found = account.create(token, given, name)
        made[name] = {**found.outputs, "id": found.id, "token": token, "given": given}
    return made
