"""A lab costs the same whichever engine plans it, before it is made and while it lives."""

from __future__ import annotations

import pytest

from mllab.clock import SimulatedClock
from mllab.lifecycle import cost
from mllab.money.estimate import Estimate
from tests.scenarios.living_lab import CLOUDS, ENGINES, MORNING, LivingLab


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_plan_and_the_offline_page_agree(
    request: pytest.FixtureRequest,
    cloud: str,
    engine: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    if engine == "pulumi":
        request.getfixturevalue("cli")
    lab = LivingLab(tmp_path_factory.mktemp("lab"), cloud, engine)
    page = cost.of(*cost.rendered(lab.session().root, lab.path, SimulatedClock(MORNING), None))
    session = lab.session()
    assert _told(cost.of(session, lab.plan())) == _told(page)
    assert page.total().day > 0
    if engine == "embedded":
        assert lab.up()
        assert _told(cost.of(session, lab.plan())) == _told(page)


def _told(found: Estimate) -> list[tuple[str, str, str, str]]:
    """Every line in words, in any order: programs run as they come."""
    return sorted(
        (line.name, f"{line.charge.when} {line.charge.item}", str(line.sums), line.why)
        for line in found.lines
    )
