"""What is Google Cloud's own in every lab: names, labels of boot disks, and no keys."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.components.gcp.gcp_account import STACKS, committed, managed, variant
from tests.components.twins import own, takes

every_lab = pytest.mark.parametrize(
    ("stack", "lab"),
    [*((stack, committed) for stack in STACKS), *((stack, managed) for stack in STACKS[::2])],
    ids=[*STACKS, *(f"{stack} managed" for stack in STACKS[::2])],
)


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


@every_lab
def test_nobody_has_a_key(stack: str, lab: Any) -> None:
    """Neither of a service account nor to log in with."""
    for resource in own(lab(stack)):
        assert "serviceaccount/key" not in resource.type
        assert "ssh-keys" not in resource.inputs.get("metadata", {})
