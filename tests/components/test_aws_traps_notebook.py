"""Traps of AWS and of its provider that others fell into: network and notebook.

What is checked is what we ask for. That AWS behaves as described is taken from the sources in the
components' documentation.
"""

from __future__ import annotations

import json

import pytest

from tests.components.labs import STACKS, after, answers, asked, committed, variant

every_stack = pytest.mark.parametrize("stack", STACKS)
INSTANCE = "ec2/instance:Instance"
ENVIRONMENT = "batch/computeEnvironment:ComputeEnvironment"


def test_trap_local_zones_hide_in_their_region() -> None:
    said = answers("ab", extra=[("g4dn.xlarge", "us-east-1-bos-1a"), ("g4dn.xlarge", "us-west-2a")])
    zones = [s.inputs["availabilityZone"] for s in variant(said=said).of("ec2/subnet:Subnet")]
    assert zones == ["us-east-1a", "us-east-1b"]


@every_stack
def test_trap_inline_rules_undo_rules_that_stand_alone(stack: str) -> None:
    for group in committed(stack).of("ec2/securityGroup:SecurityGroup"):
        assert not {"ingress", "egress"} & group.inputs.keys()
        assert group.inputs["revokeRulesOnDelete"] is True


@every_stack
def test_trap_default_group_lets_everything_through(stack: str) -> None:
    group = committed(stack).one("ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert group.inputs.keys() == {"vpcId", "tags"}, "adopted without rules, it is emptied"


@every_stack
def test_trap_gateway_cannot_go_before_the_public_addresses(stack: str) -> None:
    rendered = committed(stack)
    way_out = [
        rendered.one("ec2/internetGateway:InternetGateway"),
        rendered.one("ec2/route:Route"),
        *rendered.of("ec2/routeTableAssociation:RouteTableAssociation"),
    ]
    assert all(after(machine, *way_out) for machine in rendered.of(INSTANCE))
    assert after(rendered.one(ENVIRONMENT), *way_out)


@every_stack
def test_trap_first_boot_without_a_way_out_installs_nothing(stack: str) -> None:
    rendered = committed(stack)
    rule = rendered.one("vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert all(after(machine, rule) for machine in rendered.of(INSTANCE))


@every_stack
def test_trap_interfaces_outlive_their_owner_in_group_and_subnet(stack: str) -> None:
    rendered = committed(stack)
    subnets = rendered.of("ec2/subnet:Subnet")
    for owner in rendered.of("efs/mountTarget:MountTarget"):
        group = rendered.one("ec2/securityGroup:SecurityGroup", f"{stack}-network-files")
        assert after(owner, group)
        assert [subnet.name for subnet in subnets if after(owner, subnet)]
    group = rendered.one("ec2/securityGroup:SecurityGroup", f"{stack}-network-compute")
    for owner in [*rendered.of(INSTANCE), rendered.one(ENVIRONMENT)]:
        assert after(owner, group, *subnets)


@every_stack
def test_trap_weekly_images_would_replace_the_machine(stack: str) -> None:
    for machine in committed(stack).of(INSTANCE):
        assert "ami" in machine.options["ignoreChanges"]
        assert not machine.inputs["ami"].startswith("resolve:")


@every_stack
def test_trap_a_new_script_would_restart_or_replace_the_machine(stack: str) -> None:
    for machine in committed(stack).of(INSTANCE):
        assert "userDataBase64" in machine.options["ignoreChanges"]
        assert not {"userData", "userDataReplaceOnChange"} & machine.inputs.keys()


@every_stack
def test_trap_asking_for_a_public_address_replaces_a_stopped_machine(stack: str) -> None:
    for machine in committed(stack).of(INSTANCE):
        assert "associatePublicIpAddress" not in machine.inputs


@every_stack
def test_trap_home_would_go_with_the_machine(stack: str) -> None:
    rendered = committed(stack)
    assert len(rendered.of("ebs/volume:Volume")) == len(asked(stack).seats)
    for machine in rendered.of(INSTANCE):
        assert "ebsBlockDevices" not in machine.inputs


@every_stack
def test_trap_a_disk_cannot_hang_on_the_new_machine_while_on_the_old(stack: str) -> None:
    for attachment in committed(stack).of("ec2/volumeAttachment:VolumeAttachment"):
        assert attachment.options["deleteBeforeReplace"] is True


@every_stack
def test_trap_no_capacity_looks_like_a_hang(stack: str) -> None:
    for machine in committed(stack).of(INSTANCE):
        assert machine.options["customTimeouts"] == {
            "create": 600,
            "update": 1200,
            "delete": 1200,
        }


@every_stack
def test_trap_a_persistent_spot_request_outlives_its_machine(stack: str) -> None:
    rendered = committed(stack)
    assert not rendered.of("ec2/spotInstanceRequest:SpotInstanceRequest")
    assert not rendered.of("ec2/fleet:Fleet")
    assert not [m.name for m in rendered.of(INSTANCE) if "instanceMarketOptions" in m.inputs]


@every_stack
def test_trap_a_role_is_not_usable_at_once(stack: str) -> None:
    """The provider retries what IAM has not spread yet; the policy must at least be there."""
    rendered = committed(stack)
    rights = rendered.one("iam/rolePolicy:RolePolicy", f"{stack}-notebook-access")
    assert all(after(machine, rights) for machine in rendered.of(INSTANCE))
    stop = rendered.one("iam/rolePolicy:RolePolicy", f"{stack}-notebook-scheduler-access")
    assert all(after(each, stop) for each in rendered.of("scheduler/schedule:Schedule"))


def test_trap_one_bad_machine_would_keep_all_others_running() -> None:
    for each in variant(seats=("ana", "bo")).of("scheduler/schedule:Schedule"):
        if each.inputs["name"] == "watch":  # it asks EC2 for each machine by itself
            continue
        assert len(json.loads(each.inputs["target"]["input"])["InstanceIds"]) == 1


def test_trap_names_of_schedules_and_roles_end_at_64_characters() -> None:
    name, seat = "a" * 30, "s" * 20
    rendered = variant(lab={"name": name}, seats=(seat,))
    for kind in ("iam/role:Role", "scheduler/scheduleGroup:ScheduleGroup"):
        assert max(len(each.name) for each in rendered.of(kind)) + len("-0abc123") <= 64
    assert all(len(s.inputs["name"]) <= 64 for s in rendered.of("scheduler/schedule:Schedule"))
    assert len(rendered.one("s3/bucket:Bucket").name) + len("-0abc123") <= 63


def test_trap_ubuntu_has_no_package_to_mount_files_with() -> None:
    read = [args["name"] for token, args in variant(files=True).invokes if "getParameter:" in token]
    assert [name for name in read if "amazon-linux-2023" in name] == read != []
