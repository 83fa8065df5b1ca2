"""VPCs, subnets, gateways, routes and endpoints, as EC2 treats them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, ip_network

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.aws import places
from mllab.simulated.aws.rules import tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

RESERVED_ADDRESSES = 4
"""The first addresses of every subnet, which AWS keeps.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"""

PREFIXES = range(16, 29)
"""Lengths of a VPC's or subnet's IPv4 block.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"""

VPCS = "L-F678F1CE"
DEFAULT = 1  # VPC in each region of a new account; docs.aws.amazon.com/vpc: default-vpc.html

NO_DEFAULT_VPC = "VPCIdNotSpecified: No default VPC for this user."
"""The default VPC is not for labs: who forgets to name a VPC is told, as where there is none."""

NO_BLOCK = "MissingParameter: Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."


def block(text: object) -> IPv4Network | None:
    """An IPv4 block in CIDR notation without host bits, or None."""
    try:
        found = ip_network(str(text))
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def block_faults(name: str, inputs: Properties) -> Iterable[str]:
    """The fault of a property that is no IPv4 block; the provider reads blocks itself."""
    value = inputs.get(name)
    if value is not None and value is not UNKNOWN and block(value) is None:
        yield f'{name}: "{value}" is not a valid IPv4 CIDR block'


def default_groups(here: Here, subnet: Record) -> list[str]:
    """Id of the group that came with the subnet's VPC."""
    vpc = here.get(tokens.VPC, subnet.inputs["vpcId"])
    children = here.session.owned(vpc) if vpc else []
    return [child.id for child in children if child.type == tokens.GROUP]


def plug_in(here: Here, owner: Record, subnet: Record, groups: Iterable[str], title: str) -> Record:
    """A network interface in a subnet; it holds subnet and groups until its owner is gone."""
    number = subnet.hidden.get("next", RESERVED_ADDRESSES)
    subnet.hidden["next"] = number + 1
    here.session.save(subnet)
    space = block(subnet.outputs["cidrBlock"])
    address = str(space[number % space.num_addresses]) if space else ""
    id = f"eni-{here.draw.text(17, 'hex')}"
    card = here.child(owner, tokens.INTERFACE, id, title, privateIp=address, subnetId=subnet.id)
    wear(here, card, subnet, groups)
    return card


def wear(here: Here, card: Record, subnet: Record | None, groups: Iterable[str]) -> None:
    """Put a network interface into security groups, and out of all others."""
    if subnet is None:
        (subnet,) = here.session.targets(card, "subnetId")
    worn = [found for key in groups if (found := here.get(tokens.GROUP, key))]
    links = [("subnetId", subnet), *(("securityGroups", group) for group in worn)]
    here.session.link(card, links)


