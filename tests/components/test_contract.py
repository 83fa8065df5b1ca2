"""What holds for every role of every lab: outputs, parents, names, tags, and no secrets."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pulumi
import pytest

from components import contracts
from components.environment import ROLES, Environment
from components.tags import named, tags
from mllab import program
from mllab.settings import files
from tests.components.labs import (
    ROOT,
    STACKS,
    answers,
    asked,
    cloud,
    committed,
    managed,
    variant,
    walk,
)
from tests.components.render import SECRET, STACK, UNKNOWN, Rendered, render

every_stack = pytest.mark.parametrize("stack", STACKS)
LABS = {stack: functools.partial(committed, stack) for stack in STACKS} | {"managed": managed}
every_lab = pytest.mark.parametrize("lab", LABS.values(), ids=LABS)


KEYWORDS = {"lambda": "lambda_"}
"""Modules that Python has another use for the name of."""


def sdk_class(token: str) -> Any:
    """The SDK's class of a resource type."""
    _, path, name = token.split(":")
    module = path.split("/")[0]
    return getattr(importlib.import_module(f"pulumi_aws.{KEYWORDS.get(module, module)}"), name)


def takes(token: str) -> set[str]:
    return set(inspect.signature(sdk_class(token)._internal_init).parameters)


@every_stack
def test_outputs_are_those_of_the_contract(stack: str) -> None:
    outputs = committed(stack).outputs
    assert outputs.keys() == {*ROLES, "lab"}
    for role, contract in ROLES.items():
        assert outputs[role].keys() == contract.__annotations__.keys(), role


@every_stack
def test_outputs_are_registered_on_each_role(stack: str) -> None:
    rendered = committed(stack)
    for role, contract in ROLES.items():
        token = f"mllab:aws:{contract.__name__}"
        assert rendered.registered[token] == rendered.outputs[role]
    assert rendered.registered["mllab:aws:Environment"] == {r: rendered.outputs[r] for r in ROLES}


def test_lab_output_says_what_and_where() -> None:
    assert committed("aws-course").outputs["lab"] == {
        "name": "aws-course",
        "cloud": "aws",
        "region": "us-east-1",
        "stack": "aws-course",
        "ends": "2027-02-05",
    }
    assert committed("aws-lab").outputs["lab"]["ends"] is None


@every_stack
def test_every_seat_has_all_its_commands(stack: str) -> None:
    seats = committed(stack).outputs["notebook"]["seats"]
    assert seats.keys() == set(asked(stack).seats)
    for seat in seats.values():
        assert seat.keys() == {"id", "connect", "token", "start", "stop"}


def name_of(rendered: Rendered) -> str:
    """Of the lab, from the name of its network."""
    return rendered.one("ec2/vpc:Vpc").name.removesuffix("-network-vpc")


def test_a_managed_notebook_has_the_same_outputs() -> None:
    registered = managed().registered["mllab:aws:ManagedNotebook"]
    machines = committed("aws-course").outputs["notebook"]
    assert registered.keys() == machines.keys()
    assert registered["seats"].keys() == machines["seats"].keys()
    assert registered["seats"]["shared"].keys() == machines["seats"]["shared"].keys()


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
    found = [r.type for r in rendered.resources.values() if not r.custom and r.type != STACK]
    roles = [contract.__name__ for contract in ROLES.values()]
    if lab is LABS["managed"]:
        roles[roles.index("Notebook")] = "ManagedNotebook"
    assert sorted(found) == sorted(f"mllab:aws:{r}" for r in ["Environment", *roles])


@every_lab
def test_everything_taggable_is_tagged(lab: Any) -> None:
    rendered = lab()
    shared = asked(name_of(rendered)).lab
    tagged = 0
    for resource in rendered.custom():
        if "tags" not in takes(resource.type):
            assert "tags" not in resource.inputs
            continue
        role = rendered.ancestors(resource)[0].removeprefix(f"{shared.name}-")
        seat = resource.inputs["tags"].get("seat")
        limits = {key: resource.inputs["tags"].get(key) for key in ("idle-minutes", "max-hours")}
        running = resource.type.endswith((":Instance", ":NotebookInstance"))
        assert all(limits.values()) if running else not any(limits.values())
        common = named(tags(shared, role, seat), resource.name)
        assert resource.inputs["tags"] == common | (limits if running else {})
        assert resource.name == f"{shared.name}-{resource.inputs['tags']['name']}"
        tagged += 1
    assert tagged > 20


