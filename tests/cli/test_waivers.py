"""A project's own waivers: what they accept, what they say, and when they fail."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run

HEADER = "rule,stack,resource,until,reason\n"
RULE = "azure-nothing-from-the-internet"
ROW = f'{RULE},open,open-network-*,2027-06-30,"half of the internet, for a week"\n'
FIRST = ("--today", "first")


@pytest.fixture
def file(project: Path, root: Path) -> Path:
    """The waivers of a project with a lab that half of the internet may reach."""
    text = (root / "stacks" / "Pulumi.azure-tiny.yaml").read_text("utf-8")
    lab = text.replace("203.0.113.0/24", "128.0.0.0/1")
    (project / "stacks" / "Pulumi.open.yaml").write_text(lab)
    return project / "waivers.csv"


def test_what_is_accepted_no_longer_fails_and_is_told_with_its_reason(run: Run, file: Path) -> None:
    assert run("check", "open", *FIRST).code == 1
    file.write_text("\ufeff" + HEADER + ROW, encoding="utf-8", newline="\r\n")
    said = run("check", "open", *FIRST, "-v")
    assert said.code == 0, said.err
    told = "half of the internet, for a week (waivers.csv:2, until 2027-06-30)"
    assert f"Because {told}." in said.out
    (found,) = [
        one
        for one in json.loads(run("check", "open", *FIRST, "--json").out)["findings"]
        if one["rule"] == RULE
    ]
    assert found["waived"] == told


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (ROW.replace("2027-06-30", "2026-12-31"), "lets in 128.0.0.0/1 (accepted until 2026-12-31"),
        (ROW.replace("open-network-*", "open-notebook-*"), "lets in 128.0.0.0/1"),
        (
            ROW + ROW.replace(RULE, "azure-no-forwarding"),
            "waivers.csv:3: open-network-*: nothing is against this rule",
        ),
    ],
    ids=["ended", "of another resource", "needed by nothing"],
)
def test_what_has_ended_or_is_not_needed_fails(run: Run, file: Path, rows: str, words: str) -> None:
    file.write_text(HEADER + rows)
    said = run("check", "open", "--today", "2027-01-11")
    assert said.code == 1
    assert words in said.out


def test_a_row_is_of_one_lab(run: Run, file: Path) -> None:
    row = ROW.replace(RULE, "azure-no-forwarding")  # which nothing is against, in either
    file.write_text(HEADER + row.replace(",open,", ",lab,"))
    said = run("check", "open", *FIRST)
    assert said.code == 1
    assert "waivers.csv" not in said.out
    said = run("check", "lab", *FIRST)
    assert said.code == 1
    assert "waivers.csv:2: open-network-*: nothing is against this rule" in said.out


def test_what_is_only_known_after_up_keeps_its_waiver(run: Run, file: Path) -> None:
    """A rule that was not looked at says nothing of whether its waiver is needed."""
    lab = file.parent / "stacks" / "Pulumi.lab.yaml"
    seats = ", ".join(f"s{number:03}" for number in range(31))
    told = f"{lab.read_text()}  mllab:notebook: {{size: cpu-small, seats: [{seats}]}}\n"
    lab.write_text(re.sub(r"limit_usd: \d+", "limit_usd: 100000", told))
    found = json.loads(run("check", "lab", *FIRST, "--json").out)["findings"]
    unknown = next(one for one in found if "known only after `up`" in one["message"])
    file.write_text(f"{HEADER}{unknown['rule']},lab,{unknown['name']},2028-01-01,why\n")
    assert run("check", "lab", *FIRST).code == 0


def test_every_fault_is_told_with_its_line(run: Run, file: Path) -> None:
    rows = (
        "no-such-rule,open,*,2028-01-01,why\n"
        f"{RULE},gone,*,soon,why\n"
        "\n"
        f"{RULE},open,*,2028-01-01,\n"
        f"{RULE},open,*,2028-01-01,one,two\n"
    )
    file.write_text(HEADER + rows)
    said = run("check", "open", *FIRST)
    assert said.code == 2
    for words in (
        "waivers.csv:2: rule: must be one of docs/rules.md (got 'no-such-rule')",
        "waivers.csv:3: stack: must be one of `mllab list` (got 'gone')",
        "waivers.csv:3: until: must be a day, like 2027-12-31 (got 'soon')",
        "waivers.csv:5: reason: must be given",
        "waivers.csv:6: must have 5 columns (got 6)",
        "docs/rules.md",
    ):
        assert words in said.err
    file.write_text("rule,profile,resource,until,reason\n")
    assert "waivers.csv:1: must be rule,stack,resource,until,reason" in run("check", "open").err
    file.write_text(f'{HEADER}"{RULE},open\n')
    assert "waivers.csv: cannot be read: " in run("check", "open", *FIRST).err
    file.write_bytes(b"\xff\xfe")
    assert "waivers.csv: cannot be read: " in run("check", "open", *FIRST).err


def test_a_project_of_ones_own_begins_with_the_file(run: Run, file: Path) -> None:
    run("init", "new")
    made = file.parent / "new" / "waivers.csv"
    assert made.read_text() == HEADER
    made.write_text(HEADER + ROW)
    assert run("init", "new").code == 0, "rows are the project's own"
    made.write_text("name,price\n")
    assert "of another project" in run("init", "new").err
