"""Network on AWS: public subnets without any way in."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pulumi
from pulumi_aws import ec2, vpc

from components import contracts
from components.contracts import NetworkArgs, child, publish
from components.tags import tags

CIDR = "10.0.0.0/16"
SUBNET_STEP = 8  # third byte between two /21 blocks; 26 zone letters fit into the /16
NFS_PORT = 2049
ANYWHERE = "0.0.0.0/0"


class Network(pulumi.ComponentResource):
    """The lab's own VPC: one public subnet per usable zone, outgoing traffic only.

    Machines get a public address instead of a NAT gateway, which would cost more than all else that is idle. Nothing
    can reach them: the group they are in has no ingress rule; people connect through Session Manager, which the
    machine dials itself.

    Args:
        args: `machines`: subnets exist only in zones that offer all of these types.
    Outputs:
        id: of the VPC, `vpc-0a1b...`. subnet_ids: one per zone, in the order of the zones' names.
    Raises:
        ValueError: no zone of the region offers all machine types; the message names those that could be had.
    Cost: idle 0 USD; a public IPv4 address 0.005 USD per machine-hour while a machine runs (us-east-1, Nov 2026).
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html,
        https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html,
        https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
    """

    id: pulumi.Output[str]
    subnet_ids: pulumi.Output[list[str]]
    subnets: Mapping[str, ec2.Subnet]
    """By zone name, for the roles that put something into a certain zone."""
    compute_group: ec2.SecurityGroup
    files_group: ec2.SecurityGroup

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mllab:aws:Network", name, None, opts)
        labels = tags(args.lab, "network")
        network = ec2.Vpc(
            f"{name}-vpc",
            cidr_block=CIDR,
            enable_dns_support=True,
            enable_dns_hostnames=True,  # mount targets are found by name
            tags=labels,
            opts=child(self),
        )
        # The group that everything falls into which names none: adopted, and left without rules.
        ec2.DefaultSecurityGroup(
            f"{name}-default-group", vpc_id=network.id, tags=labels, opts=child(self)
        )
        gateway = ec2.InternetGateway(
            f"{name}-gateway", vpc_id=network.id, tags=labels, opts=child(self)
        )
        routes = ec2.RouteTable(f"{name}-routes", vpc_id=network.id, tags=labels, opts=child(self))
        ec2.Route(
            f"{name}-route-out",
            route_table_id=routes.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=child(self),
        )
        ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=network.id,
            vpc_endpoint_type="Gateway",  # free, unlike interface endpoints
            service_name=f"com.amazonaws.{args.lab.region}.s3",
            route_table_ids=[routes.id],
            tags=labels,
            opts=child(self),
        )
        subnets = {}
        for zone in _zones(self, args):
            letter = zone[-1]
            subnets[zone] = ec2.Subnet(
                f"{name}-subnet-{letter}",
                vpc_id=network.id,
                availability_zone=zone,
                cidr_block=_block(letter),
                map_public_ip_on_launch=True,
                tags=labels,
                opts=child(self),
            )
            ec2.RouteTableAssociation(
                f"{name}-routes-{letter}",
                route_table_id=routes.id,
                subnet_id=subnets[zone].id,
                opts=child(self),
            )
        compute = _group(
            self, f"{name}-compute", network, "Notebooks and nodes: nothing comes in", labels
        )
        files = _group(
            self, f"{name}-files", network, "Shared files: NFS from notebooks and nodes", labels
        )
        vpc.SecurityGroupEgressRule(
            f"{name}-compute-out",
            security_group_id=compute.id,
            ip_protocol="-1",
            cidr_ipv4=ANYWHERE,
            description="Packages, images, Session Manager and AWS services",
            tags=labels,
            opts=child(self),
        )
        vpc.SecurityGroupIngressRule(
            f"{name}-files-in",
            security_group_id=files.id,
            referenced_security_group_id=compute.id,
            ip_protocol="tcp",
            from_port=NFS_PORT,
            to_port=NFS_PORT,
            description="NFS from notebooks and nodes",
            tags=labels,
            opts=child(self),
        )
        self.id = network.id
        self.subnet_ids = pulumi.Output.all(*(subnet.id for subnet in subnets.values()))
        self.subnets = subnets
        self.compute_group = compute
        self.files_group = files
        publish(self, contracts.Network)


def _group(
    parent: pulumi.Resource,
    name: str,
    network: ec2.Vpc,
    description: str,
    labels: Mapping[str, str],
) -> ec2.SecurityGroup:
    """A group without rules; each rule is a resource of its own, since inline rules would undo those."""
    return ec2.SecurityGroup(
        name,
        vpc_id=network.id,
        description=description,
        revoke_rules_on_delete=True,
        tags=labels,
        opts=child(parent),
    )


def _block(letter: str) -> str:
    """The address range of a zone, by its letter: it stays the same when AWS opens or closes another zone."""
    return f"10.0.{SUBNET_STEP * (ord(letter) - ord('a'))}.0/21"


def _zones(parent: pulumi.Resource, args: NetworkArgs) -> list[str]:
    """Zones that offer every machine type, sorted.

    The look-up is a plain one, because how many subnets there are depends on its answer.
    """
    wanted = sorted({machine.type for machine in args.machines})
    others = sorted({name for machine in args.machines for name in machine.fallbacks} - set(wanted))
    answer = ec2.get_instance_type_offerings(
        location_type="availability-zone",
        filters=[{"name": "instance-type", "values": wanted + others}],
        opts=pulumi.InvokeOptions(parent=parent),
    )
    offered: dict[str, set[str]] = {name: set() for name in wanted + others}
    # Zone names are shuffled per account, so only the account's own answer counts. Local Zones (us-west-2-lax-1a) are
    # listed with their region but lack most services.
    zone = re.compile(re.escape(args.lab.region) + "[a-z]")
    for kind, location in zip(answer.instance_types, answer.locations, strict=True):
        if zone.fullmatch(location):
            offered[kind].add(location)
    shared = set.intersection(*(offered[name] for name in wanted))
    if not shared:
        raise ValueError(_refusal(args.lab.region, wanted, others, offered))
    return sorted(shared)


def _refusal(
    region: str, wanted: list[str], others: list[str], offered: Mapping[str, set[str]]
) -> str:
    def where(name: str) -> str:
        return f"{name} in {', '.join(sorted(offered[name])) or 'no zone'}"

    alternatives = [where(name) for name in others if offered[name]]
    return (
        f"no zone of {region} offers {' and '.join(wanted)} together: {'; '.join(map(where, wanted))}. "
        f"Of the same class are offered there: {'; '.join(alternatives) or 'none'}. "
        "Choose another size for notebook or cluster, or another aws:region."
    )
