"""The SDK's aliases of API versions go; all others stay."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from components.azure.aliases import drop_versioned
from mllab.program import cloud
from mllab.settings import files

VERSIONED = pulumi.Alias(type_="azure-native:compute/v20230301:VirtualMachine")
RENAMED = pulumi.Alias(type_="azure-native:oldmodule:VirtualMachine")
OURS = pulumi.Alias(name="before", parent=None)
URN = "urn:pulumi:x::y::z::n"


def kept(aliases: object) -> object:
    opts = pulumi.ResourceOptions(protect=True)
    opts.aliases = aliases  # type: ignore[assignment]
    args = pulumi.ResourceTransformationArgs(None, "t", "n", {"a": 1}, opts)  # type: ignore[arg-type]
    found = drop_versioned(args)
    if found is None:
        return aliases
    assert found.props == {"a": 1}
    assert found.opts.protect
    assert opts.aliases is aliases, "the program's own options stay as they are"
    return found.opts.aliases


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ([VERSIONED, RENAMED, OURS, URN, VERSIONED], [RENAMED, OURS, URN]),
        ([VERSIONED], []),
        ([OURS], [OURS]),
        (None, None),
    ],
)
def test_only_aliases_of_versions_go(given: object, left: object) -> None:
    assert kept(given) == left


def test_labs_on_azure_drop_them_and_no_others(root: Path) -> None:
    labs = [files.load(files.find(root, f"{name}-course")) for name in ("azure", "aws", "gcp")]
    assert [cloud(lab).transformation for lab in labs] == [drop_versioned, None, None]
