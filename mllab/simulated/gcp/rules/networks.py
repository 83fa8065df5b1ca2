"""Networks, subnets, firewall rules and NAT, as Compute Engine treats them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, ip_network

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import tokens
from mllab.simulated.gcp.rules.resource import Resource, given
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

NETWORKS = "NETWORKS"
LONGEST_PREFIX = 29
"""Smallest subnet. Source: https://cloud.google.com/vpc/docs/subnets#manually_created_subnet_ip_ranges"""

SOURCES = ("sourceRanges", "sourceServiceAccounts", "sourceTags")
BY_TAG, BY_ACCOUNT = (
    ("sourceTags", "targetTags"),
    ("sourceServiceAccounts", "targetServiceAccounts"),
)


def block(text: object) -> IPv4Network | None:
    """An IPv4 range in CIDR notation without host bits, or None."""
    try:
        found = ip_network(str(text))
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


class Network(Resource):
    """It belongs to the whole project; how many there may be is limited."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        exist, limit = here.session.count(self.token), here.quota(NETWORKS)
        if old is None and exist >= limit:
            raise refuse(
                "QUOTA_EXCEEDED: Quota 'NETWORKS' exceeded.  Limit: {limit:.1f} globally.",
                places.ask_for(NETWORKS, here.base["project"], "", exist + 1),
                limit=limit,
            )


class Subnetwork(Resource):
    """Its range touches no other one in the network, and can only grow."""

    conditions = {
        "the new range does not contain the old one (expanding is in place)": lambda olds, news: (
            not _grows(olds.get("ipCidrRange"), news.get("ipCidrRange"))
        )
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        text = given(inputs, "ipCidrRange")
        if text is not None and block(text) is None:
            yield f"ipCidrRange: {text!r} is not a valid IPv4 range in CIDR notation"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        places.zones(here.base["region"])
        space, network = (
            block(inputs.get("ipCidrRange")),
            here.get(tokens.NETWORK, inputs["network"]),
        )
        if space is None:
            raise refuse("required: Required field 'resource.ipCidrRange' not specified")
        if space.prefixlen > LONGEST_PREFIX:
            raise refuse(
                "invalid: Invalid value for field 'resource.ipCidrRange': '{space}'. "
                "IpCidrRange is too small.",
                space=space,
            )
        for other in here.session.users(network, self.token, "network") if network else []:
            taken = block(other.inputs["ipCidrRange"])
            if taken and taken.overlaps(space) and (old is None or other.uid != old.uid):
                raise refuse(
                    "invalid: Invalid IPCidrRange: {space} conflicts with existing subnetwork "
                    "'{name}' in region '{region}'.",
                    space=space,
                    name=other.name,
                    region=other.outputs["region"],
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        space = block(record.inputs["ipCidrRange"])
        gateway = str(space[1]) if space else ""
        return {
            **super().outputs(here, record),
            "ipCidrRange": record.inputs["ipCidrRange"],
            "gatewayAddress": gateway,
        }

    def moved(self, old_outputs: Properties, news: Properties) -> Iterable[str]:
        grown = old_outputs.get("ipCidrRange") != news.get("ipCidrRange")
        return ("gatewayAddress",) if grown else ()


def _grows(old: object, new: object) -> bool:
    before, after = block(old), block(new)
    return before is not None and after is not None and before.subnet_of(after)


class Firewall(Resource):
    """It says from where, and allows or denies."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        if ("allows" in inputs) == ("denies" in inputs):
            yield "allows: one of allows, denies must be given, and not both"
        inward = inputs.get("direction", "INGRESS") == "INGRESS"
        if inward and not any(inputs.get(name) for name in SOURCES):
            yield (
                "sourceRanges: one of source_tags, source_ranges, or source_service_accounts must "
                "be defined"
            )
        if any(map(inputs.get, BY_TAG)) and any(map(inputs.get, BY_ACCOUNT)):
            yield "targetServiceAccounts: tags and service accounts cannot be used together"
        for text in inputs.get("sourceRanges") or []:
            if text is not UNKNOWN and block(text) is None and ":" not in text:
                yield f"sourceRanges: {text!r} is not a valid range in CIDR notation"

    def outputs(self, here: Here, record: Record) -> Properties:
        return {
            **super().outputs(here, record),
            "destinationRanges": record.inputs.get("destinationRanges", []),
        }


class RouterNat(Resource):
    """Takes addresses by itself or from a list, never both."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        if inputs.get("natIpAllocateOption") == "AUTO_ONLY" and inputs.get("natIps"):
            yield "natIps: only with natIpAllocateOption MANUAL_ONLY"
        listed = inputs["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
        if listed != bool(inputs.get("subnetworks")):
            yield "subnetworks: with LIST_OF_SUBNETWORKS, and only then"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        if inputs.get("enableDynamicPortAllocation") and inputs.get(
            "enableEndpointIndependentMapping"
        ):
            raise refuse(
                "invalid: Invalid value for field 'resource.nats[0].enableDynamicPortAllocation': "
                "'true'. Dynamic port allocation and endpoint-independent mapping cannot be "
                "enabled together."
            )


KINDS: dict[str, type[Kind]] = {
    tokens.NETWORK: Network,
    tokens.SUBNET: Subnetwork,
    tokens.FIREWALL: Firewall,
    tokens.ROUTER: Resource,
    tokens.NAT: RouterNat,
}
