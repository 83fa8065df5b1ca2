"""What holds for every role of every lab on Google Cloud: outputs, parents, names, labels."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from typing import Any

import pulumi
import pytest

from components.environment import ROLES, Environment
from components.resource_types import HOLDS_DATA
from components.tags import named, tags
from tests.components import labs
from tests.components.gcp.gcp_account import (
    STACKS,
    AgreeableGcp,
    answers,
    asked,
    cloud,
    committed,
    declared,
    managed,
    variant,
)
from tests.components.render import SECRET, STACK, UNKNOWN, Rendered, render

every_lab = pytest.mark.parametrize(
    ("stack", "lab"),
    [*((stack, committed) for stack in STACKS), *((stack, managed) for stack in STACKS[::2])],
    ids=[*STACKS, *(f"{stack} managed" for stack in STACKS[::2])],
)
LABELS = {"labels", "user_labels"}


def own(rendered: Rendered) -> list[Any]:
    """All that is Google's; the provider of the budget is Pulumi's."""
    return [each for each in rendered.custom() if each.type.startswith("gcp:")]


def sdk_class(token: str) -> Any:
    """The SDK's class of a resource type."""
    _, path, name = token.split(":")
    return getattr(importlib.import_module(f"pulumi_gcp.{path.split('/')[0]}"), name)


def takes(token: str) -> set[str]:
    return set(inspect.signature(sdk_class(token)._internal_init).parameters)


@pytest.mark.parametrize("stack", STACKS)
def test_outputs_have_the_keys_and_formats_of_aws(stack: str) -> None:
    ours, theirs = declared(stack).outputs, labs.committed(stack.replace("gcp", "aws")).outputs
    assert ours.keys() == {*ROLES, "lab"} == theirs.keys()
    for role, contract in ROLES.items():
        assert ours[role].keys() == contract.__annotations__.keys() == theirs[role].keys(), role
        for key, value in ours[role].items():
            assert type(value) is type(theirs[role][key]), (role, key)
    for seat, commands in ours["notebook"]["seats"].items():
        assert commands.keys() == theirs["notebook"]["seats"][seat].keys()
    for mount in ours["storage"]["mounts"]:
        assert mount.keys() == {"kind", "source", "path", "options"}
    assert {"kind", "argv", "stdin", "image", "gpus", "max_seconds"} <= ours["cluster"][
        "submit"
    ].keys()


@every_lab
def test_outputs_are_registered_on_each_role(stack: str, lab: Any) -> None:
    rendered = lab(stack)
    for role, contract in ROLES.items():
        kind = "ManagedNotebook" if lab is managed and role == "notebook" else contract.__name__
        registered = rendered.registered[f"mllab:gcp:{kind}"]
        assert registered.keys() == contract.__annotations__.keys()
        assert rendered.registered["mllab:gcp:Environment"][role] == registered


@every_lab
def test_every_resource_belongs_to_the_role_it_is_named_after(stack: str, lab: Any) -> None:
    rendered = lab(stack)
    for resource in rendered.custom():
        role, whole = rendered.ancestors(resource)
        assert whole == stack
        assert re.fullmatch(rf"{stack}-({'|'.join(ROLES)})", role)
        assert resource.name.startswith(f"{role}-")
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", resource.name)


@every_lab
def test_components_have_the_tokens_of_their_roles(stack: str, lab: Any) -> None:
    found = [r.type for r in lab(stack).resources.values() if not r.custom]
    roles = [contract.__name__ for contract in ROLES.values()]
    if lab is managed:
        roles[roles.index("Notebook")] = "ManagedNotebook"
    assert sorted(found) == sorted([STACK, *(f"mllab:gcp:{r}" for r in ["Environment", *roles])])


@every_lab
def test_everything_that_takes_labels_has_them(stack: str, lab: Any) -> None:
    rendered, whole = lab(stack), asked(stack).lab
    labelled = 0
    for resource in own(rendered):
        taken = LABELS & takes(resource.type)
        if not taken:
            continue
        # What a channel calls its labels is the address it sends to.
        key = "userLabels" if "user_labels" in taken else "labels"
        role = rendered.ancestors(resource)[0].removeprefix(f"{stack}-")
        found = resource.inputs[key]
        assert found == named(tags(whole, role, found.get("seat")), resource.name)
        labelled += 1
    assert labelled >= 5


def test_the_boot_disk_carries_labels_and_is_never_taken_for_something_declared() -> None:
    (machine,) = committed().of("compute/instance:Instance")
    boot = machine.inputs["bootDisk"]["initializeParams"]["labels"]
    assert boot == {k: v for k, v in machine.inputs["labels"].items() if k != "name"}


def test_longest_names_become_names_and_labels_that_google_takes() -> None:
    name, seat = "a" * 30, "s" * 20
    for kind in ("vm", "managed"):
        rendered = variant(lab={"name": name}, seats=(seat,), kind=kind)
        for resource in own(rendered):
            given = resource.inputs.get("name", "")
            if resource.type.startswith(("gcp:compute/", "gcp:workbench/")) and given:
                assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", given) or "-0abc" in given
            # The SDK adds a hyphen and seven letters, and refuses what is longer than 63 then.
            elif "name" in takes(resource.type) and not given:
                assert len(resource.name) + 8 <= (500 if "cloudscheduler" in resource.type else 63)
            if account := resource.inputs.get("accountId"):
                assert re.fullmatch(r"[a-z][-a-z0-9]{4,28}[a-z0-9]", account)
            if repository := resource.inputs.get("repositoryId"):
                assert re.fullmatch(r"[a-z][-a-z0-9]{0,61}[a-z0-9]", repository)
            if role := resource.inputs.get("roleId"):
                assert re.fullmatch(r"[a-zA-Z0-9_.]{3,64}", role)


