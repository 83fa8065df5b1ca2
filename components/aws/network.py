"""Network on AWS: public subnets without any way in."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pulumi
from pulumi_aws import ec2, kms, vpc

from components import contracts
from components.aws import baseline
from components.contracts import NetworkArgs, Unsupported, child, publish
from components.tags import named, tags

CIDR = "10.0.0.0/16"
SUBNET_STEP = 8  # third byte between two /21 blocks: 26 zone letters fit into the /16
NFS_PORT = 2049
ANYWHERE = "0.0.0.0/0"


class Network(pulumi.ComponentResource):
    """The lab's own VPC: one public subnet per usable zone, outgoing traffic only.

    Machines get a public address while they run, also in profile `strict`: a NAT gateway costs 33
    USD a month, more than all else that is idle. Nothing can reach them there: their security group
    has no ingress rule, and people connect through Session Manager, which the machine dials itself.

    In profile `strict` the lab has a key of its own, and its traffic is recorded; see `baseline`.

    Args:
        args: `machines`: subnets exist only in zones that offer the type of each. `files`: a
            security group that lets NFS in.
    Outputs:
        id: of the VPC, `vpc-0a1b...`. subnet_ids: one per zone, in the order of the zones' names.
    Raises:
        Unsupported: no zone of the region offers all types; names those that could be had.
    Cost: idle 0 USD; 0.005 USD per machine-hour for the public address. In `strict` 1 USD a month
        and 0.03 USD per 10,000 uses for the key, 0.50 USD per GB of flow logs (us-east-1, Nov
        2026).
    Source: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html,
        https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html,
        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html
    """

    id: pulumi.Output[str]
    subnet_ids: pulumi.Output[list[str]]
    subnets: Mapping[str, ec2.Subnet]
    """By zone, for whoever must be in the same one as something else."""
    types: frozenset[str]
    """Machine types, asked for or fallbacks of these, that one of the zones or more offer."""
    key: kms.Key | None
    """What the lab's data is encrypted with; None where AWS's own keys do it."""
    compute_group: ec2.SecurityGroup
    files_group: ec2.SecurityGroup | None
    """Of a shared file system; None where there is none."""

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
            tags=named(labels, f"{name}-vpc"),
            opts=child(self),
        )
        self.key = None
        if args.lab.strict:
            self.key = baseline.key(
                self, f"{name}-key", args.lab, network.owner_id, labels, protect=args.keep
            )
            baseline.flow_logs(self, f"{name}-flows", args.lab, network, self.key, labels)
        # Whatever names no group falls into this one: adopted, and left without rules.
        ec2.DefaultSecurityGroup(
            f"{name}-default-group",
            vpc_id=network.id,
            tags=named(labels, f"{name}-default-group"),
            opts=child(self),
        )
        gateway = ec2.InternetGateway(
            f"{name}-gateway",
            vpc_id=network.id,
            tags=named(labels, f"{name}-gateway"),
            opts=child(self),
        )
        routes = ec2.RouteTable(
            f"{name}-routes",
            vpc_id=network.id,
            tags=named(labels, f"{name}-routes"),
            opts=child(self),
        )
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
            vpc_endpoint_type="Gateway",  # free; an interface endpoint is billed by the hour
            service_name=f"com.amazonaws.{args.lab.region}.s3",
            route_table_ids=[routes.id],
            tags=named(labels, f"{name}-s3"),
            opts=child(self),
        )
        offered = _offered(self, args)
        subnets = {}
        for zone in _shared_zones(args, offered):
            letter = zone[-1]
            subnets[zone] = ec2.Subnet(
                f"{name}-subnet-{letter}",
                vpc_id=network.id,
                availability_zone=zone,
                cidr_block=_block(letter),
                map_public_ip_on_launch=True,
                tags=named(labels, f"{name}-subnet-{letter}"),
                opts=child(self),
            )
            ec2.RouteTableAssociation(
                f"{name}-routes-{letter}",
                route_table_id=routes.id,
                subnet_id=subnets[zone].id,
                opts=child(self),
            )
        self.compute_group = ec2.SecurityGroup(
            f"{name}-compute",
            vpc_id=network.id,
            description="Notebooks and nodes: nothing comes in",
            revoke_rules_on_delete=True,
            tags=named(labels, f"{name}-compute"),
            opts=child(self),
        )
        # Rules are resources of their own: rules inside a group would undo them.
        vpc.SecurityGroupEgressRule(
            f"{name}-compute-out",
            security_group_id=self.compute_group.id,
            ip_protocol="-1",
            cidr_ipv4=ANYWHERE,
            description="Packages, images, Session Manager and AWS services",
            tags=named(labels, f"{name}-compute-out"),
            opts=child(self),
        )
        self.files_group = (
            _files_group(self, name, network, self.compute_group, labels) if args.files else None
        )
        self.id = network.id
        self.subnet_ids = pulumi.Output.all(*(subnet.id for subnet in subnets.values()))
        self.subnets = subnets
        self.types = frozenset(kind for kind, zones in offered.items() if zones & subnets.keys())
        self._zones_of = {type: offered[type] for type in _asked(args)}
        publish(self, contracts.Network)

    def lacking(self, zone: str) -> list[str]:
        """The machine types of notebooks and jobs that a zone does not offer."""
        return [type for type, zones in self._zones_of.items() if zone not in zones]


def _files_group(
    parent: pulumi.Resource,
    name: str,
    network: ec2.Vpc,
    compute_group: ec2.SecurityGroup,
    labels: Mapping[str, str],
) -> ec2.SecurityGroup:
    """Around a shared file system: NFS from notebooks and nodes comes in."""
    group = ec2.SecurityGroup(
        f"{name}-files",
        vpc_id=network.id,
        description="Shared files: NFS from notebooks and nodes",
        revoke_rules_on_delete=True,
        tags=named(labels, f"{name}-files"),
        opts=child(parent),
    )
    vpc.SecurityGroupIngressRule(
        f"{name}-files-in",
        security_group_id=group.id,
        referenced_security_group_id=compute_group.id,
        ip_protocol="tcp",
        from_port=NFS_PORT,
        to_port=NFS_PORT,
        description="NFS from notebooks and nodes",
        tags=named(labels, f"{name}-files-in"),
        opts=child(parent),
    )
    return group


def _block(letter: str) -> str:
    """The addresses of a zone, by its letter: the same when AWS opens or closes another zone."""
    return f"10.0.{SUBNET_STEP * (ord(letter) - ord('a'))}.0/21"


def _offered(parent: pulumi.Resource, args: NetworkArgs) -> dict[str, set[str]]:
    """Zones that offer each type that was asked for, and each of its fallbacks.

    The look-up is a plain one, because how many subnets there are depends on its answer. Only the
    account itself can give it: the names of zones are shuffled per account.
    """
    asked = {_hosted(machine.type) for machine in args.machines}
    others = {name for machine in args.machines for name in machine.fallbacks}
    offered: dict[str, set[str]] = {name: set() for name in sorted(asked | others)}
    answer = ec2.get_instance_type_offerings(
        location_type="availability-zone",
        filters=[{"name": "instance-type", "values": list(offered)}],
        opts=pulumi.InvokeOptions(parent=parent),
    )
    # Local Zones (us-west-2-lax-1a) are listed with their region, but lack most services.
    zone = re.compile(re.escape(args.lab.region) + "[a-z]")
    for kind, location in zip(answer.instance_types, answer.locations, strict=True):
        if zone.fullmatch(location):
            offered[kind].add(location)
    return offered


def _hosted(name: str) -> str:
    """The EC2 type of a machine of SageMaker, which does not tell which of its zones has which."""
    return name.removeprefix("ml.")


def _asked(args: NetworkArgs) -> list[str]:
    return sorted({_hosted(machine.type) for machine in args.machines})


def _shared_zones(args: NetworkArgs, offered: Mapping[str, set[str]]) -> list[str]:
    """Zones that offer all types that were asked for, sorted."""
    asked = _asked(args)
    if shared := set.intersection(*(offered[name] for name in asked)):
        return sorted(shared)

    def where(name: str) -> str:
        return f"{name} in {', '.join(sorted(offered[name])) or 'no zone'}"

    others = [where(name) for name in offered if name not in asked and offered[name]]
    together = " together" if len(asked) > 1 else ""
    raise Unsupported(
        f"no zone of {args.lab.region} offers {' and '.join(asked)}{together}: "
        f"{'; '.join(map(where, asked))}."
        f" Of the same class it offers {'; '.join(others) or 'none'}."
        " Choose another mllab:notebook.size or mllab:cluster.size, or another aws:region."
    )
