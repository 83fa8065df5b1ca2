"""Network interfaces and public addresses, as Azure treats them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mllab.protocol.provider import Properties
from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import Resource
from mllab.simulated.azure.rules.networks import RESERVED_ADDRESSES, block, subnet_blocks
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

ADDRESSES = "PublicIPAddresses"


class PublicIPAddress(Resource):
    """Standard and static: the SKU Basic is gone since 2025-09-30."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        if (inputs.get("sku") or {}).get("name", "Basic") == "Basic":
            raise refuse(
                "IPv4BasicSkuPublicIpCountLimitReached (400): Cannot create more than 0 IPv4 Basic "
                "SKU public IP addresses for this subscription in this region.",
                "give sku Standard: Basic was retired on 2025-09-30",
            )
        if inputs.get("publicIPAllocationMethod", "Dynamic") != "Static":
            raise refuse(
                "StandardSkuPublicIPAddressMustBeStatic (400): Standard sku publicIp {name} must "
                "have AllocationMethod set to Static.",
                name=inputs["publicIpAddressName"],
            )
        taken = here.session.total("one", self.token, "", location=inputs["location"])
        limit = here.quota(ADDRESSES)
        if old is None and taken >= limit:
            raise refuse(
                "PublicIPCountLimitReached (400): Cannot create more than {limit:g} public IP "
                "addresses for this subscription in this region.",
                places.ask_for(ADDRESSES, inputs["location"], taken + 1),
                limit=limit,
            )

    def created(self, here: Here, record: Record) -> None:
        super().created(here, record)
        number = 1 + here.draw.number(254)
        location = record.inputs["location"]
        record.hidden |= {"one": 1, "location": location, "address": f"203.0.113.{number}"}

    def outputs(self, here: Here, record: Record) -> Properties:
        cards = here.session.users(record, tokens.INTERFACE)
        used = [
            {"id": f"{card.id}/ipConfigurations/{configuration['name']}"}
            for card in cards
            for configuration in card.inputs["ipConfigurations"]
            if (configuration.get("publicIPAddress") or {}).get("id") == record.id
        ]
        return {
            **super().outputs(here, record),
            "ipAddress": record.hidden["address"],
            "ipConfiguration": used[0] if used else None,
            "sku": {"tier": "Regional", **(record.inputs.get("sku") or {})},
        }


class NetworkInterface(Resource):
    """Sits in a subnet of its own location, with an address that no other one has."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        if not inputs.get("ipConfigurations"):
            yield "ipConfigurations: missing, at least one is required"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        for configuration in inputs["ipConfigurations"]:
            subnet = here.get(tokens.SUBNET, (configuration.get("subnet") or {}).get("id"))
            address = here.get(
                tokens.ADDRESS, (configuration.get("publicIPAddress") or {}).get("id")
            )
            if subnet is None or not configuration.get("name"):
                raise refuse(
                    "InvalidRequestFormat (400): An IP configuration of network interface {name} "
                    "has no {what}.",
                    name=inputs["networkInterfaceName"],
                    what="name" if subnet else "subnet",
                )
            (network,) = here.session.targets(subnet, "virtualNetworkName")
            for other in (network, *([address] if address else [])):
                self._validate_location(inputs, other)
            self._validate_address(here, address, old)

    def _validate_location(self, inputs: Properties, other: Record) -> None:
        if other.inputs["location"] != inputs["location"]:
            raise refuse(
                "InvalidResourceReference (400): Resource {id} referenced by resource {name} was "
                "not found. Please make sure that the referenced resource exists, and that both "
                "resources are in the same region.",
                id=other.id,
                name=inputs["networkInterfaceName"],
            )

    def _validate_address(self, here: Here, address: Record | None, old: Record | None) -> None:
        for other in here.session.users(address, self.token) if address else []:
            if address and (old is None or other.uid != old.uid):
                raise refuse(
                    "PublicIPAddressInUse (400): Resource {user} is referencing public IP address "
                    "{id} that is already allocated to another resource.",
                    user=other.id,
                    id=address.id,
                )

    def created(self, here: Here, record: Record) -> None:
        super().created(here, record)
        record.hidden["addresses"] = {}
        record.hidden["mac"] = "00-0D-3A-" + "-".join(
            here.draw.text(2, "hex").upper() for _ in range(3)
        )
        self._plug_in(here, record)

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        super().updated(here, record, olds)
        self._plug_in(here, record)

    def _plug_in(self, here: Here, record: Record) -> None:
        """Give every IP configuration an address of its subnet."""
        for configuration in record.inputs["ipConfigurations"]:
            subnet = here.get(tokens.SUBNET, configuration["subnet"]["id"])
            space = block(subnet_blocks(subnet.inputs)[0]) if subnet else None
            key = f"{configuration['name']} {configuration['subnet']['id']}"
            if subnet is None or space is None or key in record.hidden["addresses"]:
                continue
            number = subnet.hidden.get("next", RESERVED_ADDRESSES)
            subnet.hidden["next"] = number + 1
            here.session.save(subnet)
            record.hidden["addresses"][key] = str(space[number % space.num_addresses])

    def outputs(self, here: Here, record: Record) -> Properties:
        via = "networkProfile.networkInterfaces.id"
        machines = here.session.users(record, tokens.MACHINE, via)
        configurations: list[dict[str, Any]] = [
            {
                "primary": len(record.inputs["ipConfigurations"]) == 1,
                "privateIPAllocationMethod": "Dynamic",
                "privateIPAddressVersion": "IPv4",
                **given,
                "id": f"{record.id}/ipConfigurations/{given['name']}",
                "privateIPAddress": record.hidden["addresses"][
                    f"{given['name']} {given['subnet']['id']}"
                ],
                "provisioningState": "Succeeded",
            }
            for given in record.inputs["ipConfigurations"]
        ]
        return {
            **super().outputs(here, record),
            "ipConfigurations": configurations,
            "virtualMachine": {"id": machines[0].id} if machines else None,
            "macAddress": record.hidden["mac"] if machines else "",
            "primary": bool(machines),
        }


KINDS: dict[str, type[Kind]] = {
    tokens.ADDRESS: PublicIPAddress,
    tokens.INTERFACE: NetworkInterface,
}
