"""A change that AWS refuses leaves the lab as it was; one that a quota allows is made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mllab.engines.contract import Op
from mllab.simulated.aws.rules import tokens
from tests.simulated.lives import Life

STACK = "aws-tiny"
SEAT = f"{STACK}-notebook-shared"
STANDARD = "L-1216C47A"


@pytest.fixture
def lab(root: Path, tmp_path: Path) -> Iterator[Life]:
    lab = Life(root, tmp_path, STACK)
    assert lab.engine.up().failures == ()
    yield lab
    lab.cloud.database.close()


@pytest.mark.parametrize("files", [True, False])
def test_a_machine_is_made_anew_at_an_exact_quota(lab: Life, files: bool) -> None:
    lab.change("storage", files=not files)
    assert lab.engine.up().failures == ()
    machine, home = lab.all(tokens.INSTANCE)[SEAT].id, lab.all(tokens.VOLUME)[f"{SEAT}-home"].id
    lab.quota({**lab.plenty, STANDARD: 2})
    lab.change("storage", files=files)
    assert lab.engine.up(release=lab.named()).failures == ()
    assert {step.op for step in lab.engine.preview().steps} == {Op.SAME}
    assert lab.all(tokens.VOLUME)[f"{SEAT}-home"].id == home
    assert lab.all(tokens.INSTANCE).keys() == {SEAT}
    assert lab.all(tokens.INSTANCE)[SEAT].id != machine


def test_all_stays_where_another_kind_of_notebook_is_refused(lab: Life) -> None:
    before = {record.urn: record for record in lab.cloud.inventory() if record.urn}
    lab.quota({**lab.plenty, **{code: 0 for code in lab.plenty if code.startswith("ml.")}})
    lab.change("notebook", kind="managed")
    (failure,) = lab.engine.up().failures
    assert (failure.name, failure.code) == (SEAT, "ResourceLimitExceeded")
    now = {record.urn: record for record in lab.cloud.inventory()}
    for urn, record in before.items():
        assert urn in now, "the old notebook has lost it"
        assert now[urn].id == record.id
        if record.type in (tokens.ROLE, tokens.ROLE_POLICY, tokens.SCHEDULE):
            assert now[urn].inputs == record.inputs, f"{urn} is for the new kind already"
