"""Network on Azure: the lab's resource group, and a subnet that is closed but for SSH."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import network, resources

from components import contracts
from components.contracts import NetworkArgs, child, publish
from components.tags import named, tags

CIDR = "10.0.0.0/16"
SUBNET = "10.0.0.0/20"
SSH_PORT = "22"
BASTION = "168.63.129.16"  # where Bastion Developer comes from


class Network(pulumi.ComponentResource):
    """The resource group of the lab, and its own virtual network.

    Machines get a public address of their own, their only way out: a NAT gateway would cost more
    than all else that is idle, and what Azure once lent to machines without one is no more. SSH is
    open for the named addresses; nothing else comes in, also not from one machine to another.

    Whatever a lab has on Azure is in this resource group, and goes with it in one call.

    Args:
        args: see NetworkArgs. Where machines can be had Azure says only when they are asked for.
        ssh_from: blocks of addresses that may come by SSH. None: only Azure Bastion may.
    Outputs:
        id: of the virtual network. subnet_ids: the only one.
    Cost: idle 0 USD (a public address is part of each notebook).
    Source: https://learn.microsoft.com/azure/virtual-network/ip-services/default-outbound-access,
        https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview,
        https://learn.microsoft.com/azure/bastion/quickstart-developer
    """

    id: pulumi.Output[str]
    subnet_ids: pulumi.Output[list[str]]
    group: resources.ResourceGroup
    """Holds everything of the lab."""
    subnet: network.Subnet
    virtual_network: network.VirtualNetwork
    ssh_from: tuple[str, ...]

    def __init__(
        self,
        name: str,
        args: NetworkArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        ssh_from: Sequence[str] = (),
    ) -> None:
        super().__init__("mllab:azure:Network", name, None, opts)
        labels = tags(args.lab, "network")
        self.group = resources.ResourceGroup(
            f"{name}-group", tags=named(labels, f"{name}-group"), opts=child(self)
        )
        closed = network.NetworkSecurityGroup(
            f"{name}-closed",
            resource_group_name=self.group.name,
            security_rules=[_ssh(ssh_from), _nothing_else()],
            tags=named(labels, f"{name}-closed"),
            opts=child(self, deleted_with=self.group),
        )
        self.virtual_network = network.VirtualNetwork(
            f"{name}-vnet",
            resource_group_name=self.group.name,
            address_space={"address_prefixes": [CIDR]},
            tags=named(labels, f"{name}-vnet"),
            opts=child(self, deleted_with=self.group),
        )
        # A resource of its own: subnets inside a network would undo it.
        self.subnet = network.Subnet(
            f"{name}-subnet",
            resource_group_name=self.group.name,
            virtual_network_name=self.virtual_network.name,
            address_prefix=SUBNET,
            default_outbound_access=False,  # stated: it counts only when the subnet is made
            network_security_group={"id": closed.id},
            opts=child(self, deleted_with=self.group),
        )
        self.id = self.virtual_network.id
        self.subnet_ids = pulumi.Output.all(self.subnet.id)
        self.ssh_from = tuple(ssh_from)
        publish(self, contracts.Network)


def _ssh(ssh_from: Sequence[str]) -> network.SecurityRuleArgsDict:
    from_bastion = _rule("ssh-from-bastion", 1000, "Allow", "Tcp", SSH_PORT)
    if not ssh_from:
        return {**from_bastion, "source_address_prefix": BASTION}
    named = _rule("ssh-from-named-addresses", 1000, "Allow", "Tcp", SSH_PORT)
    return {**named, "source_address_prefixes": list(ssh_from)}


def _nothing_else() -> network.SecurityRuleArgsDict:
    """Comes before Azure's own rules, which let the machines of a network reach each other."""
    return {**_rule("nothing-else", 4096, "Deny", "*", "*"), "source_address_prefix": "*"}


def _rule(
    name: str, priority: int, access: str, protocol: str, port: str
) -> network.SecurityRuleArgsDict:
    return {
        "name": name,
        "priority": priority,
        "direction": "Inbound",
        "access": access,
        "protocol": protocol,
        "source_port_range": "*",
        "destination_address_prefix": "*",
        "destination_port_range": port,
    }
