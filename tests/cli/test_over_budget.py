"""A lab that can take more than its budget if nobody intervenes is refused until told otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mllab.engines.contract import Op
from tests.cli.conftest import DAY, Run, Sit
from tests.cli.scripted import BUCKET, NEW, OUTPUTS, Use, entry, step, words

SMALL = """\
config:
  aws:region: us-west-2
  mllab:lab: {cloud: aws, owner: a@example.edu, starts: "2027-01-11", ends: "2027-01-15"}
  mllab:notebook: {size: cpu-small, disk_gb: 30, home_gb: 10, max_hours: 100, stop_at: null}
  mllab:cluster: {size: cpu-small, max_nodes: 1, max_job_hours: 2}
  mllab:storage: {keep: false}
  mllab:budget: {limit_usd: LIMIT}
"""
OPTION = "--accept-risk"
UP = ("up", "lab", "--simulate", "--yes", *DAY)


@pytest.fixture
def over(project: Path) -> Path:
    """100 hours at 0.096 for the machine and 0.005 for its address are more than 10 USD; the price
    of its shared files is too old, and that of its images is not known."""
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(SMALL.replace("LIMIT", "10"))
    return path


def test_up_refuses_it_names_each_part_and_changes_nothing(run: Run, over: Path) -> None:
    said = run(*UP)
    assert said.code == 1
    told = words(said.err)
    assert "lab can take 11.94 + ? USD until 2027-01-15 if nobody intervenes, more than" in told
    assert "its budget of 10.00 per month; nothing was changed" in told
    assert "asleep, 5 days: 1.59 + ?" in told
    assert "1 notebook, 100 hours once: 10.10" in told
    assert "1 machine for jobs, 2 hours once: 0.26" in told
    assert "Of that 0.99 by prices that are too old, or have no date." in told
    assert f"mllab up lab --simulate {OPTION}\n" in said.err
    assert "on the worst day" in said.out, "shown before anything else"
    assert run("status", "lab", "--simulate", *DAY).out.startswith("lab does not exist")


def test_up_makes_it_when_told_so_and_names_that(run: Run, over: Path) -> None:
    said = run(*UP, OPTION)
    assert said.code == 0, said.err
    line = "If nobody intervenes, the lab takes 11.94 + ? until 2027-01-15: more than that"
    assert f"{line}, accepted by {OPTION}." in said.out
    over.write_text(over.read_text().replace("max_nodes: 1", "max_nodes: 2"))
    dearer = run(*UP)
    assert (dearer.code, OPTION in dearer.err) == (1, True)
    assert run(*UP, OPTION).code == 0
    over.write_text(SMALL.replace("LIMIT", "10"))
    cheaper = run(*UP)
    assert cheaper.code == 0, "what makes it cheaper is not refused"
    assert "109" not in cheaper.err
    assert run(*UP).code == 0, "nothing to do"


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        ("max_hours: 100", "max_hours: 100, idle_minutes: 30", "no worse"),
        ("max_hours: 100", "max_hours: 90", "no worse"),
        ("max_hours: 100", "max_hours: 101", "refused"),
        ("max_job_hours: 2", "max_job_hours: 3", "refused"),
        ("[ann, bob]", "[ann]", "no worse"),
        ("[ann, bob]", "[ann, bob, cy]", "refused"),
        ("limit_usd: 10", "limit_usd: 11", "no worse"),
        ("limit_usd: 10", "limit_usd: 9", "refused"),
        ('ends: "2027-01-15"', 'ends: "2027-01-16"', "refused"),
        ("stop_at: null", 'stop_at: "20:00"', "within the budget"),
        (
            "home_gb: 10",
            "home_gb: 11",
            "refused",
        ),  # its price is too old, and is the best that is known
    ],
)
def test_a_change_that_raises_nothing_needs_no_word(
    run: Run, over: Path, old: str, new: str, outcome: str
) -> None:
    text = over.read_text().replace("stop_at: null", "stop_at: null, seats: [ann, bob]")
    over.write_text(text)
    assert run(*UP, OPTION).code == 0
    assert old in text
    over.write_text(text.replace(old, new))
    said = run("preview", "lab", "--simulate", *DAY)
    assert said.code == 0
    assert ("note: `up` refuses: lab can take " in words(said.err)) == (outcome == "refused")
    assert ("more than that, but no more than now." in said.out) == (outcome == "no worse")


def test_check_fails_in_the_same_words(run: Run, over: Path) -> None:
    said = run("check", "lab", *DAY)
    assert said.code == 1
    told = words(said.out)
    sentence = (
        "lab can take 11.94 + ? USD until 2027-01-15 if nobody intervenes, more than its budget"
        " of 10.00 per month"
    )
    assert f"error: {sentence}" in told
    assert "1 notebook, 100 hours once: 10.10" in told
    assert "Fix: Lower notebook.max_hours" in told
    assert "lab: ok" not in said.out
    assert "lab: the budget is broken" in said.err
    document = json.loads(run("check", "lab", *DAY, "--json").out)
    assert (document["ok"], document["over_budget"]) == (False, sentence)
    over.write_text(SMALL.replace("LIMIT", "100"))
    document = json.loads(run("check", "lab", *DAY, "--json").out)
    assert (document["ok"], document["over_budget"]) == (True, None)


def test_preview_says_that_up_refuses_and_ends_well(run: Run, over: Path) -> None:
    said = run("preview", "lab", "--simulate", *DAY)
    assert said.code == 0
    assert "note: `up` refuses: lab can take 11.94 + ? USD" in words(said.err)
    over.write_text(SMALL.replace("LIMIT", "100"))
    said = run("preview", "lab", "--simulate", *DAY)
    assert "refuses" not in said.err
    line = "Budget: 100.00 USD per month. If nobody intervenes, the lab takes 11.94 + ? until "
    assert f"{line}2027-01-15: prices are missing, so it may be more." in said.out


def test_the_document_has_the_money(run: Run, over: Path) -> None:
    cost = json.loads(run("preview", "lab", "--simulate", "--json", *DAY).out)["cost"]
    assert (cost["before"], cost["before_unknown"], cost["difference"]) == (None, None, None)
    assert cost["after"]["day"] == {"usd": "5.61", "complete": False, "outdated_usd": "0.20"}
    assert cost["unattended"]["fits"] is False
    assert cost["unattended"]["usd"] == "10.96"
    assert cost["unattended"]["budget_usd"] == "10.00"
    assert run(*UP, OPTION).code == 0
    over.write_text(SMALL.replace("LIMIT", "1000").replace("home_gb: 10", "home_gb: 35"))
    cost = json.loads(run("preview", "lab", "--simulate", "--json", *DAY).out)["cost"]
    assert cost["before"]["day"] == {"usd": "5.61", "complete": False, "outdated_usd": "0.20"}
    assert cost["difference"] == {
        "asleep": {"usd": "2.00", "complete": True, "outdated_usd": "0.00"},
        "day": {"usd": "0.07", "complete": True, "outdated_usd": "0.00"},
    }
    assert cost["unattended"]["fits"] is None


def test_a_change_shows_what_it_costs_before_and_after(run: Run, over: Path) -> None:
    assert run(*UP, OPTION).code == 0
    over.write_text(SMALL.replace("LIMIT", "1000").replace("max_nodes: 1", "max_nodes: 2"))
    (line,) = (
        line
        for line in run("preview", "lab", "--simulate", *DAY).out.splitlines()
        if line.startswith("Cost by list prices")
    )
    assert line == (
        "Cost by list prices, USD: asleep, a month: 3.66 + ? as now; on the worst day: 5.61 + ? "
        "-> 8.67 + ? (+3.07). More: mllab cost lab"
    )


def test_what_exists_and_cannot_be_reckoned_is_said_and_not_called_nothing(
    run: Run, use: Use
) -> None:
    use(steps=(step(Op.CREATE, NEW[1].urn),), entries=[entry(BUCKET)], exported=OUTPUTS)
    out = run("preview", "lab", "--simulate", *DAY).out
    assert "What it costs now is not known: no `up` of it has come to its end.\n" in out
    assert "->" not in out


def test_a_person_reads_the_worst_day_before_being_asked(
    run: Run, over: Path, at_terminal: Sit
) -> None:
    over.write_text(SMALL.replace("LIMIT", "100"))
    asked = at_terminal(["n"])
    said = run("up", "lab", "--simulate", *DAY)
    assert (said.code, len(asked)) == (1, 1)
    assert "5.61 + ? on the worst day" in said.out


def test_a_rehearsal_refuses_as_up_does(run: Run, over: Path) -> None:
    said = run("rehearse", "lab")
    assert said.code == 1
    assert "2  preview: DIFFERS" in said.out
    assert "lab can take 11.94 + ? USD until 2027-01-15 if nobody intervenes" in said.out
    assert f"mllab rehearse lab {OPTION}" in said.out
    said = run("rehearse", "lab", OPTION)
    assert said.code == 0, said.out
