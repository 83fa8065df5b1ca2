"""What counts as left over when an account has been looked into."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from mllab.accounts.contract import SOFT_DELETED, InventoryItem
from mllab.errors import StillThere
from mllab.lifecycle import teardown
from mllab.session.realm import RealRealm
from mllab.show import teardown as report

VAULT, DISK = "azure-native:keyvault:Vault", "azure-native:compute:Disk"
ID = "/subscriptions/0/resourceGroups/g/providers/Microsoft.Compute/disks/d1a2"
KEPT = InventoryItem(VAULT, "/subscriptions/0/deletedVaults/v", "v", "cluster", SOFT_DELETED)


def session(*seen: InventoryItem, recorded: str = "") -> Any:
    entry = {"urn": f"urn:pulumi:c::mllab::{DISK}::c-home", "type": DISK, "id": recorded}
    resources = [{**entry, "custom": True, "inputs": {}}] if recorded else []
    return SimpleNamespace(
        stack="c",
        realm=RealRealm(SimpleNamespace(inventory=lambda stack: list(seen)), lambda _: ""),  # type: ignore[arg-type]
        engine=SimpleNamespace(state=lambda: {"deployment": {"resources": resources}}, name="p"),
        command=lambda verb: f"mllab {verb} c",
    )


def test_what_is_kept_after_it_was_deleted_is_told_and_not_left_over() -> None:
    here = session(KEPT)
    found = teardown.left(here)
    assert found.things == ()
    teardown.refuse_orphans(here, found)
    assert report.farewell(here, ["x"], found.kept).splitlines() == [  # type: ignore[list-item]
        "c is gone: nothing of it is left, neither recorded nor in the account.",
        "Deleted, and kept by the cloud for some days in case somebody wants it back; it costs "
        "nothing and goes by itself: v (keyvault/Vault).",
    ]
    document = report.document(here, [], found, None)
    assert [each["name"] for each in document["soft_deleted"]] == ["v"]
    assert document["left"] == []


def test_nothing_kept_is_not_mentioned() -> None:
    assert len(report.farewell(session(), [], teardown.left(session()).kept).splitlines()) == 1


def test_what_is_there_is_left_over_whatever_else_is_kept() -> None:
    here = session(KEPT, InventoryItem(DISK, ID, "d1a2", "notebook", "deleting"))
    with pytest.raises(StillThere) as caught:
        teardown.refuse_orphans(here, teardown.left(here))
    assert caught.value.message.splitlines() == [
        "1 resource of c may still exist and cost money:",
        "  d1a2 (compute/Disk, not recorded, seen in the account, deleting)",
    ]


@pytest.mark.parametrize("id", [ID, ID.upper().replace("/SUBSCRIPTIONS", "/subscriptions")])
def test_what_is_recorded_is_not_told_twice(id: str) -> None:
    seen = InventoryItem(DISK, id, "d1a2", "notebook")
    found = teardown.left(session(seen, recorded=ID))
    assert [(thing.name, thing.where) for thing in found.things] == [("c-home", "state")]
    other = dataclasses.replace(seen, id=f"{ID}2")
    assert len(teardown.left(session(other, recorded=ID)).things) == 2