def test_the_longest_names_that_settings_allow_become_tags() -> None:
    lab, seat = "a" * 30, "b" * 20
    rendered = variant("aws-tiny", lab={"name": lab}, seats=(seat,))
    assert f"notebook-{seat}-home" in [
        resource.inputs["tags"]["name"] for resource in rendered.of("ebs/volume:Volume")
    ]


@every_stack
def test_a_seats_own_things_carry_its_name(stack: str) -> None:
    rendered = committed(stack)
    for seat in asked(stack).seats:
        own = [r for r in rendered.custom() if r.inputs.get("tags", {}).get("seat") == seat]
        kinds = {r.type for r in own}
        assert kinds == {
            "aws:ec2/instance:Instance",
            "aws:ebs/volume:Volume",
        }
        assert all(f"-notebook-{seat}" in r.name for r in own)


@functools.cache
def deprecated(token: str) -> set[str] | None:
    """Inputs that the SDK calls deprecated; None if the type itself is."""
    found = sdk_class(token)
    if "warnings.warn" in inspect.getsource(found).split("def __init__")[0]:
        return None
    getters = inspect.getmembers(found, lambda member: isinstance(member, property))
    return {name for name, get in getters if "utilities.deprecated(" in inspect.getsource(get.fget)}


@every_lab
def test_no_deprecated_type_or_property_is_used(lab: Any) -> None:
    for resource in lab().custom():
        old = deprecated(resource.type)
        assert old is not None, resource.type
        used = {re.sub(r"[A-Z]", lambda m: "_" + m[0].lower(), key) for key in resource.inputs}
        assert not old & used, resource.name


def test_deprecation_is_seen_where_there_is_some() -> None:
    assert deprecated("aws:s3/bucketV2:BucketV2") is None
    assert "network_interfaces" in (deprecated("aws:ec2/instance:Instance") or set())


@every_lab
def test_nothing_is_secret_so_everything_can_be_reviewed(lab: Any) -> None:
    def visit(value: Any) -> None:
        assert value != SECRET

    for resource in lab().resources.values():
        walk(dict(resource.inputs), visit)
    walk(lab().outputs, visit)


@every_lab
def test_no_resource_leaves_or_takes_over_what_is_not_ours(lab: Any) -> None:
    for resource in lab().custom():
        assert not resource.options.get("retainOnDelete"), resource.name
        assert "import" not in resource.options


@every_stack
def test_plain_pulumi_declares_the_same_as_the_stack_file(stack: str) -> None:
    path = files.find(ROOT, stack)
    said = answers("abc", region=asked(stack).lab.region)
    run = partial(program.run, datetime(2026, 12, 1, tzinfo=UTC))  # whatever day it is
    plain = render(run, said, stack_name=stack, configuration=files.config(path))
    assert plain.resources == committed(stack).resources
    assert plain.outputs == committed(stack).outputs


def test_a_first_preview_knows_all_but_what_aws_makes() -> None:
    rendered = variant(preview=True, said=answers("abc"))
    unknown = {r.name: [k for k, v in r.inputs.items() if v == UNKNOWN] for r in rendered.custom()}
    assert unknown["aws-course-notebook-shared-home"] == []
    assert unknown["aws-course-notebook-shared"] != []
    assert rendered.one("ec2/instance:Instance").inputs["ami"] == "ami-0123456789abcdef0"
    assert {r.name for r in rendered.custom()} == {r.name for r in committed("aws-course").custom()}


def test_options_of_the_caller_stay_with_the_caller() -> None:
    """A component that merges options hands protection and aliases down to its children."""

    def declare() -> None:
        opts = pulumi.ResourceOptions(protect=True, delete_before_replace=True)
        Environment("aws-tiny", asked("aws-tiny"), cloud("aws-tiny"), opts)

    rendered = render(declare, answers(), stack_name="aws-tiny")
    inherited = {r.name for r in rendered.custom() if r.options.get("deleteBeforeReplace")}
    assert inherited == {
        "aws-tiny-notebook-shared",
        "aws-tiny-notebook-shared-home-attachment",
        "aws-tiny-registry-clean-up",
    }


@pytest.mark.parametrize("contract", ROLES.values(), ids=ROLES.keys())
def test_a_forgotten_output_is_an_error(contract: type) -> None:
    with pytest.raises(AttributeError):
        contracts.outputs(object(), contract)
