"""What holds for every role of every lab on every cloud: outputs, parents, names, no secrets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pulumi
import pytest

from components import contracts
from components.environment import ROLES, Environment
from components.resource_types import HOLDS_DATA
from components.tags import named, tags
from mllab import program
from mllab.clouds.registry import CLOUDS
from mllab.errors import SettingsError
from mllab.settings import files
from tests.components.cloud_labs import ROOT
from tests.components.labs import walk
from tests.components.render import SECRET, STACK, UNKNOWN, Rendered
from tests.components.twins import (
    LABS,
    LIMITED,
    STACKS,
    TAGGED,
    TAGS,
    UNTAGGED,
    deprecated,
    lab,
    labs_of,
    outputs_of,
    own,
    seats_of,
    tags_of,
)

every_cloud = pytest.mark.parametrize("cloud", CLOUDS)
every_stack = pytest.mark.parametrize("stack", STACKS)
every_lab = pytest.mark.parametrize(
    ("stack", "kind"),
    [
        *((stack, "vm") for stack in STACKS),
        *((f"{cloud}-course", "managed") for cloud in CLOUDS),
        ("gcp-tiny", "managed"),
    ],
)
"""Each committed stack, and with two managed notebooks the course of each cloud, on Google Cloud
also the lab without shared files."""

A_SEATS = {
    ("aws", "vm"): {"Instance", "Volume"},
    ("aws", "managed"): {"NotebookInstance"},
    ("azure", "vm"): {"Disk", "PublicIPAddress", "NetworkInterface", "VirtualMachine"},
    ("azure", "managed"): {"Compute"},
    ("gcp", "vm"): {"Instance", "Disk"},
    ("gcp", "managed"): {"Instance"},
}
"""Types that each seat has of its own; on Azure also a schedule where there is a daily stop."""
HOLDING = {
    "aws": {
        "vm": "ebs/volume:Volume",
        "managed": "sagemaker/notebookInstance:NotebookInstance",
        "files": "efs/fileSystem:FileSystem",
        "strict": "kms/key:Key",
        "always": {"s3/bucket:Bucket", "ecr/repository:Repository"},
    },
    "azure": {
        "vm": "compute:Disk",
        "files": "storage:FileShare",
        "always": {"storage:StorageAccount", "containerregistry:Registry"},
    },
    "gcp": {
        "vm": "compute/disk:Disk",
        "managed": "workbench/instance:Instance",
        "files": "filestore/instance:Instance",
        "always": {"storage/bucket:Bucket", "artifactregistry/repository:Repository"},
    },
}
"""Types that hold data, and when; Azure keeps the homes of managed notebooks in the share."""


FIRST = {
    "aws": {"notebook-shared", "notebook-shared-home-attachment", "registry-clean-up"},
    "azure": {"notebook-shared", "cluster-nodes"},
    "gcp": {"notebook-shared", "notebook-shared-stopper-access", "notebook-shared-end"},
}
"""What is deleted before it is replaced."""


@every_lab
def test_outputs_are_those_of_the_contract_and_registered_on_each_role(
    stack: str, kind: str
) -> None:
    rendered, cloud = lab(stack, kind), stack.partition("-")[0]
    outputs = outputs_of(rendered)
    for role, contract in ROLES.items():
        name = "ManagedNotebook" if (kind, role) == ("managed", "notebook") else contract.__name__
        assert outputs[role].keys() == contract.__annotations__.keys(), role
        assert rendered.registered[f"mllab:{cloud}:{name}"] == outputs[role]
    assert outputs.keys() == ROLES.keys()
    if kind == "vm":
        assert {**rendered.outputs} == {**outputs, "lab": rendered.outputs["lab"]}


@every_stack
def test_lab_output_says_what_and_where(stack: str) -> None:
    asked, cloud = labs_of(stack).loaded(stack), stack.partition("-")[0]
    zone = {"zone": asked.zone or ""} if "zone" in CLOUDS[cloud].config_keys else {}
    assert lab(stack).outputs["lab"] | {"unattended": None} == zone | {
        "name": stack,
        "cloud": cloud,
        "region": asked.region,
        "stack": stack,
        "ends": asked.lab.ends.isoformat() if asked.lab.ends else None, "unattended": None,
    }  # fmt: skip


@every_lab
def test_every_seat_has_all_its_commands(stack: str, kind: str) -> None:
    seats = outputs_of(lab(stack, kind))["notebook"]["seats"]
    assert seats.keys() == seats_of(stack, kind)
    for seat in seats.values():
        assert seat.keys() == {"id", "connect", "token", "start", "stop"}


@every_lab
def test_every_resource_belongs_to_the_role_it_is_named_after(stack: str, kind: str) -> None:
    rendered = lab(stack, kind)
    for resource in rendered.custom():
        role, above = rendered.ancestors(resource)
        assert above == stack
        assert re.fullmatch(rf"{above}-({'|'.join(ROLES)})", role)
        assert resource.name.startswith(f"{role}-")
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", resource.name)


@every_lab
def test_components_have_the_tokens_of_their_roles(stack: str, kind: str) -> None:
    found = [r.type for r in lab(stack, kind).resources.values() if not r.custom]
    roles = [contract.__name__ for contract in ROLES.values()]
    if kind == "managed":
        roles[roles.index("Notebook")] = "ManagedNotebook"
    tokens = [f"mllab:{stack.partition('-')[0]}:{name}" for name in ["Environment", *roles]]
    assert sorted(found) == sorted([STACK, *tokens])


@every_lab
def test_everything_taggable_is_tagged(stack: str, kind: str) -> None:
    rendered, shared = lab(stack, kind), labs_of(stack).asked(stack).lab
    cloud, tagged, untagged = stack.partition("-")[0], 0, set()
    for resource in own(rendered):
        found = tags_of(resource)
        if found is None:
            assert not {*TAGS.values()} & resource.inputs.keys()
            untagged.add(resource.type.rpartition(":")[2])
            continue
        role = rendered.ancestors(resource)[0].removeprefix(f"{stack}-")
        limits = {key: found.pop(key, None) for key in ("idle-minutes", "max-hours")}
        running = resource.type.endswith(LIMITED[cloud])
        assert all(limits.values()) if running else not any(limits.values())
        assert found == named(tags(shared, role, found.get("seat")), resource.name)
        assert resource.name == f"{stack}-{found['name']}"
        tagged += 1
    assert tagged >= TAGGED[cloud]
    assert untagged <= UNTAGGED.get(cloud, untagged)


@every_cloud
def test_the_longest_names_that_settings_allow_become_tags(cloud: str) -> None:
    name, seat = "a" * 30, "b" * 20
    rendered = LABS[cloud].variant(f"{cloud}-tiny", lab={"name": name}, seats=(seat,))
    homes = [tags_of(home) for home in rendered.of(HOLDING[cloud]["vm"])]
    assert f"notebook-{seat}-home" in [each["name"] for each in homes if each]


@every_lab
def test_a_seats_own_things_carry_its_name(stack: str, kind: str) -> None:
    rendered, seats, cloud = lab(stack, kind), seats_of(stack, kind), stack.partition("-")[0]
    daily = cloud == "azure" and kind == "vm" and labs_of(stack).asked(stack).stop_at
    found = [(each, (tags_of(each) or {}).get("seat")) for each in own(rendered)]
    assert {seat for _, seat in found} == {*seats, None}
    for seat in seats:
        its = [each for each, whose in found if whose == seat]
        kinds = {each.type.rpartition(":")[2] for each in its}
        assert kinds == A_SEATS[cloud, kind] | ({"GlobalSchedule"} if daily else set())
        assert all(f"-notebook-{seat}" in each.name for each in its)


@every_lab
def test_no_deprecated_type_or_property_is_used(stack: str, kind: str) -> None:
    for resource in own(lab(stack, kind)):
        old = deprecated(resource.type)
        assert old is not None, resource.type
        used = {re.sub(r"[A-Z]", lambda m: "_" + m[0].lower(), key) for key in resource.inputs}
        assert not old & used, resource.name


def test_deprecation_is_seen_where_there_is_some() -> None:
    assert deprecated("aws:s3/bucketV2:BucketV2") is None
    assert "network_interfaces" in (deprecated("aws:ec2/instance:Instance") or set())
    assert "zone" in (deprecated("gcp:filestore/instance:Instance") or set())


@every_lab
def test_nothing_is_secret_so_everything_can_be_reviewed(stack: str, kind: str) -> None:
    def visit(value: Any) -> None:
        assert value != SECRET

    rendered = lab(stack, kind)
    for resource in rendered.resources.values():
        walk(dict(resource.inputs), visit)
    walk(rendered.outputs, visit)
    walk(dict(rendered.registered), visit)


@every_lab
def test_no_resource_leaves_or_takes_over_what_is_not_ours(stack: str, kind: str) -> None:
    for resource in lab(stack, kind).custom():
        assert not resource.options.get("retainOnDelete"), resource.name
        assert "import" not in resource.options
        assert not re.search("iAM(Policy|Binding)|Iam(Policy|Binding)", resource.type), (
            "takes rights on Google Cloud from everybody else"
        )


@every_lab
def test_what_holds_data_is_known_to_hold_it(stack: str, kind: str) -> None:
    found = {r.type.partition(":")[2] for r in own(lab(stack, kind)) if r.type in HOLDS_DATA}
    asked, known = labs_of(stack).asked(stack, kind), HOLDING[stack.partition("-")[0]]
    conditions = {kind, "files" if asked.files else "", asked.lab.profile}
    assert found == known["always"] | {known[when] for when in conditions & known.keys()}


@every_stack
def test_plain_pulumi_declares_the_same_as_the_stack_file(stack: str) -> None:
    labs = labs_of(stack)
    run = partial(program.run, datetime(2026, 12, 1, tzinfo=UTC))  # whatever day it is
    config = files.config(files.find(ROOT, stack))
    plain = labs.render(run, labs.loaded(stack), configuration=config)
    assert plain.resources == lab(stack).resources
    assert plain.outputs == lab(stack).outputs
    if labs.loaded(stack).lab.ends:
        over = partial(program.run, datetime(2029, 1, 1, tzinfo=UTC))
        with pytest.raises(SettingsError, match="is past"):
            labs.render(over, labs.loaded(stack), configuration=config)


@every_cloud
def test_a_first_preview_knows_all_but_what_the_cloud_makes(cloud: str) -> None:
    rendered = LABS[cloud].variant(preview=True)
    assert {r.name for r in rendered.custom()} == {r.name for r in LABS[cloud].committed().custom()}
    kind, known = {
        "aws": ("ec2/instance:Instance", {"ami": "ami-0123456789abcdef0"}),
        "azure": (
            "compute:VirtualMachine",
            {"hardwareProfile": {"vmSize": "Standard_NC4as_T4_v3"}, "resourceGroupName": UNKNOWN},
        ),
        "gcp": ("compute/instance:Instance", {"machineType": "n1-standard-4"}),
    }[cloud]
    machine = rendered.one(kind).inputs
    assert known.items() <= machine.items()
    assert str(UNKNOWN) in str(machine)
    home = rendered.one(HOLDING[cloud]["vm"]).inputs.items()
    unknown = {key for key, value in home if value == UNKNOWN}
    assert unknown == ({"resourceGroupName"} if cloud == "azure" else set())
    if cloud == "gcp":
        assert UNKNOWN not in rendered.one("storage/bucket:Bucket").inputs.values()


@every_cloud
def test_options_of_the_caller_stay_with_the_caller(cloud: str) -> None:
    """A component that merges options hands protection and aliases down to its children."""
    labs, stack = LABS[cloud], f"{cloud}-tiny"

    def declare() -> None:
        opts = pulumi.ResourceOptions(protect=True, delete_before_replace=True)
        Environment(stack, labs.asked(stack), labs.cloud(stack), opts)

    def first(rendered: Rendered) -> set[str]:
        return {r.name for r in rendered.custom() if r.options.get("deleteBeforeReplace")}

    inherited = first(labs.render(declare, labs.loaded(stack)))
    assert inherited == first(labs.committed(stack)) == {f"{stack}-{name}" for name in FIRST[cloud]}


@pytest.mark.parametrize("contract", ROLES.values(), ids=ROLES.keys())
def test_a_forgotten_output_is_an_error(contract: type) -> None:
    with pytest.raises(AttributeError):
        contracts.outputs(object(), contract)


@every_cloud
@pytest.mark.parametrize("role", ROLES)
def test_the_protocols_name_what_the_classes_give(cloud: str, role: str) -> None:
    made = getattr(LABS[cloud].cloud(), role)
    found = getattr(made, "func", made)
    assert ROLES[role].__annotations__.keys() <= found.__annotations__.keys()
