"""A lab elsewhere: priced as the file for that place declares it; unknown is never cheap."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from components import regions
from mllab.lifecycle import compare, cost
from mllab.money import estimate
from mllab.money.estimate import Estimate
from mllab.session.simulated import regions as simulated_regions
from mllab.stackfiles import convert
from tests.scenarios.living_lab import CLOUDS

TODAY = "2026-11-30"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_course_is_priced_on_every_cloud_and_in_the_cheapest_regions(
    cloud: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    session, plan = cost.declared(f"{cloud}-course", TODAY)
    priced = cost.of(session, plan)
    found = compare.elsewhere(session, plan, priced, None)
    others = [place for place in found.places if place.cloud != cloud]
    assert [place.cloud for place in others] == [one for one in CLOUDS if one != cloud]
    for place in others:
        assert place.priced, place.why
        assert place.priced.total().day > 0
        assert any(line.startswith("data: ") for line in place.left)
    near = [place for place in found.places if place.cloud == cloud]
    assert len(near) == min(compare.REGIONS, found.compared + found.unknown)
    ranks = [compare._rank(place.priced, priced) for place in near]
    assert ranks == sorted(ranks)
    for place in near:
        lab = replace(cost.known(session.declared), region=place.region)
        again = estimate.of(plan.resources, lab, date.fromisoformat(TODAY), priced.use)
        assert place.priced
        assert again.total() == place.priced.total(), "chosen by the resources of another region"
    less = set()
    for region in simulated_regions(cloud):
        lab = replace(cost.known(session.declared), region=region)
        there = estimate.of(plan.resources, lab, date.fromisoformat(TODAY), priced.use)
        less |= {region} if _missing(there) - _missing(priced) else set()
    assert (found.unknown, bool(found.lacking)) == (len(less), bool(less))
    assert found.compared == len(simulated_regions(cloud)) - 1 - len(less)
    shown = [place.region in less for place in near]
    assert shown == sorted(shown), "where less is known comes last"
    assert shown.count(False) == min(compare.REGIONS, found.compared)


def _missing(priced: Estimate) -> set[str]:
    return {line.charge.item for line in priced.missing}


def _of(region: str, *tokens: tuple[str, dict[str, object]]) -> Estimate:
    from tests.money.test_estimate import GCP, TODAY, Usage, resource

    things = [resource(token, **inputs) for token, inputs in tokens]
    return estimate.of(things, replace(GCP, region=region), TODAY, Usage())


def test_a_place_with_an_unknown_price_is_never_cheaper_than_one_without() -> None:
    disk = {"type": "pd-balanced", "size": 100}
    here = _of("us-central1", ("gcp:compute/disk:Disk", disk))
    known = replace(here, lines=tuple(line for line in here.lines if not line.why))
    nothing = replace(here, lines=tuple(line for line in here.lines if line.why))
    assert nothing.total().week < known.total().week
    assert compare._rank(known, here) < compare._rank(nothing, here)
    assert compare._rank(here, here)[-1] == known.total().week, (
        "what is missing here counts nowhere"
    )


def test_where_less_is_missing_comes_first_however_small_the_sum() -> None:
    disk = {"type": "pd-balanced", "size": 100}
    machine = ("gcp:compute/instance:Instance", {"machineType": "e2-standard-2", "bootDisk": {}})
    here = _of("us-central1", ("gcp:compute/disk:Disk", disk), machine)

    def without(item: str) -> Estimate:
        lost = [
            replace(line, sums=estimate.Sums(), why="no price")
            if line.charge.item == item
            else line
            for line in here.lines
        ]
        return replace(here, lines=tuple(lost))

    small, large = without("pd-balanced"), without("e2-standard-2")
    gaps = [here.total().week - one.total().week for one in (small, large)]
    dearer = large if gaps[0] < gaps[1] else small
    cheaper = small if dearer is large else large
    assert dearer.total().week < cheaper.total().week, "its own sum is the smaller one"
    assert compare._rank(here, here) < compare._rank(cheaper, here) < compare._rank(dearer, here)


def test_a_lab_that_cannot_be_there_says_why(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_bytes((root / "Pulumi.yaml").read_bytes())
    text = (root / "stacks" / "Pulumi.aws-course.yaml").read_text()
    text = text.replace("disk_gb: 100", "disk_gb: 5000")
    (tmp_path / "stacks" / "Pulumi.large.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    session, _ = cost.declared("large", TODAY)
    place = compare._converted(session, "azure", None, None)
    assert place.priced is None
    assert place.why.startswith("notebook.disk_gb: must be at most 4095, ")
    assert str(tmp_path) not in place.why


def test_without_a_region_in_the_same_place_the_examples_one_is_taken(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    session, _ = cost.declared("gcp-course", TODAY)
    place = compare._other(session, "aws", None)
    assert place.region == regions.example("aws")
    assert place.left[0] == "AWS has no region in Iowa, where us-central1 is"
    converted = convert.convert(
        (root / "stacks" / "Pulumi.gcp-course.yaml").read_bytes(),
        session.declared,
        "gcp-course",
        "aws",
        place.region,
        session.clock.now(),
    )
    assert place.left[1:] == converted.left
