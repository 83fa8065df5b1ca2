"""Traps of AWS and of its provider that others fell into, each held shut by a test that names it.

What is checked is what we ask for. That AWS behaves as described is taken from the sources in the
components' documentation.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from mllab.engines.contract import Resource
from tests.components.labs import STACKS, answers, asked, committed, granted, policy, variant
from tests.components.render import Rendered

every_stack = pytest.mark.parametrize("stack", STACKS)
INSTANCE = "ec2/instance:Instance"
ENVIRONMENT = "batch/computeEnvironment:ComputeEnvironment"
JOB = "batch/jobDefinition:JobDefinition"


def nodes(rendered: Rendered) -> dict[str, Any]:
    found = rendered.one(ENVIRONMENT).inputs["computeResources"]
    assert isinstance(found, dict)
    return found


def after(later: Resource, *earlier: Resource) -> bool:
    """True when `later` is made after, and so deleted before, all the others."""
    return {each.urn for each in earlier} <= set(later.dependencies)


# --------------------------------------------------------------------------------------- network


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


# -------------------------------------------------------------------------------------- notebook


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
def test_trap_a_mounted_disk_hangs_while_detaching(stack: str) -> None:
    for attachment in committed(stack).of("ec2/volumeAttachment:VolumeAttachment"):
        assert attachment.inputs["stopInstanceBeforeDetaching"] is True
        assert not {"forceDetach", "skipDestroy"} & attachment.inputs.keys()


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
def test_trap_an_alarm_that_stays_in_alarm_never_stops_again(stack: str) -> None:
    for alarm in committed(stack).of("cloudwatch/metricAlarm:MetricAlarm"):
        assert alarm.inputs["treatMissingData"] == "notBreaching"


@every_stack
def test_trap_a_machine_that_switches_itself_off_would_be_deleted(stack: str) -> None:
    for machine in committed(stack).of(INSTANCE):
        assert machine.inputs["instanceInitiatedShutdownBehavior"] == "stop"


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


# --------------------------------------------------------------------------------------- cluster


@every_stack
def test_trap_replacing_a_compute_environment_fails_under_its_queue(stack: str) -> None:
    """Whatever forces or could force a replacement is left out, and what cannot be added is in."""
    environment = committed(stack).one(ENVIRONMENT).inputs
    assert not {"name", "namePrefix", "serviceRole", "eksConfiguration"} & environment.keys()
    found = nodes(committed(stack))
    assert not {"placementGroup", "spotIamFleetRole", "imageId", "desiredVcpus"} & found.keys()
    assert {"ec2Configurations", "launchTemplate"} <= found.keys()
    assert found["allocationStrategy"] in {
        "BEST_FIT_PROGRESSIVE",
        "SPOT_CAPACITY_OPTIMIZED",
        "SPOT_PRICE_CAPACITY_OPTIMIZED",
    }


@pytest.mark.parametrize(
    ("stack", "image"), [("aws-course", "ECS_AL2023_NVIDIA"), ("aws-tiny", "ECS_AL2023")]
)
def test_trap_the_default_image_is_one_that_batch_accepts_no_more(stack: str, image: str) -> None:
    assert nodes(committed(stack))["ec2Configurations"] == [{"imageType": image}]
    template = committed(stack).one("ec2/launchTemplate:LaunchTemplate")
    assert "imageId" not in template.inputs


@every_stack
def test_trap_the_instance_role_is_a_profile(stack: str) -> None:
    assert nodes(committed(stack))["instanceRole"].endswith(f":{stack}-cluster-node-profile")


@every_stack
def test_trap_an_environment_without_its_roles_rights_never_dies(stack: str) -> None:
    rendered = committed(stack)
    rights = rendered.one("iam/rolePolicyAttachment:RolePolicyAttachment")
    assert after(rendered.one(ENVIRONMENT), rights)


@every_stack
def test_trap_service_linked_roles_belong_to_the_account(stack: str) -> None:
    assert not committed(stack).of("iam/serviceLinkedRole:ServiceLinkedRole")


@every_stack
def test_trap_common_tags_do_not_reach_what_batch_launches(stack: str) -> None:
    rendered = committed(stack)
    labels = rendered.one(ENVIRONMENT).inputs["tags"]
    assert nodes(rendered)["tags"] == labels
    template = rendered.one("ec2/launchTemplate:LaunchTemplate").inputs
    assert template["tagSpecifications"] == [{"resourceType": "volume", "tags": labels}]


@every_stack
def test_trap_a_job_that_wants_all_memory_is_never_placed(stack: str) -> None:
    container = json.loads(committed(stack).one(JOB).inputs["containerProperties"])
    needs = {each["type"]: int(each["value"]) for each in container["resourceRequirements"]}
    assert needs["MEMORY"] < 0.9 * asked(stack).cluster.memory_gib * 1024


@every_stack
def test_trap_a_job_that_cannot_start_blocks_the_queue_for_ever(stack: str) -> None:
    actions = committed(stack).one("batch/jobQueue:JobQueue").inputs["jobStateTimeLimitActions"]
    assert {each["reason"] for each in actions} == {
        "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
        "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
    }
    for each in actions:
        assert (each["state"], each["action"]) == ("RUNNABLE", "CANCEL")
        assert 600 <= each["maxTimeSeconds"] <= 86_400


@every_stack
def test_trap_a_bug_is_no_reason_to_pay_for_the_job_again(stack: str) -> None:
    strategy = committed(stack).one(JOB).inputs["retryStrategy"]
    assert strategy["attempts"] == 3
    assert strategy["evaluateOnExits"] == [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ], "without the second line everything is tried again"


@every_stack
def test_trap_the_default_log_group_never_expires(stack: str) -> None:
    container = json.loads(committed(stack).one(JOB).inputs["containerProperties"])
    group = committed(stack).one("cloudwatch/logGroup:LogGroup")
    named = container["logConfiguration"]["options"]["awslogs-group"]
    assert named == f"{group.name}-0abc123"


# --------------------------------------------------------------------------------------- storage


@every_stack
def test_trap_policy_and_public_access_block_at_once_are_refused(stack: str) -> None:
    rendered = committed(stack)
    block = rendered.one("s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert after(rendered.one("s3/bucketPolicy:BucketPolicy"), block)


@every_stack
def test_trap_a_bucket_takes_its_own_name_with_it(stack: str) -> None:
    """A deleted name is blocked for minutes; and settings inside the bucket are deprecated."""
    bucket = committed(stack).one("s3/bucket:Bucket")
    assert bucket.inputs.keys() == {"forceDestroy", "tags"}


@every_stack
def test_trap_contents_go_only_if_the_state_knew_before(stack: str) -> None:
    """The switches take effect only when an `up` recorded them, so they are always stated."""
    rendered = committed(stack)
    assert isinstance(rendered.one("s3/bucket:Bucket").inputs["forceDestroy"], bool)
    assert rendered.one("ecr/repository:Repository").inputs["forceDelete"] is True


def test_trap_without_a_policy_everybody_who_reaches_the_port_mounts() -> None:
    rendered = committed("aws-course")
    deny, mount = policy(rendered.one("efs/fileSystemPolicy:FileSystemPolicy"))
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert mount["Effect"] == "Allow"
    assert mount["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    point = rendered.one("efs/accessPoint:AccessPoint").name
    assert mount["Condition"] == {
        "StringEquals": {"elasticfilesystem:AccessPointArn": f"arn:aws:test::123456789012:{point}"}
    }


@pytest.mark.parametrize("who", ["notebook-access", "cluster-job-access"])
def test_trap_a_policy_that_forgets_to_mount_locks_everybody_out(who: str) -> None:
    rendered = committed("aws-course")
    needed = {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"}
    system = policy(rendered.one("efs/fileSystemPolicy:FileSystemPolicy"))[1]
    rights = granted(rendered.one("iam/rolePolicy:RolePolicy", f"aws-course-{who}"))
    assert set(system["Action"]) == needed
    assert needed <= rights.keys()
    assert [set(system["Resource"])] == [rights["elasticfilesystem:ClientMount"]]


def test_trap_backups_outlive_the_file_system() -> None:
    policy_ = committed("aws-course").one("efs/backupPolicy:BackupPolicy")
    assert policy_.inputs["backupPolicy"] == {"status": "DISABLED"}


def test_trap_files_are_deleted_without_a_question() -> None:
    assert asked("aws-course").keep
    assert committed("aws-course").one("efs/fileSystem:FileSystem").options["protect"] is True


def test_trap_one_transition_for_each_entry() -> None:
    entries = committed("aws-course").one("efs/fileSystem:FileSystem").inputs["lifecyclePolicies"]
    assert [len(entry) for entry in entries] == [1, 1]


def test_trap_mounting_before_the_target_is_there() -> None:
    rendered = committed("aws-course")
    targets = rendered.of("efs/mountTarget:MountTarget")
    assert len(targets) == len(rendered.of("ec2/subnet:Subnet")), "one for each zone"
    assert all(after(machine, *targets) for machine in rendered.of(INSTANCE))
    assert after(rendered.one(JOB), *targets)


def test_trap_a_job_mounts_only_with_encryption_and_without_a_folder() -> None:
    container = json.loads(committed("aws-course").one(JOB).inputs["containerProperties"])
    (volume,) = container["volumes"]
    assert volume["efsVolumeConfiguration"]["transitEncryption"] == "ENABLED"
    assert "rootDirectory" not in volume["efsVolumeConfiguration"], "the access point has it"


# ------------------------------------------------------------------------------ registry, budget


@every_stack
def test_trap_the_rule_for_any_image_comes_last(stack: str) -> None:
    rules = json.loads(committed(stack).one("ecr/lifecyclePolicy:LifecyclePolicy").inputs["policy"])
    ordered = sorted(rules["rules"], key=lambda rule: rule["rulePriority"])
    assert [rule["selection"]["tagStatus"] for rule in ordered] == ["untagged", "any"]


@every_stack
def test_trap_budgets_cannot_publish_to_a_topic_with_a_key(stack: str) -> None:
    assert "kmsMasterKeyId" not in committed(stack).one("sns/topic:Topic").inputs


@every_stack
def test_trap_an_unconfirmed_subscription_cannot_be_deleted(stack: str) -> None:
    assert not committed(stack).of("sns/topicSubscription:TopicSubscription")


@every_stack
def test_trap_a_tag_filter_reads_nothing_until_the_payer_acts(stack: str) -> None:
    budget = committed(stack).one("budgets/budget:Budget")
    assert "costFilters" not in budget.inputs
    assert not committed(stack).of("costexplorer/costAllocationTag:CostAllocationTag")


@every_stack
def test_trap_credits_hide_what_is_spent(stack: str) -> None:
    budget = committed(stack).one("budgets/budget:Budget").inputs
    assert budget["costTypes"] == {"includeCredit": False, "includeRefund": False}


@every_stack
def test_trap_a_fixed_name_keeps_two_labs_apart(stack: str) -> None:
    """Only schedules are named by us; their group's name is generated."""
    names = ("name", "namePrefix", "bucket", "bucketPrefix", "creationToken")
    for resource in committed(stack).custom():
        if resource.type.startswith("aws:s3/") and resource.type != "aws:s3/bucket:Bucket":
            continue
        given = [key for key in names if key in resource.inputs]
        assert given == (["name"] if resource.type == "aws:scheduler/schedule:Schedule" else [])
