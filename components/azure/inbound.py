"""How a notebook machine on Azure is reached, and how it reaches the world."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import network

from components.azure.network import Network
from components.contracts import child
from components.tags import named


def interface(
    parent: pulumi.Resource, name: str, where: Network, labels: Mapping[str, str]
) -> tuple[network.PublicIPAddress, network.NetworkInterface]:
    """A way out, and for SSH in: an address that stays when the machine is stopped."""
    address = network.PublicIPAddress(
        f"{name}-address",
        resource_group_name=where.group.name,
        sku={"name": "Standard"},  # Azure makes no others any more
        public_ip_allocation_method="Static",
        tags=named(labels, f"{name}-address"),
        opts=child(parent, deleted_with=where.group),
    )
    card = network.NetworkInterface(
        f"{name}-interface",
        resource_group_name=where.group.name,
        ip_configurations=[
            {
                "name": "main",
                "subnet": {"id": where.subnet.id},
                "public_ip_address": {"id": address.id},
            }
        ],
        tags=named(labels, f"{name}-interface"),
        opts=child(parent, deleted_with=where.group),
    )
    return address, card


def bastion(
    parent: pulumi.Resource, name: str, where: Network, labels: Mapping[str, str]
) -> network.BastionHost:
    """A shell in the browser; free, and not to be had in all regions at all times.

    Source: https://learn.microsoft.com/azure/bastion/quickstart-developer
    """
    return network.BastionHost(
        name,
        resource_group_name=where.group.name,
        sku={"name": "Developer"},  # every other is billed by the hour
        virtual_network={"id": where.virtual_network.id},
        tags=named(labels, name),
        opts=child(parent, deleted_with=where.group),
    )
