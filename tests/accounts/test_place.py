"""A real place asks the right account about what a run left behind, and nobody about the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from mllab.accounts.aws.account import AwsAccount
from mllab.accounts.azure.account import AzureAccount
from mllab.accounts.contract import Account, Entry
from mllab.accounts.gcp.account import GcpAccount
from mllab.clouds.registry import open_account
from mllab.engines.pulumi.backend import Backend, ChosenBy
from mllab.engines.pulumi.workspace import RealWorkspace
from mllab.errors import StillThere

NOWHERE = Path("/nowhere")
BACKEND = Backend("", ChosenBy.NOBODY)
CONFIG = {"aws:region": "us-east-1"}


def entry(type: str, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:course::mllab::{type}::course-network-vpc"
    return {"urn": urn, "type": type, "custom": True, "inputs": {"a": 1}, **more}


class Opened:
    """Opens accounts that know one thing each, and counts them."""

    def __init__(self, found: str | None) -> None:
        self.found, self.opened = found, list[str]()

    def __call__(self, package: str, config: Mapping[str, str]) -> Account:
        assert config == CONFIG
        self.opened.append(package)
        return self  # type: ignore[return-value]

    def find(self, entry: Entry, known: Collection[str]) -> str | None:
        return None if self.found in known else self.found


def place(look: Any) -> RealWorkspace:
    return RealWorkspace(NOWHERE, BACKEND, {}, CONFIG, look)


def test_what_is_found_is_to_be_imported_by_its_id_alone() -> None:
    """With outputs, the provider would take the next refresh for one of what it knows."""
    pending = entry("aws:ec2/vpc:Vpc", protect=True)
    found = place(Opened("vpc-1")).find(pending, (), {})
    assert found == {**pending, "id": "vpc-1", "outputs": {}}


def test_an_account_is_opened_once() -> None:
    look = Opened("vpc-1")
    here = place(look)
    for _ in range(2):
        assert here.find(entry("aws:ec2/vpc:Vpc"), {"vpc-1"}, {}) is None
    here.find(entry("gcp:compute/network:Network"), (), {})
    assert look.opened == ["aws", "gcp"]


@pytest.mark.parametrize(
    "nothing",
    [
        entry("mllab:aws:Network", custom=False),
        entry("pulumi:pulumi:Stack", custom=False),
        entry("pulumi:providers:aws"),
    ],
    ids=lambda each: each["type"],
)
def test_what_is_in_no_cloud_is_not_looked_for(nothing: Entry) -> None:
    look = Opened("x")
    assert place(look).find(nothing, (), {}) is None
    assert look.opened == []


def test_by_default_it_is_the_users_own_account() -> None:
    assert RealWorkspace(NOWHERE, BACKEND, {}, CONFIG).look is open_account
    assert isinstance(open_account("aws", CONFIG), AwsAccount)
    assert isinstance(open_account("azure-native", CONFIG), AzureAccount)
    assert isinstance(open_account("gcp", CONFIG), GcpAccount)


def test_a_cloud_that_cannot_be_looked_into_is_refused() -> None:
    with pytest.raises(StillThere) as caught:
        RealWorkspace(NOWHERE, BACKEND, {}, CONFIG).find(entry("oci:Core/vcn:Vcn"), (), {})
    for words in ("course-network-vpc", "oci:Core/vcn:Vcn", "nothing was changed"):
        assert words in caught.value.message
    assert "stack=course" in caught.value.hint
    assert "pulumi refresh --clear-pending-creates -s course" in caught.value.hint
