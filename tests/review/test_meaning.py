"""What the tables of consequences say is known for what it is: nobody's work ends unseen."""

from __future__ import annotations

import pytest

from mllab.clouds import consequences
from mllab.clouds.registry import CLOUDS, is_machine
from mllab.engines.contract import Op, Plan
from mllab.lifecycle.meaning import ends_work, restarts
from mllab.lifecycle.review import hazards
from tests.cli.scripted import step, urn


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_row_that_ends_work_is_known_to(cloud: str) -> None:
    rows = consequences.table(cloud)
    assert rows
    for row in rows:
        words = (row.words,)
        if row.step not in {"ignored", "smaller", "deallocated"} and "work" in row.words:
            assert ends_work(words), row
        assert restarts(words) == row.words.startswith("restarts"), row
        if row.step in {"delete", "replace"} and is_machine(row.type) and not row.property:
            assert ends_work(words), row


def test_what_is_alike_is_told_by_name_whatever_the_plan_began_with() -> None:
    made = [urn(name, "aws:ec2/instance:Instance", "Notebook") for name in ("b", "c", "a")]
    plan = Plan("lab", "embedded", tuple(step(Op.REPLACE, one) for one in made))
    (found,) = hazards.hazards(plan, lambda _: [])
    assert found.names == ["a", "b", "c"]