class Vpc(Kind):
    """Comes with a group, a route table and a network ACL."""

    conditions = {
        "not the change dedicated to default": lambda olds, news: (
            (olds.get("instanceTenancy"), news.get("instanceTenancy", "default"))
            != ("dedicated", "default")
        )
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from block_faults("cidrBlock", inputs)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        space = block(inputs.get("cidrBlock"))
        if space is None:
            raise refuse(NO_BLOCK)
        if space.prefixlen not in PREFIXES:
            raise refuse("InvalidVpc.Range: The CIDR '{cidr}' is invalid.", cidr=space)
        exist, limit = here.session.count(self.token, here.region) + DEFAULT, here.quota(VPCS)
        if old is None and exist >= limit:
            raise refuse(
                "VpcLimitExceeded: The maximum number of VPCs has been reached.",
                places.ask_for(VPCS, here.region, exist + 1),
            )

    def created(self, here: Here, record: Record) -> None:
        arn = f"arn:aws:ec2:{here.region}:{here.account}"
        for type_, short, noun, name in (
            (tokens.GROUP, "sg", "security-group", "default"),
            (tokens.ROUTES, "rtb", "route-table", ""),
            (tokens.NETWORK_ACL, "acl", "network-acl", ""),
        ):
            id = f"{short}-{here.draw.text(17, 'hex')}"
            child = here.child(record, type_, id, name, arn=f"{arn}:{noun}/{id}")
            here.session.link(child, [("vpcId", record)])

    def outputs(self, here: Here, record: Record) -> Properties:
        children = {child.type: child.id for child in here.session.owned(record)}
        return {
            "cidrBlock": record.inputs["cidrBlock"],
            "mainRouteTableId": children[tokens.ROUTES],
            "defaultRouteTableId": children[tokens.ROUTES],
            "defaultSecurityGroupId": children[tokens.GROUP],
            "defaultNetworkAclId": children[tokens.NETWORK_ACL],
        }


class InternetGateway(Kind):
    """One per VPC; it stays attached while a public address is in use."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        vpc = here.get(tokens.VPC, inputs.get("vpcId"))
        for other in here.session.users(vpc, self.token) if vpc else []:
            if old is None or other.uid != old.uid:
                raise refuse(
                    "InvalidParameterValue: Network {vpc} already has an internet gateway attached",
                    vpc=other.inputs["vpcId"],
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"vpcId": record.inputs.get("vpcId", "")}

    def before_delete(self, here: Here, record: Record) -> None:
        vpc = here.get(tokens.VPC, record.inputs.get("vpcId"))
        for subnet in here.session.users(vpc, tokens.SUBNET) if vpc else []:
            for instance in here.session.users(subnet, tokens.INSTANCE):
                if instance.hidden["public"] and instance.hidden["state"] == "running":
                    refusal = self.facts.refusals["public IPv4 address in the VPC"]
                    raise refuse(refusal, vpcId=record.inputs["vpcId"])


class Subnet(Kind):
    """Its block lies within that of the VPC and touches no other one."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from block_faults("cidrBlock", inputs)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        self._validate_block(here, inputs, old)
        zone, zones = inputs.get("availabilityZone"), places.zones(here.region)
        if zone is not None and zone not in zones:
            raise refuse(
                "InvalidParameterValue: Value ({zone}) for parameter availabilityZone is invalid. "
                "Subnets can currently only be created in the following availability zones: "
                "{zones}.",
                zone=zone,
                zones=", ".join(zones),
            )

    def _validate_block(self, here: Here, inputs: Properties, old: Record | None) -> None:
        space, vpc = block(inputs.get("cidrBlock")), here.get(tokens.VPC, inputs["vpcId"])
        around = block(vpc.outputs["cidrBlock"]) if vpc else None
        if space is None or vpc is None or around is None:
            raise refuse(NO_BLOCK)
        if not space.subnet_of(around) or space.prefixlen not in PREFIXES:
            raise refuse("InvalidSubnet.Range: The CIDR '{cidr}' is invalid.", cidr=space)
        for other in here.session.users(vpc, self.token):
            taken = block(other.outputs["cidrBlock"])
            if taken and taken.overlaps(space) and (old is None or other.uid != old.uid):
                raise refuse(
                    "InvalidSubnet.Conflict: The CIDR '{cidr}' conflicts with another subnet",
                    cidr=space,
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        zones = places.zones(here.region)
        given = record.inputs.get("availabilityZoneId")
        named = next((zone for zone, number in zones.items() if number == given), min(zones))
        zone = record.inputs.get("availabilityZone", named)
        return {
            "cidrBlock": record.inputs["cidrBlock"],
            "availabilityZone": zone,
            "availabilityZoneId": zones[zone],
        }


class Route(Kind):
    """One per destination in a table; its target must be in the same VPC."""

    TARGETS = (
        "gatewayId",
        "natGatewayId",
        "networkInterfaceId",
        "transitGatewayId",
        "vpcEndpointId",
        "vpcPeeringConnectionId",
    )

    def faults(self, inputs: Properties) -> Iterable[str]:
        if not any(name in inputs for name in self.TARGETS):
            yield f"{self.TARGETS[0]}: missing, one of {', '.join(self.TARGETS)} is required"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        table = here.get(tokens.ROUTES, inputs["routeTableId"])
        destination = inputs.get("destinationCidrBlock")
        for other in here.session.users(table, self.token, "routeTableId") if table else []:
            same = other.inputs.get("destinationCidrBlock") == destination
            if same and (old is None or other.uid != old.uid):
                raise refuse(
                    "RouteAlreadyExists: The route identified by {cidr} already exists.",
                    cidr=destination,
                )
        gateway = here.get(tokens.GATEWAY, inputs.get("gatewayId"))
        networks = {
            network.id
            for thing in (table, gateway)
            if thing
            for network in here.session.targets(thing, "vpcId")
        }
        if table and gateway and len(networks) > 1:
            raise refuse(
                "InvalidParameterValue: route table {table} and network gateway {gateway} belong "
                "to different networks",
                table=table.id,
                gateway=gateway.id,
            )


class RouteTableAssociation(Kind):
    """One per subnet."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        subnet = here.get(tokens.SUBNET, inputs.get("subnetId"))
        for other in here.session.users(subnet, self.token, "subnetId") if subnet else []:
            if old is None or other.uid != old.uid:
                raise refuse(
                    "Resource.AlreadyAssociated: the specified association for route table "
                    "{table} conflicts with an existing association",
                    table=inputs["routeTableId"],
                )


class VpcEndpoint(Kind):
    """A gateway endpoint serves S3 or DynamoDB, once per route table."""

    conditions = {
        "vpcEndpointType is not Interface": lambda olds, news: (
            news.get("vpcEndpointType", "Gateway") != "Interface"
        )
    }
    BY_GATEWAY = ("s3", "dynamodb")
    FULL_ACCESS = (
        '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],'
        '"Version":"2008-10-17"}'
    )

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        service = str(inputs.get("serviceName"))
        prefix, _, name = service.rpartition(".")
        gateway = inputs.get("vpcEndpointType", "Gateway") == "Gateway"
        if prefix != f"com.amazonaws.{here.region}" or (gateway and name not in self.BY_GATEWAY):
            raise refuse(
                "InvalidServiceName: The Vpc Endpoint Service '{service}' does not exist",
                service=service,
            )
        for key in inputs.get("routeTableIds") or []:
            table = here.get(tokens.ROUTES, key)
            for other in here.session.users(table, self.token) if table else []:
                same = other.inputs.get("serviceName") == service
                if same and (old is None or other.uid != old.uid):
                    raise refuse(
                        "RouteAlreadyExists: route table {table} already has a route with "
                        "destination-prefix-list-id {prefix}",
                        table=key,
                        prefix=other.outputs["prefixListId"],
                    )

    def outputs(self, here: Here, record: Record) -> Properties:
        gateway = record.inputs.get("vpcEndpointType", "Gateway") == "Gateway"
        service = record.inputs["serviceName"]
        return {
            "prefixListId": places.stable("pl-", 8, service) if gateway else "",
            "policy": record.inputs.get("policy", self.FULL_ACCESS),
        }


KINDS: dict[str, type[Kind]] = {
    tokens.VPC: Vpc,
    tokens.GATEWAY: InternetGateway,
    tokens.SUBNET: Subnet,
    tokens.ROUTE: Route,
    tokens.ROUTES_OF_SUBNET: RouteTableAssociation,
    tokens.ENDPOINT: VpcEndpoint,
}