def test_two_labs_of_one_name_share_a_project() -> None:
    """What is named by us differs where the stacks do."""
    keys = ("name", "accountId", "repositoryId")

    def names(stack: str) -> set[str]:
        found = own(variant(lab={"stack": stack}))
        return {
            r.inputs[k] for r in found for k in keys if k in r.inputs and "-0abc" not in r.inputs[k]
        }

    assert len(names("spring")) >= 6
    assert not names("spring") & names("autumn")


@functools.cache
def deprecated(token: str) -> set[str] | None:
    """Inputs that the SDK calls deprecated; None if the type itself is."""
    found = sdk_class(token)
    if "warnings.warn" in inspect.getsource(found).split("def __init__")[0]:
        return None
    getters = inspect.getmembers(found, lambda member: isinstance(member, property))
    return {name for name, get in getters if "deprecated" in inspect.getsource(get.fget)}


@every_lab
def test_no_deprecated_type_or_property_is_used(stack: str, lab: Any) -> None:
    for resource in own(lab(stack)):
        old = deprecated(resource.type)
        assert old is not None, resource.type
        used = {re.sub(r"[A-Z]", lambda m: "_" + m[0].lower(), key) for key in resource.inputs}
        assert not old & used, resource.name


def test_deprecation_is_seen_where_there_is_some() -> None:
    assert "zone" in (deprecated("gcp:filestore/instance:Instance") or set())


@every_lab
def test_nothing_is_secret_so_everything_can_be_reviewed(stack: str, lab: Any) -> None:
    def visit(value: Any) -> None:
        assert value != SECRET

    for resource in lab(stack).resources.values():
        labs.walk(dict(resource.inputs), visit)
    labs.walk(lab(stack).registered, visit)


@every_lab
def test_nobody_has_a_key(stack: str, lab: Any) -> None:
    """Neither of a service account nor to log in with."""
    for resource in own(lab(stack)):
        assert "serviceaccount/key" not in resource.type
        assert "ssh-keys" not in resource.inputs.get("metadata", {})


@every_lab
def test_no_resource_leaves_or_takes_over_what_is_not_ours(stack: str, lab: Any) -> None:
    for resource in lab(stack).custom():
        assert not resource.options.get("retainOnDelete"), resource.name
        assert "import" not in resource.options
        assert not re.search("iAM(Policy|Binding)|Iam(Policy|Binding)", resource.type), (
            "takes rights from everybody else"
        )


def test_a_first_preview_knows_what_will_be_there_and_what_it_will_be() -> None:
    rendered = variant(preview=True)
    assert {r.name for r in rendered.custom()} == {r.name for r in committed().custom()}
    machine = rendered.one("compute/instance:Instance")
    assert machine.inputs["machineType"] == "n1-standard-4"
    unknown = {r.name: {k for k, v in r.inputs.items() if v == UNKNOWN} for r in rendered.custom()}
    assert unknown["gcp-course-notebook-shared-home"] == set()
    assert unknown["gcp-course-storage-bucket"] == set()


def test_options_of_the_caller_stay_with_the_caller() -> None:
    """A component that merges options hands protection and aliases down to its children."""

    def declare() -> None:
        opts = pulumi.ResourceOptions(protect=True, delete_before_replace=True)
        Environment("gcp-tiny", asked("gcp-tiny"), cloud("gcp-tiny"), opts)

    rendered = render(declare, answers(), stack_name="gcp-tiny", account=AgreeableGcp)
    inherited = {r.name for r in rendered.custom() if r.options.get("deleteBeforeReplace")}
    own = {r.name for r in committed("gcp-tiny").custom() if r.options.get("deleteBeforeReplace")}
    name = "gcp-tiny-notebook-shared"
    assert inherited == own == {name, f"{name}-stopper-access", f"{name}-end"}


@every_lab
def test_what_holds_data_is_known_to_hold_it(stack: str, lab: Any) -> None:
    found = {r.type for r in own(lab(stack)) if r.type in HOLDS_DATA}
    box = "gcp:workbench/instance:Instance" if lab is managed else "gcp:compute/disk:Disk"
    both = {"gcp:storage/bucket:Bucket", "gcp:artifactregistry/repository:Repository", box}
    files = {"gcp:filestore/instance:Instance"} if asked(stack).files else set()
    assert found == both | files


@pytest.mark.parametrize("contract", ROLES.values(), ids=ROLES.keys())
def test_the_protocols_name_what_the_classes_give(contract: type) -> None:
    role = next(role for role, found in ROLES.items() if found is contract)
    made = getattr(cloud(), role)
    found = getattr(made, "func", made)
    assert contract.__annotations__.keys() <= found.__annotations__.keys()
