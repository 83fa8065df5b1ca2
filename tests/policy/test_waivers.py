"""Every waiver is needed by a lab of this project, counts today, and stops counting on its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mllab.clock import Clock
from mllab.lifecycle import checking
from mllab.rules import waivers
from mllab.rules.finding import Finding
from mllab.rules.judge import RULES, judge
from mllab.rules.waivers import ANY, Waiver
from mllab.session.session import clock_from
from mllab.settings import files
from tests.policy.graphs import VARIANTS, graph

OWN = tuple(each for each in waivers.read() if not each.rule.startswith("CKV"))


@pytest.fixture(scope="module")
def found(root: Path) -> dict[tuple[str, str, str], Finding]:
    """The errors of strict labs and of managed ones, by rule, type and profile."""
    seen = {}
    for stack in files.names(root):
        path = root / "stacks" / f"Pulumi.{stack}.yaml"
        lab = files.load(path)
        if lab.lab.profile == "strict":
            today = clock_from(lab.lab.starts and lab.lab.starts.isoformat())
            for each in checking.look(root, path, lab, today).findings:
                seen[_key(each, "strict")] = each
    for lab in map(graph, VARIANTS):
        for each in judge(lab.resources, lab.lab):
            seen[_key(each, lab.lab.lab.profile)] = each
    return {key: each for key, each in seen.items() if each.severity == "error"}


def _key(finding: Finding, profile: str) -> tuple[str, str, str]:
    return finding.rule, finding.urn.split("::")[2].split("$")[-1], profile


def test_each_is_needed_and_is_of_a_rule(found: dict[tuple[str, str, str], Finding]) -> None:
    assert not waivers.unused(OWN, found.keys())
    ids = {rule.id: rule for rule in RULES}
    for each in OWN:
        assert each.rule in ids
        assert each.profile == ANY or each.profile in ids[each.rule].profiles


def test_one_that_nothing_needs_is_an_error(found: dict[tuple[str, str, str], Finding]) -> None:
    spare = replace(OWN[0], profile="course")
    (told,) = waivers.unused([*OWN, spare], found.keys())
    assert (told.rule, told.fails) == (spare.rule, True)
    assert "take its row out" in told.fix


def test_none_has_ended() -> None:
    ended = [each.rule for each in waivers.read() if each.until < Clock().today()]
    assert not ended, "look at each again: take it out, or say why it still counts, and until when"


def test_the_committed_strict_labs_fail_when_their_waivers_have_ended(
    found: dict[tuple[str, str, str], Finding],
) -> None:
    assert not [each for each in found.values() if each.fails]
    assert any(each.waived for each in found.values())
    waiver, error = OWN[0], replace(next(iter(found.values())), rule=OWN[0].rule, waived="")
    wrong = replace(error, severity="error")
    type = waiver.resource
    last = waivers.waive(wrong, type, "strict", waiver.until, OWN)
    assert last.waived == waiver.reason
    after = waivers.waive(wrong, type, "strict", waiver.until + timedelta(days=1), OWN)
    assert after.fails
    assert f"accepted until {waiver.until}" in after.message
    assert waivers.waive(wrong, "aws:other", "strict", waiver.until, OWN) == wrong
    assert waivers.waive(wrong, type, "course", waiver.until, OWN) == wrong


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("a,strict,*,2028-12-31,", "reason must be given"),
        ("a,strict,*,soon,because", "until must be a day"),
    ],
)
def test_a_waiver_without_reason_or_end_is_refused(row: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "waivers.csv"
    path.write_text(f"rule,profile,resource,until,reason\n{row}\n")
    with pytest.raises(ValueError, match=rf"waivers.csv:2: {why}"):
        waivers.read(path)


def test_a_pattern_covers_the_types_that_it_names() -> None:
    every = Waiver("a", ANY, "aws:s3/*", Clock().today(), "x")
    assert every.covers("a", "aws:s3/bucket:Bucket", "course")
    assert not every.covers("a", "aws:ec2/vpc:Vpc", "course")
