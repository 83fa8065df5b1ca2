"""What is Azure's own in every lab: one resource group, and hardly a look-up."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from tests.components.azure.azure_account import STACKS, committed, variant
from tests.components.labs import after
from tests.components.twins import takes

LABS = {stack: functools.partial(committed, stack) for stack in STACKS}
LABS["managed"] = functools.partial(variant, kind="managed", seats=("ana", "bo"))
every_lab = pytest.mark.parametrize("lab", LABS.values(), ids=LABS)


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
def test_the_only_look_up_is_whose_directory_it_is(lab: Any) -> None:
    assert {token for token, _ in lab().invokes} == {"azure-native:authorization:getClientConfig"}
