"""`cost --compare`: the same lab elsewhere, and what is not known there."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import Run

PAST = ("--today", "2027-01-11")


@pytest.fixture
def gcp(root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(root)
    return "gcp-course"


def test_a_comparison_names_every_place_and_what_is_not_known_there(
    run: Run, gcp: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = run("cost", gcp, "--compare", *PAST)
    assert (said.code, said.err) == (0, "")
    assert max(len(line) for line in said.out.splitlines()) <= 80
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert "asleep an hour typical week worst day the term" in lines
    assert "gcp us-central1 15.40 + ? 1.17 + ? 10.39 + ? 73.20 + ? 38.58 + ?" in lines
    begun = [line.partition(" ")[0] for line in lines if line.endswith("?")]
    assert begun == ["gcp", "azure", "gcp", "gcp", "gcp"], "all is known on AWS"
    text = " ".join(lines)
    assert "What does not carry over to aws us-east-1: AWS has no region in Iowa" in text
    assert "In 20 of 42 other regions of Google Cloud prices that are known here are" in text
    assert "it makes no place the cheaper one" in text
    old = text.partition("would add to a typical week: ")[2].partition(". ")[0].split(", ")
    assert old[0] == "gcp us-central1 0.16"
    assert old[1].startswith("azure "), "none of AWS is too old"
    assert "? in azure centralus: Standard SSD E6 LRS; " in text


def test_the_comparison_is_in_the_document(run: Run) -> None:
    told = json.loads(run("cost", "lab", "--compare", "--json", *PAST).out)
    assert (told["cloud"], told["region"]) == ("aws", "us-east-1")
    azure, gcp, *near = told["elsewhere"]["places"]
    assert (azure["cloud"], azure["region"], gcp["cloud"]) == ("azure", "eastus", "gcp")
    assert {place["cloud"] for place in near} == {"aws"}
    assert len(near) <= 3
    for place in (azure, gcp, *near):
        assert Decimal(place["term"]["worst"]["usd"]) >= Decimal(place["total"]["day"]["usd"]) > 0
        assert place["complete"] == (not place["missing"])
        assert place["not_compared"] is None
    left = "data: objects, files, home disks and images stay in the old lab"
    assert left in gcp["does_not_carry_over"]
    assert told["elsewhere"]["regions_not_compared"] > 0
