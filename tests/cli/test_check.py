"""`check`: a lab by its name or by its file, on a given day or on its own first one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mllab.lifecycle import checking
from tests.cli.conftest import DAY, Run


def test_check_takes_the_path_of_a_file(
    run: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    assert run("check", "stacks/Pulumi.lab.yaml", *DAY).out.startswith("stacks/Pulumi.lab.yaml: ok")
    monkeypatch.chdir(path.parent)
    assert run("check", "Pulumi.lab.yaml", *DAY).code == 0
    monkeypatch.chdir(tmp_path)  # outside of any project
    assert run("check", str(path), *DAY).code == 0
    assert json.loads(run("check", str(path), *DAY, "--json").out)["ok"] is True


def test_a_wrong_file_is_told_with_the_command_that_checks_it_again(
    run: Run, project: Path, tmp_path: Path
) -> None:
    path = tmp_path / "else where" / "Pulumi.x.yaml"
    path.parent.mkdir()
    path.write_text("config: {}\n")
    said = run("check", str(path))
    assert said.code == 2
    assert f"mllab check '{path}'" in " ".join(said.err.split())
    missing = run("check", "stacks/Pulumi.gone.yaml")
    assert missing.code == 2
    assert "does not exist" in missing.err
    assert "must be called Pulumi.<stack>.yaml" in run("check", "x.yaml").err


def test_a_region_that_is_not_simulated_is_right_and_told(run: Run, project: Path) -> None:
    """`tests/simulated` knows all of them."""
    assert "rehearsed" not in run("check", "lab", *DAY).out
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("us-east-1", "mx-central-1"))
    said = run("check", "lab", *DAY)
    assert said.code == 0
    assert "cannot be rehearsed: the simulated AWS does not know mx-central-1" in said.out
    assert "does not know the region" in " ".join(run("rehearse", "lab", *DAY).out.split())


def test_a_lab_that_is_over_is_right_on_its_own_first_day(run: Run, project: Path) -> None:
    assert "is past" in run("check", "lab", "--today", "2031-01-01").err
    assert run("check", "lab", "--today", "first").code == 0
    path = project / "stacks" / "Pulumi.lab.yaml"
    text = path.read_text().replace("2027", "2019")
    path.write_text(text)
    assert "is past" in run("check", "lab", *DAY).err
    assert run("check", "lab", "--today", "first").code == 0, "whatever year it was"
    path.write_text(text.replace("2019-01-11", "2019-06-11"))
    assert "must not be before lab.starts" in run("check", "lab", "--today", "first").err


def test_only_check_knows_a_first_day(run: Run) -> None:
    assert "is not a day" in run("preview", "lab", "--simulate", "--today", "first").err


def test_what_is_against_a_rule_is_told_with_the_setting_that_decides_it(
    run: Run, project: Path, root: Path
) -> None:
    """Half of the internet may reach a machine: the settings allow it, the rules do not."""
    text = (root / "stacks" / "Pulumi.azure-tiny.yaml").read_text("utf-8")
    path = project / "stacks" / "Pulumi.open.yaml"
    path.write_text(text)
    assert run("check", "open", "--today", "first").code == 0
    path.write_text(text.replace("203.0.113.0/24", "128.0.0.0/1"))
    line = next(n for n, words in enumerate(path.read_text().splitlines(), 1) if "128.0" in words)
    said = run("check", "open", "--today", "first")
    assert said.code == 1
    assert "ok" not in said.out
    assert "ssh-from-named-addresses lets in 128.0.0.0/1" in said.out
    assert f"(stacks/Pulumi.open.yaml:{line})" in said.out
    assert said.out.splitlines()[-1].startswith("Cost by list prices, USD: ")
    assert "open: 1 rule not kept" in said.err
    told = json.loads(run("check", "open", "--today", "first", "--json").out)
    assert told["ok"] is False
    (found,) = [each for each in told["findings"] if each["severity"] == "error"]
    assert found["rule"] == "azure-nothing-from-the-internet"
    assert found["setting"] == f"stacks/Pulumi.open.yaml:{line}"


def test_a_right_lab_says_what_it_may_do_against_rules_and_what_it_costs(run: Run) -> None:
    first, rules, cost = run("check", "lab", *DAY).out.splitlines()
    assert first.startswith("lab: ok. ")
    assert rules == "Rules: 3 warnings; -v lists them."
    assert cost.startswith("Cost by list prices, USD: ")
    verbose = run("check", "lab", *DAY, "-v").out
    assert verbose.count("\nwarning: ") == 3
    assert "aws-bucket-versions" in verbose


def test_where_nothing_can_be_declared_nobody_says_that_rules_are_kept(
    run: Run, project: Path
) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text(path.read_text().replace("us-east-1", "mx-central-1"))
    said = run("check", "lab", *DAY)
    assert "lab: ok" not in said.out
    assert "Rules and cost were not looked at: the simulated AWS does not know" in said.out
    told = json.loads(run("check", "lab", *DAY, "--json").out)
    assert told["findings"] is None
    assert "mx-central-1" in told["not_looked_at"]


def test_of_many_seats_what_is_known_before_up_alone_is_looked_at(run: Run, project: Path) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    seats = ", ".join(f"s{number:03}" for number in range(checking.SEATS + 1))
    path.write_text(f"{path.read_text()}  mllab:notebook: {{size: cpu-small, seats: [{seats}]}}\n")
    told = json.loads(run("check", "lab", *DAY, "--json").out)
    unknown = [each for each in told["findings"] if "known only after `up`" in each["message"]]
    assert unknown
    assert {each["severity"] for each in unknown} == {"warning"}
