"""What Azure changes only while a machine runs, and what only while it does not."""

from __future__ import annotations

import pytest

from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.conftest import Built

ALLOCATED = (
    "OperationNotAllowed: Resizing a disk of an Azure Virtual Machine requires the virtual machine "
    "to be deallocated. Please stop your VM and retry the operation."
)


def test_a_system_disk_grows_only_while_its_machine_is_deallocated(lab: Built) -> None:
    subscription, made = lab
    id, given = made["seat"]["id"], made["seat"]["given"]
    given["storageProfile"]["osDisk"]["diskSizeGB"] = 100
    assert subscription.not_updated(tokens.MACHINE, id, given) == ALLOCATED
    subscription.whole.stop(id)
    subscription.update(tokens.MACHINE, id, given)
    shown = subscription.shown(tokens.MACHINE, id)
    assert shown["storageProfile"]["osDisk"]["diskSizeGB"] == 100


def test_a_machine_that_runs_takes_tags_and_another_size(lab: Built) -> None:
    subscription, made = lab
    given = {**made["seat"]["given"], "tags": {"expires": "2027-02-12"}}
    given["hardwareProfile"] = {"vmSize": "Standard_D4s_v5"}
    subscription.update(tokens.MACHINE, made["seat"]["id"], given)


@pytest.mark.parametrize(
    ("before", "after", "live"), [(50, 4096, True), (4096, 4097, False), (4097, 5000, True)]
)
def test_a_data_disk_grows_beyond_4_tib_only_while_its_machine_is_deallocated(
    before: int, after: int, live: bool, lab: Built
) -> None:
    subscription, made = lab
    id, seat, given = made["home"]["id"], made["seat"]["id"], made["home"]["given"]
    subscription.whole.stop(seat)
    subscription.update(tokens.DISK, id, {**given, "diskSizeGB": before})
    subscription.whole.start(seat)
    larger = {**given, "diskSizeGB": after}
    if live:
        subscription.update(tokens.DISK, id, larger)
        return
    assert subscription.not_updated(tokens.DISK, id, larger) == ALLOCATED
    subscription.whole.stop(seat)
    subscription.update(tokens.DISK, id, larger)


def test_a_compute_instance_takes_no_change_at_all_not_even_tags(lab: Built) -> None:
    subscription, made = lab
    instance = made["ann"]
    later = {**instance["given"], "tags": {"expires": "2027-02-12"}}
    assert subscription.not_updated(tokens.COMPUTE, instance["id"], later) == (
        "BadRequest: The property 'tags' of a compute of type ComputeInstance cannot be "
        "updated. Delete the compute and create it again."
    )
