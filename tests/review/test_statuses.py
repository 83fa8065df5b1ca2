"""What a review says of each kind of change, by the plan that `preview` would show."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mllab.lifecycle.review.model import Amount, Report, StackReview
from mllab.lifecycle.review.money import compare
from mllab.lifecycle.review.run import exit_code
from mllab.money import prices
from mllab.show.review.words import figure, left_behind, verdict
from tests.review.repository import Repository

Stacks = dict[str, StackReview]


def test_every_kind_of_change_is_named(stacks: Stacks) -> None:
    assert {name: one.status for name, one in stacks.items()} == {
        "added": "new",
        "gone": "deleted",
        "longer": "changed",
        "mended": "changed",
        "moved": "changed",
        "over": "changed",
        "renamed": "renamed",
        "same": "unchanged",
        "size": "changed",
        "wrong": "invalid",
    }


def test_each_hazard_names_the_setting_that_makes_it(stacks: Stacks) -> None:
    told = [
        (one.kind, one.names, one.loses, one.words, [(c.text, c.file, c.line) for c in one.causes])
        for one in stacks["size"].hazards
    ]
    file = "stacks/Pulumi.size.yaml"
    seats = ("notebook.seats: without cleo", file, 6)
    size = ("notebook.size: gpu-small -> gpu-multi", file, 5)
    assert told == [
        ("data", ["size-notebook-cleo-home"], "home disk", [], [seats]),
        (
            "restarts",
            ["size-notebook-ann", "size-notebook-bob"],
            "",
            ["restarts (running work ends)"],
            [size],
        ),
        ("work", ["size-notebook-cleo"], "", ["running work ends"], [seats]),
    ]


def test_settings_that_were_taken_out_are_at_their_old_line(stacks: Stacks) -> None:
    (gone,) = (one for one in stacks["size"].settings if one.at_base)
    assert (gone.text, gone.line) == ("storage.keep: true -> not set", 8)


def flat(item: str, region: str = "us-east-1") -> Decimal:
    found = prices.flat("aws", region, item)
    assert found
    return found.usd


def test_the_difference_is_what_a_person_reckons(stacks: Stacks) -> None:
    """Three machines become two of another type; the third's address and two disks go with it."""

    def price(name: str) -> Decimal:
        found = prices.machine("aws", "us-east-1", "vm", name)
        assert found
        return found.usd

    small, multi = price("g4dn.xlarge"), price("g6.12xlarge")
    hour = 2 * multi - 3 * small - flat("public IPv4 address, in use")
    asleep = -(50 + 100) * flat("EBS gp3 storage")
    money = stacks["size"].money
    day = hour * 24 + asleep * 24 / 730
    asked = {"asleep": asleep, "hour": hour, "week": hour * 8 + asleep * 168 / 730, "day": day}
    for key, amount in asked.items():
        difference = money[key].difference
        assert difference
        assert abs(difference.usd - amount) <= Decimal("0.01"), key
        assert difference.known
    days = 26  # 2027-01-11 to 2027-02-05
    most = money["term_most"].difference
    assert most
    assert abs(most.usd - day * days) <= Decimal("0.01")
    for column in money.values():
        assert column.before
        assert column.after
        assert column.difference
        assert column.after.usd - column.before.usd == column.difference.usd


def test_old_prices_stand_beside_the_sums_and_never_in_them(stacks: Stacks) -> None:
    """A new lab has 20 GB of files, whose price there is older than a year."""
    asleep = stacks["added"].money["asleep"]
    assert asleep.difference
    assert not asleep.difference.known
    assert asleep.difference.outdated == 20 * flat("EFS Standard storage", "us-west-2")
    assert asleep.after
    assert asleep.after.usd == asleep.difference.usd > 0


@pytest.mark.parametrize("name", ["added", "renamed"])
def test_a_new_lab_and_one_of_a_new_name_cost_all_of_it(name: str, stacks: Stacks) -> None:
    day = stacks[name].money["day"]
    assert day.before is None
    assert day.after
    assert day.difference
    assert day.difference.usd == day.after.usd > 0
    assert day.difference.known == day.after.known


