"""A change that AWS refuses leaves the lab as it was; one that a quota allows is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mllab import program
from mllab.clock import SimulatedClock
from mllab.engines.contract import Op, StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.settings import files
from mllab.simulated.aws.cloud import SimulatedAws
from mllab.simulated.aws.rules import tokens
from mllab.simulated.store import Record
from tests.simulated.account import MORNING, PLENTY

STACK = "aws-tiny"
SEAT = f"{STACK}-notebook-shared"
STANDARD = "L-1216C47A"


class Lab:
    """One lab on one account, whose settings and quotas can change."""

    def __init__(self, root: Path, home: Path) -> None:
        path = files.find(root, STACK)
        self.lab = files.load(path)
        self._home = home
        self._target = StackTarget("mllab", STACK, "aws", files.config(path), self.declare, root)
        self.quota(PLENTY)

    def declare(self) -> None:
        program.declare(self.lab)

    def quota(self, quotas: Mapping[str, float]) -> None:
        self.aws = SimulatedAws(self._home / "aws.db", quotas=quotas)
        clock = SimulatedClock(MORNING)
        self.engine = EmbeddedEngine(self._target, {"aws": self.aws}, self._home, clock)

    def change(self, section: str, **values: Any) -> None:
        changed = getattr(self.lab, section).model_copy(update=values)
        self.lab = self.lab.model_copy(update={section: changed})

    def there(self, type: str) -> dict[str, Record]:
        return {str(r.urn).rpartition("::")[2]: r for r in self.aws.inventory() if r.type == type}


@pytest.fixture
def lab(root: Path, tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(root, tmp_path)
    assert lab.engine.up().failures == ()
    yield lab
    lab.aws.database.close()


@pytest.mark.parametrize("files", [True, False])
def test_a_machine_is_made_anew_at_an_exact_quota(lab: Lab, files: bool) -> None:
    lab.change("storage", files=not files)
    assert lab.engine.up().failures == ()
    machine, home = lab.there(tokens.INSTANCE)[SEAT].id, lab.there(tokens.VOLUME)[f"{SEAT}-home"].id
    lab.quota({**PLENTY, STANDARD: 2})
    lab.change("storage", files=files)
    everything = frozenset(holding.urn for holding in lab.engine.holdings())
    assert lab.engine.up(release=everything).failures == ()
    assert {step.op for step in lab.engine.preview().steps} == {Op.SAME}
    assert lab.there(tokens.VOLUME)[f"{SEAT}-home"].id == home
    assert lab.there(tokens.INSTANCE).keys() == {SEAT}
    assert lab.there(tokens.INSTANCE)[SEAT].id != machine


def test_all_stays_where_another_kind_of_notebook_is_refused(lab: Lab) -> None:
    before = {record.urn: record for record in lab.aws.inventory() if record.urn}
    lab.quota({**PLENTY, **{code: 0 for code in PLENTY if code.startswith("ml.")}})
    lab.change("notebook", kind="managed")
    (failure,) = lab.engine.up().failures
    assert (failure.name, failure.code) == (SEAT, "ResourceLimitExceeded")
    now = {record.urn: record for record in lab.aws.inventory()}
    for urn, record in before.items():
        assert urn in now, "the old notebook has lost it"
        assert now[urn].id == record.id
        if record.type in (tokens.ROLE, tokens.ROLE_POLICY, tokens.SCHEDULE):
            assert now[urn].inputs == record.inputs, f"{urn} is for the new kind already"
