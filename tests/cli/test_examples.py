"""Values that only show where one's own belong make no real lab."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mllab.errors import UsageError
from mllab.lifecycle import deploy
from mllab.session.realm import RealRealm, SimulatedRealm
from mllab.settings import files


def session(root: Path, stack: str, realm: object) -> Any:
    return SimpleNamespace(stack=stack, realm=realm, declared=files.load(files.find(root, stack)))


@pytest.mark.parametrize(
    ("stack", "keys"),
    [("azure-course", "azure.ssh_from, azure.ssh_keys"), ("gcp-course", "gcp:project")],
)
def test_a_real_lab_is_not_made_of_examples(root: Path, stack: str, keys: str) -> None:
    with pytest.raises(UsageError) as caught:
        deploy.refuse_examples(session(root, stack, RealRealm))
    assert keys in caught.value.message
    assert caught.value.hint == f"Put your own into stacks/Pulumi.{stack}.yaml."


def test_a_simulated_one_is(root: Path) -> None:
    deploy.refuse_examples(session(root, "gcp-course", SimulatedRealm))


def test_settings_without_examples_pass(root: Path) -> None:
    deploy.refuse_examples(session(root, "aws-course", RealRealm))