def test_a_file_that_is_gone_saves_nothing_and_its_lab_still_costs(
    stacks: Stacks, report: Report
) -> None:
    assert "gone, old still cost until `mllab down`" in verdict(report).rest
    small = prices.machine("aws", "us-east-1", "vm", "g4dn.xlarge")
    assert small
    assert not stacks["gone"].money
    for name, lab in (("gone", "gone"), ("renamed", "old")):
        day = stacks[name].remains["day"]
        assert day.usd > 3 * 24 * small.usd
        told = left_behind(stacks[name])
        assert told
        assert f" and {figure(day)} on a day at most, in US dollars, until: " in told[1]
        assert told[1].endswith(f"mllab down {lab}")
    assert not stacks["size"].remains


def test_a_lab_that_was_over_and_goes_on_is_compared_as_on_one_day(stacks: Stacks) -> None:
    """Nothing was left of its term, so all that is left now is more."""
    for key, column in stacks["longer"].money.items():
        assert column.before
        assert column.after
        assert column.difference
        if key.startswith("term"):
            assert column.before.usd == column.before.outdated == 0
            assert column.difference.usd == column.after.usd > 0
        else:
            assert column.difference == Amount(usd=Decimal(0), known=True), key
    for key, column in stacks["over"].money.items():  # both as on its first day
        assert column.before, key
        assert column.after, key
        assert column.before.usd > column.after.usd > 0 or key == "asleep"


def test_what_cannot_be_compared_has_no_difference(stacks: Stacks) -> None:
    mended = stacks["mended"]
    assert mended.base_error.startswith("stacks/Pulumi.mended.yaml:5: notebook.size: ")
    assert mended.money["day"].after
    assert mended.money["day"].difference is None
    assert not mended.hazards
    assert {one.state for one in mended.findings} <= {"unknown"}


def test_a_lab_that_would_be_another_one_is_refused_as_by_up(stacks: Stacks) -> None:
    (refused,) = stacks["moved"].refusals
    assert "its settings now describe another lab" in refused
    assert "aws:region: us-east-1 -> us-west-2" in refused
    assert stacks["moved"].settings[0].text == "aws:region: us-east-1 -> us-west-2"


def test_wrong_settings_are_told_with_their_line(stacks: Stacks, report: Report) -> None:
    (fault,) = stacks["wrong"].faults
    assert fault.startswith("stacks/Pulumi.wrong.yaml:8: storage.keep: ")
    assert report.exit_code == 2
    right = report.model_copy(update={"stacks": [stacks["same"]]})
    assert exit_code(right) == 0
    broken = stacks["same"].model_copy(update={"budget": "too much"})
    assert exit_code(report.model_copy(update={"stacks": [broken]})) == 1


def test_what_rules_find_at_both_revisions_is_no_news(stacks: Stacks) -> None:
    found = stacks["size"].findings
    assert found
    assert {one.state for one in found} == {"old"}
    assert {one.state for one in stacks["same"].findings} == {"old"}


def test_a_renamed_file_is_another_lab(stacks: Stacks) -> None:
    assert stacks["renamed"].renamed_from == "old"
    assert "old" not in stacks


def test_what_is_compared_is_said(report: Report, repository: Repository) -> None:
    commit = repository.git("rev-parse", "HEAD").strip()
    assert report.base.commit == report.head.commit == commit
    assert "stacks/Pulumi.size.yaml" in report.head.uncommitted
    assert "stacks/Pulumi.added.yaml" in report.head.uncommitted
    assert not report.code


def test_nothing_is_left_of_the_base(repository: Repository, report: Report) -> None:
    assert report.stacks
    assert repository.git("worktree", "list").count("\n") == 1
    assert "worktrees" not in repository.git("status", "--short")


def test_what_has_no_price_on_both_sides_makes_no_difference() -> None:
    def amount(usd: int, **more: Any) -> Amount:
        return Amount(usd=Decimal(usd), known=False, **{"unpriced": ("0.10", "a disk"), **more})

    def difference(new: Amount) -> Amount | None:
        return compare({"day": amount(3)}, {"day": new}, both=True)["day"].difference

    same = difference(amount(5))
    assert same == Amount(usd=Decimal(2), known=True)
    assert figure(same, signed=True) == "+2"
    for other in (amount(5, unpriced=("0.10",)), amount(5, unpriced=("0.11", "a disk"))):
        found = difference(other)
        assert found
        assert not found.known
