"""What holds for every role on Azure: outputs, parents, names, tags, the group, and no secrets."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from typing import Any

import pytest

from components.environment import ROLES
from components.tags import named, tags
from tests.components.azure.azure_account import (
    GROUP,
    STACKS,
    asked,
    committed,
    declared,
    variant,
)
from tests.components.labs import after, walk
from tests.components.render import SECRET, STACK, UNKNOWN, Rendered

LABS = {stack: functools.partial(committed, stack) for stack in STACKS}
LABS["managed"] = functools.partial(variant, kind="managed", seats=("ana", "bo"))
every_lab = pytest.mark.parametrize("lab", LABS.values(), ids=LABS)
ACROSS = ("Network", "Storage", "Registry", "Cluster", "Budget", "Environment")


def name_of(rendered: Rendered) -> str:
    """Of the lab, from the name of its resource group."""
    return rendered.one("resources:ResourceGroup").name.removesuffix("-network-group")


def takes(token: str) -> set[str]:
    """Arguments of the SDK's class of a resource type."""
    _, module, name = token.split(":")
    found = getattr(importlib.import_module(f"pulumi_azure_native.{module}"), name)
    return set(inspect.signature(found._internal_init).parameters)


def test_outputs_are_those_of_the_contract() -> None:
    outputs = declared().outputs
    assert outputs.keys() == {*ROLES, "lab"}
    for role, contract in ROLES.items():
        assert outputs[role].keys() == contract.__annotations__.keys(), role
    assert outputs["lab"] == {
        "name": "azure-course",
        "cloud": "azure",
        "region": "eastus",
        "stack": "azure-course",
        "ends": "2027-02-05",
    }


def test_a_managed_notebook_has_the_same_outputs() -> None:
    rendered = LABS["managed"]()
    registered = rendered.registered["mllab:azure:ManagedNotebook"]
    machines = declared().outputs["notebook"]
    assert registered.keys() == machines.keys()
    assert registered["seats"].keys() == {"ana", "bo"}
    assert registered["seats"]["bo"].keys() == machines["seats"]["shared"].keys()


@every_lab
def test_every_resource_belongs_to_the_role_it_is_named_after(lab: Any) -> None:
    rendered = lab()
    for resource in rendered.custom():
        role, above = rendered.ancestors(resource)
        assert above == name_of(rendered)
        assert re.fullmatch(rf"{above}-({'|'.join(ROLES)})", role)
        assert resource.name.startswith(f"{role}-")
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", resource.name)


@every_lab
def test_components_have_the_tokens_of_their_roles(lab: Any) -> None:
    rendered = lab()
    notebook = "ManagedNotebook" if lab is LABS["managed"] else "Notebook"
    found = [r.type for r in rendered.resources.values() if not r.custom and r.type != STACK]
    assert sorted(found) == sorted(f"mllab:azure:{name}" for name in (*ACROSS, notebook))


@every_lab
def test_everything_taggable_is_tagged(lab: Any) -> None:
    rendered = lab()
    shared = asked(name_of(rendered)).lab
    untagged = set()
    for resource in rendered.custom():
        if "tags" not in takes(resource.type):
            untagged.add(resource.type.rpartition(":")[2])
            continue
        role = rendered.ancestors(resource)[0].removeprefix(f"{shared.name}-")
        seat = resource.inputs["tags"].get("seat")
        limits = {key: resource.inputs["tags"].get(key) for key in ("idle-minutes", "max-hours")}
        running = resource.type.endswith(":VirtualMachine")
        assert all(limits.values()) if running else not any(limits.values())
        common = named(tags(shared, role, seat), resource.name)
        assert resource.inputs["tags"] == common | (limits if running else {})
    assert untagged <= {
        "BlobContainer",
        "BlobServiceProperties",
        "Budget",
        "Datastore",
        "FileServiceProperties",
        "FileShare",
        "ManagementPolicy",
        "RoleAssignment",
        "Subnet",
        "Table",
    }


@every_lab
def test_a_seats_own_things_carry_its_name(lab: Any) -> None:
    rendered = lab()
    managed = lab is LABS["managed"]
    seats = ("ana", "bo") if managed else asked(name_of(rendered)).seats
    for seat in seats:
        own = [r for r in rendered.custom() if r.inputs.get("tags", {}).get("seat") == seat]
        wanted = {"Compute"} if managed else {"Disk", "PublicIPAddress", "NetworkInterface"}
        assert wanted <= {r.type.rpartition(":")[2] for r in own}
        assert all(f"-notebook-{seat}" in r.name for r in own)
    named = [r.name for r in rendered.custom() if "seat" in r.inputs.get("tags", {})]
    assert all(any(f"-notebook-{seat}" in name for seat in seats) for name in named)


@every_lab
def test_everything_is_in_the_labs_group_and_goes_with_it(lab: Any) -> None:
    """Deleting the group is one call. Not so the budgets, which are about it."""
    rendered = lab()
    group = rendered.one("resources:ResourceGroup")
    budgets = ("consumption:Budget", "resources:ResourceGroup")
    for resource in rendered.custom():
        assert resource is group or after(resource, group), resource.name
        if "resource_group_name" in takes(resource.type) and resource is not group:
            assert resource.inputs["resourceGroupName"] == f"{group.name}-0abc123"
        up = resource
        while resource.type.partition(":")[2] not in budgets and up is not group:
            up = rendered.resources[up.options["deletedWith"]]
    assert not [b.name for b in rendered.of("consumption:Budget") if "deletedWith" in b.options]


@every_lab
def test_nothing_is_secret_so_everything_can_be_reviewed(lab: Any) -> None:
    def visit(value: Any) -> None:
        assert value != SECRET

    rendered = lab()
    for resource in rendered.resources.values():
        walk(dict(resource.inputs), visit)
    walk(dict(rendered.registered), visit)


@every_lab
def test_no_resource_leaves_or_takes_over_what_is_not_ours(lab: Any) -> None:
    for resource in lab().custom():
        assert not resource.options.get("retainOnDelete"), resource.name
        assert "import" not in resource.options


@every_lab
def test_the_only_look_up_is_whose_directory_it_is(lab: Any) -> None:
    assert {token for token, _ in lab().invokes} == {"azure-native:authorization:getClientConfig"}


def test_a_first_preview_knows_all_but_what_azure_makes() -> None:
    rendered = variant(preview=True)
    assert {r.name for r in rendered.custom()} == {r.name for r in committed().custom()}
    box = rendered.one("compute:VirtualMachine").inputs
    assert box["hardwareProfile"] == {"vmSize": "Standard_NC4as_T4_v3"}
    assert box["resourceGroupName"] == UNKNOWN != GROUP
