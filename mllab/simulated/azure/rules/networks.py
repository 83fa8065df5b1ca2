"""Virtual networks, subnets and Bastion, as Azure treats them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, ip_network
from typing import Any

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated import checks
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import Resource
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

RESERVED_ADDRESSES = 4
"""The first addresses of every subnet, which Azure keeps; it also keeps the last.
Source: https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq"""

SMALLEST_SUBNET = 29
"""Source: the same page."""


def block(text: object) -> IPv4Network | None:
    """An IPv4 block in CIDR notation without host bits, or None."""
    try:
        found = ip_network(str(text))
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def subnet_blocks(inputs: Properties) -> list[str]:
    """The address prefixes of a subnet, however they are given."""
    one = inputs.get("addressPrefix")
    return [*([one] if one else []), *(inputs.get("addressPrefixes") or [])]


class VirtualNetwork(Resource):
    """Has an address space; its subnets are resources of their own here."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        if inputs.get("subnets"):
            yield (
                "subnets: the simulated Azure does not know subnets within the network; they and "
                "subnets of their own undo each other: give network.Subnet"
            )

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        prefixes = (inputs.get("addressSpace") or {}).get("addressPrefixes") or []
        if not prefixes:
            raise refuse(
                "InvalidRequestFormat (400): Virtual network {name} has no address space.",
                name=inputs["virtualNetworkName"],
            )
        for prefix in prefixes:
            if block(prefix) is None:
                raise refuse(
                    "InvalidAddressPrefixFormat (400): Address prefix {prefix} of resource {name} "
                    "is not formatted correctly. It should follow CIDR notation, for example "
                    "10.0.0.0/24.",
                    prefix=prefix,
                    name=inputs["virtualNetworkName"],
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        subnets = here.session.users(record, tokens.SUBNET, "virtualNetworkName")
        return {**super().outputs(here, record), "subnets": [{"id": s.id} for s in subnets]}


class Subnet(Resource):
    """Its block lies within that of the network and touches no other one."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        if not {"addressPrefix", "addressPrefixes"} & inputs.keys():
            yield "addressPrefix: missing, one of addressPrefix, addressPrefixes is required"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        words = {"name": inputs["subnetName"], "vnet": inputs["virtualNetworkName"]}
        network = here.get(tokens.NETWORK, self.id(here, inputs).rpartition("/subnets/")[0])
        around = network.inputs["addressSpace"]["addressPrefixes"] if network else []
        for prefix in subnet_blocks(inputs):
            space = block(prefix)
            if space is None or space.prefixlen > SMALLEST_SUBNET:
                raise refuse(
                    "NetcfgInvalidSubnet (400): Subnet '{name}' is not valid in virtual network "
                    "'{vnet}'.",
                    **words,
                )
            if not any(whole and space.subnet_of(whole) for whole in map(block, around)):
                raise refuse(
                    "NetcfgSubnetRangeOutsideVnet (400): Subnet '{name}' is not valid because its "
                    "IP address range is outside the IP address range of virtual network '{vnet}'.",
                    **words,
                )
            for other in here.session.users(network, self.token) if network else []:
                taken = [block(text) for text in subnet_blocks(other.inputs)]
                mine = old is not None and other.uid == old.uid
                if not mine and any(found and found.overlaps(space) for found in taken):
                    raise refuse(
                        "NetcfgSubnetRangesOverlap (400): Subnet '{name}' is not valid because "
                        "its IP address range overlaps with that of an existing subnet in virtual "
                        "network '{vnet}'.",
                        **words,
                    )

    def outputs(self, here: Here, record: Record) -> Properties:
        cards = here.session.users(record, tokens.INTERFACE, "ipConfigurations.subnet.id")
        return {
            **super().outputs(here, record),
            "ipConfigurations": [
                {"id": configuration["id"]}
                for card in cards
                for configuration in card.outputs.get("ipConfigurations") or []
            ],
        }


class BastionHost(Resource):
    """The SKU Developer: no subnet and no address of its own, one per network."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        sku = (inputs.get("sku") or {}).get("name")
        if sku not in (UNKNOWN, "Developer"):
            yield f"sku.name: the simulated Azure knows Developer alone (got {sku!r})"
        elif not checks.values(inputs, "virtualNetwork.id"):
            yield "virtualNetwork: missing, it is required for the SKU Developer"
        elif inputs.get("ipConfigurations"):
            yield "ipConfigurations: the SKU Developer has none"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        network = here.get(tokens.NETWORK, inputs["virtualNetwork"]["id"])
        hosts: list[Any] = here.session.users(network, self.token) if network else []
        for other in hosts:
            if old is None or other.uid != old.uid:
                raise refuse(
                    "BastionHostAlreadyExistsForVnet (400): Virtual network {vnet} already has "
                    "the Bastion host {other}.",
                    vnet=inputs["virtualNetwork"]["id"],
                    other=other.name,
                )


KINDS: dict[str, type[Kind]] = {
    tokens.NETWORK: VirtualNetwork,
    tokens.SUBNET: Subnet,
    tokens.BASTION: BastionHost,
}
