"""VPCs and what is in them, as AWS treats them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, ip_network
from typing import Any

from mllab.engines.provider import UNKNOWN, Properties
from mllab.simulated.aws import places
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
ROUTES = "aws:ec2/routeTable:RouteTable"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
INTERFACE = "aws:ec2/networkInterface:NetworkInterface"
NETWORK_ACL = "aws:ec2/networkAcl:NetworkAcl"
RESERVED_ADDRESSES = 4
"""The first addresses of every subnet, which AWS keeps.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"""

NO_DEFAULT_VPC = "VPCIdNotSpecified: No default VPC for this user"


def block(text: object) -> IPv4Network | None:
    """An IPv4 range in CIDR notation with no host bits, or None."""
    try:
        found = ip_network(str(text))
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def _cidr_faults(name: str, inputs: Properties) -> Iterable[str]:
    """The provider parses ranges itself."""
    value = inputs.get(name)
    if value is not None and value is not UNKNOWN and block(value) is None:
        yield f'{name}: "{value}" is not a valid IPv4 CIDR block'


def attach(
    here: Here, owner: Record, subnet: Record, groups: list[str], description: str
) -> Record:
    """A network interface in a subnet; it holds the subnet and the groups until it is gone."""
    address = subnet.hidden.get("next", RESERVED_ADDRESSES)
    subnet.hidden["next"] = address + 1
    here.session.save(subnet)
    network = block(subnet.inputs.get("cidrBlock"))
    number = f"eni-{here.draw.text(17, 'hex')}"
    interface = here.child(
        owner, INTERFACE, number, description,
        privateIp=str(network[address % network.num_addresses]) if network else "",
        description=description, subnetId=subnet.id, securityGroups=groups,
    )  # fmt: skip
    targets = [("subnetId", subnet)]
    targets += [("securityGroups", found) for key in groups if (found := here.get(GROUP, key))]
    here.session.link(interface, targets)
    return interface


class Vpc(Kind):
    conditions = {
        "not the change dedicated to default": lambda olds, news: (
            (olds.get("instanceTenancy"), news.get("instanceTenancy", "default"))
            != ("dedicated", "default")
        )
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from _cidr_faults("cidrBlock", inputs)

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        network = block(inputs.get("cidrBlock"))
        if network is None:
            raise refuse(
                "MissingParameter: Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."
            )
        if not 16 <= network.prefixlen <= 28:
            raise refuse("InvalidVpc.Range: The CIDR '{cidr}' is invalid.", cidr=network)
        if old is None and here.session.count(VPC, here.region) >= here.quota("L-F678F1CE"):
            raise refuse(
                "VpcLimitExceeded: The maximum number of VPCs has been reached.",
                cure=places.ask_for("L-F678F1CE", here.region, here.quota("L-F678F1CE") + 1),
            )

    def created(self, here: Here, record: Record) -> None:
        arn = f"arn:aws:ec2:{here.region}:{here.account}"
        group, table, acl = (here.draw.text(17, "hex") for _ in range(3))
        made = [
            here.child(
                record, GROUP, f"sg-{group}", "default", arn=f"{arn}:security-group/sg-{group}"
            ),
            here.child(record, ROUTES, f"rtb-{table}", arn=f"{arn}:route-table/rtb-{table}"),
            here.child(record, NETWORK_ACL, f"acl-{acl}", arn=f"{arn}:network-acl/acl-{acl}"),
        ]
        for child in made:
            here.session.link(child, [("vpcId", record)])

    def outputs(self, here: Here, record: Record) -> Properties:
        children = {child.type: child.id for child in here.session.owned(record)}
        table = children.get(ROUTES, "")
        return {
            "cidrBlock": record.inputs["cidrBlock"],
            "mainRouteTableId": table,
            "defaultRouteTableId": table,
            "defaultSecurityGroupId": children.get(GROUP, ""),
            "defaultNetworkAclId": children.get(NETWORK_ACL, ""),
        }


class InternetGateway(Kind):
    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        vpc = here.get(VPC, inputs.get("vpcId"))
        if vpc is None:
            return
        for other in here.session.users(vpc, GATEWAY):
            if old is None or other.uid != old.uid:
                raise refuse(
                    "InvalidParameterValue: Network {vpc} already has an internet gateway attached",
                    vpc=vpc.id,
                )

    def leaving(self, here: Here, record: Record) -> None:
        vpc = here.get(VPC, record.inputs.get("vpcId"))
        if vpc and any(
            instance.outputs.get("publicIp")
            for subnet in here.session.users(vpc, SUBNET)
            for instance in here.session.users(subnet, "aws:ec2/instance:Instance")
        ):
            refusal = self.facts.refusals["public IPv4 address in the VPC"]
            raise refuse(refusal, vpcId=vpc.id)

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"vpcId": record.inputs.get("vpcId", "")}


class Subnet(Kind):
    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from _cidr_faults("cidrBlock", inputs)

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        network, vpc = block(inputs.get("cidrBlock")), here.get(VPC, inputs.get("vpcId"))
        if network is None or vpc is None:
            raise refuse(
                "MissingParameter: Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."
            )
        space = block(vpc.inputs["cidrBlock"])
        if space is None or not network.subnet_of(space) or not 16 <= network.prefixlen <= 28:
            raise refuse("InvalidSubnet.Range: The CIDR '{cidr}' is invalid.", cidr=network)
        for other in here.session.users(vpc, SUBNET):
            taken = block(other.inputs.get("cidrBlock"))
            if taken and taken.overlaps(network) and (old is None or other.uid != old.uid):
                raise refuse(
                    "InvalidSubnet.Conflict: The CIDR '{cidr}' conflicts with another subnet",
                    cidr=network,
                )
        zone = inputs.get("availabilityZone")
        zones = places.zones(here.region)
        if zone is not None and zone not in zones:
            raise refuse(
                "InvalidParameterValue: Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently "
                "only be created in the following availability zones: {zones}.",
                zone=zone, zones=", ".join(zones),
            )  # fmt: skip

    def outputs(self, here: Here, record: Record) -> Properties:
        zones = places.zones(here.region)
        wanted = record.inputs.get("availabilityZoneId")
        named = next(
            (name for name, number in zones.items() if number == wanted), next(iter(zones))
        )
        zone = (
            record.inputs.get("availabilityZone") or record.outputs.get("availabilityZone") or named
        )
        return {
            "cidrBlock": record.inputs["cidrBlock"],
            "availabilityZone": zone,
            "availabilityZoneId": zones[zone],
        }


class Route(Kind):
    TARGETS = (
        "gatewayId",
        "natGatewayId",
        "networkInterfaceId",
        "vpcEndpointId",
        "transitGatewayId",
    )

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if not any(inputs.get(target) for target in self.TARGETS):
            raise refuse("MissingParameter: The request must contain exactly one target")
        table = here.get(ROUTES, inputs.get("routeTableId"))
        if table is None or old is not None:
            return
        destination = inputs.get("destinationCidrBlock")
        for other in here.session.users(table, self.token, "routeTableId"):
            if other.inputs.get("destinationCidrBlock") == destination:
                raise refuse(
                    "RouteAlreadyExists: The route identified by {cidr} already exists.",
                    cidr=destination,
                )
        gateway, vpc = here.get(GATEWAY, inputs.get("gatewayId")), table.inputs.get("vpcId")
        if gateway and vpc and gateway.inputs.get("vpcId") != vpc:
            raise refuse(
                "InvalidParameterValue: route table {table} and network gateway {gateway} belong to different networks",
                table=table.id, gateway=gateway.id,
            )  # fmt: skip


class RouteTableAssociation(Kind):
    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        subnet = here.get(SUBNET, inputs.get("subnetId"))
        if subnet is None:
            return
        for other in here.session.users(subnet, self.token, "subnetId"):
            if old is None or other.uid != old.uid:
                raise refuse(
                    "Resource.AlreadyAssociated: the specified association for route table {table} conflicts with an "
                    "existing association",
                    table=inputs["routeTableId"],
                )  # fmt: skip


class VpcEndpoint(Kind):
    conditions = {
        "vpcEndpointType is not Interface": lambda olds, news: (
            news.get("vpcEndpointType", "Gateway") != "Interface"
        )
    }
    GATEWAY_SERVICES = ("s3", "dynamodb")

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        service = str(inputs.get("serviceName"))
        prefix, _, name = service.rpartition(".")
        kind = inputs.get("vpcEndpointType", "Gateway")
        if prefix != f"com.amazonaws.{here.region}" or (
            kind == "Gateway" and name not in self.GATEWAY_SERVICES
        ):
            raise refuse(
                "InvalidServiceName: The Vpc Endpoint Service '{service}' does not exist",
                service=service,
            )
        for key in inputs.get("routeTableIds") or []:
            table = here.get(ROUTES, key)
            for other in here.session.users(table, self.token) if table else []:
                if other.inputs.get("serviceName") == service and (
                    old is None or other.uid != old.uid
                ):
                    raise refuse(
                        "RouteAlreadyExists: route table {table} already has a route with destination-prefix-list-id "
                        "{prefix}",
                        table=key, prefix=other.outputs["prefixListId"],
                    )  # fmt: skip

    def outputs(self, here: Here, record: Record) -> Properties:
        service = str(record.inputs["serviceName"])
        full = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}'
        gateway = record.inputs.get("vpcEndpointType", "Gateway") == "Gateway"
        return {
            "prefixListId": places.stable("pl-", 8, service) if gateway else "",
            "policy": record.inputs.get("policy", full),
        }


class SecurityGroup(Kind):
    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        vpc = here.get(VPC, inputs.get("vpcId"))
        if vpc is None:
            raise refuse(NO_DEFAULT_VPC)
        name = inputs.get("name")
        for other in here.session.users(vpc, GROUP):
            if other.name == name and (old is None or other.uid != old.uid):
                raise refuse(
                    "InvalidGroup.Duplicate: The security group '{name}' already exists for VPC '{vpc}'",
                    name=name, vpc=vpc.id,
                )  # fmt: skip

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"vpcId": record.inputs.get("vpcId", "")}


class DefaultSecurityGroup(Kind):
    """Adopts the group that came with the VPC and removes its rules; deleting it deletes nothing."""

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if here.get(VPC, inputs.get("vpcId")) is None:
            raise refuse(NO_DEFAULT_VPC)

    def number(self, here: Here, inputs: Properties) -> str | None:
        vpc = here.get(VPC, inputs.get("vpcId"))
        groups = here.session.owned(vpc) if vpc else []
        return next((group.id for group in groups if group.type == GROUP), None)

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"vpcId": record.inputs.get("vpcId", "")}


class Rule(Kind):
    """A rule of a security group, in or out."""

    PEERS = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")

    def faults(self, inputs: Properties) -> Iterable[str]:
        given = [peer for peer in self.PEERS if inputs.get(peer) is not None]
        if len(given) != 1:
            yield f"{self.PEERS[0]}: exactly one of {', '.join(self.PEERS)} must be given (got {len(given)})"
        yield from _cidr_faults("cidrIpv4", inputs)
        ports = [inputs.get("fromPort"), inputs.get("toPort")]
        if inputs.get("ipProtocol") == "-1" and any(port is not None for port in ports):
            yield "fromPort: must not be given with ipProtocol -1, which means all ports"
        if inputs.get("ipProtocol") in ("tcp", "udp") and None in ports:
            yield f"fromPort: fromPort and toPort are required with ipProtocol {inputs['ipProtocol']}"

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        group = here.get(GROUP, inputs.get("securityGroupId"))
        for other in here.session.users(group, self.token, "securityGroupId") if group else []:
            if (old is None or other.uid != old.uid) and self._peer(other.inputs) == self._peer(
                inputs
            ):
                raise refuse(
                    "InvalidPermission.Duplicate: the specified rule \"peer: {peer}, {protocol}, ALLOW\" already exists",
                    peer=self._peer(inputs)[0], protocol=inputs["ipProtocol"],
                )  # fmt: skip

    def _peer(self, inputs: Properties) -> tuple[Any, ...]:
        peer = next((inputs[name] for name in self.PEERS if inputs.get(name) is not None), None)
        return peer, inputs.get("ipProtocol"), inputs.get("fromPort"), inputs.get("toPort")


KINDS: dict[str, type[Kind]] = {
    VPC: Vpc,
    GATEWAY: InternetGateway,
    SUBNET: Subnet,
    "aws:ec2/route:Route": Route,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": RouteTableAssociation,
    "aws:ec2/vpcEndpoint:VpcEndpoint": VpcEndpoint,
    GROUP: SecurityGroup,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": DefaultSecurityGroup,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Rule,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Rule,
}
