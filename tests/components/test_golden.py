"""No resource of a running lab is renamed or moved by accident."""

from __future__ import annotations

import pytest

from mllab.settings import files
from tests.components.cloud_labs import ROOT
from tests.components.golden import FOLDER, STACKS, urns


@pytest.mark.parametrize("stack", STACKS)
def test_urns_are_those_of_the_last_release(stack: str) -> None:
    assert urns(stack) == (FOLDER / f"{stack}.txt").read_text(), (
        "if this is meant, add aliases and run: python -m tests.components.golden"
    )


def test_every_committed_stack_has_its_list() -> None:
    assert sorted(files.names(ROOT)) == sorted(STACKS)
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(STACKS)
