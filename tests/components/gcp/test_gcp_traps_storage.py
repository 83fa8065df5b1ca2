"""Traps of Google Cloud that others fell into: storage, registry and budget.

What is checked is what we ask for. That Google behaves as described is taken from the sources in
the components' documentation.
"""

from __future__ import annotations

import pytest

from tests.components.gcp.gcp_account import STACKS, committed

every_stack = pytest.mark.parametrize("stack", STACKS)


@every_stack
def test_trap_what_is_deleted_is_billed_for_another_week(stack: str) -> None:
    policy = committed(stack).one("storage/bucket:Bucket").inputs["softDeletePolicy"]
    assert isinstance(policy["retentionDurationSeconds"], int)


@every_stack
def test_trap_contents_go_only_if_the_state_knew_before(stack: str) -> None:
    """The switch takes effect only when an `up` recorded it, so it is always stated."""
    bucket = committed(stack).one("storage/bucket:Bucket")
    assert isinstance(bucket.inputs["forceDestroy"], bool)


@every_stack
def test_trap_a_dry_run_of_the_clean_up_deletes_nothing(stack: str) -> None:
    inputs = committed(stack).one("artifactregistry/repository:Repository").inputs
    assert inputs["cleanupPolicyDryRun"] is False


def test_trap_a_channel_in_use_cannot_be_deleted() -> None:
    for each in committed().of("monitoring/notificationChannel:NotificationChannel"):
        assert each.inputs["forceDelete"] is True


def test_trap_functions_leave_buckets_and_repositories_behind() -> None:
    assert not [r.type for r in committed().custom() if "function" in r.type.lower()]
