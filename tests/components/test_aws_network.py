"""The network lets nothing in, costs nothing idle, and is where the machines can be had."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from components.catalog import machine
from mllab.engines.contract import Resource
from tests.components.labs import OFFERINGS, STACKS, answers, committed, refusal, variant
from tests.components.render import Rendered

every_stack = pytest.mark.parametrize("stack", STACKS)


def groups(rendered: Rendered) -> list[Resource]:
    found = rendered.of("ec2/securityGroup:SecurityGroup")
    return found + rendered.of("ec2/defaultSecurityGroup:DefaultSecurityGroup")


def test_without_files_nothing_comes_in_at_all() -> None:
    rendered = committed("aws-tiny")
    assert not rendered.of("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    found = groups(rendered)
    assert [g.name for g in found] == ["aws-tiny-network-compute", "aws-tiny-network-default-group"]
    assert not [g.name for g in found if {"ingress", "egress"} & g.inputs.keys()]


@pytest.mark.parametrize("stack", [each for each in STACKS if each != "aws-tiny"])
def test_nothing_comes_in_but_nfs_from_our_own_machines(stack: str) -> None:
    rendered = committed(stack)
    compute = rendered.one("ec2/securityGroup:SecurityGroup", f"{stack}-network-compute")
    shared = rendered.one("ec2/securityGroup:SecurityGroup", f"{stack}-network-files")
    (rule,) = rendered.of("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {k: v for k, v in rule.inputs.items() if k != "tags"} == {
        "securityGroupId": f"{shared.name}-id",
        "referencedSecurityGroupId": f"{compute.name}-id",
        "ipProtocol": "tcp",
        "fromPort": 2049,
        "toPort": 2049,
        "description": "NFS from notebooks and nodes",
    }
    found = groups(rendered)
    assert len(found) == 3
    assert not [g.name for g in found if {"ingress", "egress"} & g.inputs.keys()]


@every_stack
def test_only_machines_go_out(stack: str) -> None:
    (rule,) = committed(stack).of("vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert rule.inputs["securityGroupId"] == f"{stack}-network-compute-id"
    assert rule.inputs["ipProtocol"] == "-1"
    assert rule.inputs["cidrIpv4"] == "0.0.0.0/0"
    assert "fromPort" not in rule.inputs


@every_stack
def test_groups_and_rules_say_what_they_are_for(stack: str) -> None:
    rendered = committed(stack)
    for kind in (
        "ec2/securityGroup:SecurityGroup",
        "vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    ):
        assert all(len(each.inputs["description"]) > 10 for each in rendered.of(kind))


@every_stack
def test_nothing_that_costs_while_idle(stack: str) -> None:
    kinds = {resource.type for resource in committed(stack).custom()}
    for word in ("natGateway", "eip", "lb/", "alb/", "transitGateway", "vpnGateway", "eks/"):
        assert not [kind for kind in kinds if f"/{word}" in kind or f":{word}" in kind], word
    (endpoint,) = committed(stack).of("ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint.inputs["vpcEndpointType"] == "Gateway"


@every_stack
def test_nobody_has_a_key_to_log_in_with(stack: str) -> None:
    rendered = committed(stack)
    assert not rendered.of("ec2/keyPair:KeyPair")
    for resource in rendered.custom():
        assert not {"keyName", "ec2KeyPair"} & resource.inputs.keys()
        assert "ec2KeyPair" not in resource.inputs.get("computeResources", {})


def test_objects_reach_the_bucket_inside_aws() -> None:
    rendered = committed("aws-lab")
    (endpoint,) = rendered.of("ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint.inputs["serviceName"] == "com.amazonaws.eu-central-1.s3"
    assert endpoint.inputs["routeTableIds"] == ["aws-lab-network-routes-id"]


def test_one_subnet_with_its_route_in_each_zone() -> None:
    rendered = committed("aws-course")
    subnets = rendered.of("ec2/subnet:Subnet")
    routed = rendered.of("ec2/routeTableAssociation:RouteTableAssociation")
    assert [s.inputs["availabilityZone"] for s in subnets] == [f"us-east-1{z}" for z in "abc"]
    assert [r.inputs["subnetId"] for r in routed] == [f"{s.name}-id" for s in subnets]
    assert {r.inputs["routeTableId"] for r in routed} == {"aws-course-network-routes-id"}
    route = rendered.one("ec2/route:Route")
    assert route.inputs["gatewayId"] == "aws-course-network-gateway-id"
    assert rendered.outputs["network"]["subnet_ids"] == [f"{s.name}-id" for s in subnets]
    assert all(s.inputs["mapPublicIpOnLaunch"] for s in subnets)


def test_subnets_only_where_all_types_are_offered() -> None:
    said = answers({"g4dn.xlarge": "abcd", "g6.xlarge": "cdf"})
    rendered = variant(
        said=said, notebook=machine("aws", "g4dn.xlarge"), cluster=machine("aws", "g6.xlarge")
    )
    zones = [s.inputs["availabilityZone"] for s in rendered.of("ec2/subnet:Subnet")]
    assert zones == ["us-east-1c", "us-east-1d"]


def test_a_new_zone_leaves_the_others_as_they_are() -> None:
    before = variant(said=answers("bd")).of("ec2/subnet:Subnet")
    after = {s.name: s.inputs for s in variant(said=answers("abcdf")).of("ec2/subnet:Subnet")}
    assert [after[s.name] for s in before] == [s.inputs for s in before]


def test_zones_do_not_overlap_and_fit_into_the_network() -> None:
    rendered = variant(said=answers("abcdefghijklmnopqrstuvwxyz"))
    whole = ip_network(rendered.one("ec2/vpc:Vpc").inputs["cidrBlock"])
    blocks = [ip_network(s.inputs["cidrBlock"]) for s in rendered.of("ec2/subnet:Subnet")]
    assert len(blocks) == 26
    assert all(block.subnet_of(whole) for block in blocks)
    assert not [1 for a in blocks for b in blocks if a is not b and a.overlaps(b)]


def test_refuses_a_region_without_the_type_and_names_what_it_has() -> None:
    said = answers({"g6.xlarge": "a", "g5.xlarge": "ab"})
    assert refusal(variant, said=said) == (
        "no zone of us-east-1 offers g4dn.xlarge: g4dn.xlarge in no zone."
        " Of the same class it offers g5.xlarge in us-east-1a, us-east-1b; g6.xlarge in us-east-1a."
        " Choose another mllab:notebook.size or mllab:cluster.size, or another aws:region."
    )


def test_refuses_types_that_no_zone_has_together() -> None:
    said = answers({"g5.xlarge": "a", "p5.4xlarge": "b"})
    notebook, cluster = machine("aws", "g5.xlarge"), machine("aws", "p5.4xlarge")
    assert refusal(variant, said=said, notebook=notebook, cluster=cluster) == (
        "no zone of us-east-1 offers g5.xlarge and p5.4xlarge together:"
        " g5.xlarge in us-east-1a; p5.4xlarge in us-east-1b. Of the same class it offers none."
        " Choose another mllab:notebook.size or mllab:cluster.size, or another aws:region."
    )


def test_asks_once_for_all_types() -> None:
    asked = [args for token, args in committed("aws-course").invokes if token == OFFERINGS]
    values = ["g4dn.xlarge", "g5.xlarge", "g6.xlarge"]
    assert asked == [
        {
            "locationType": "availability-zone",
            "filters": [{"name": "instance-type", "values": values}],
        }
    ]
