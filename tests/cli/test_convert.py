"""`new --from`: a lab of one cloud, brought to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import DAY, Run

TO_GCP = ("--from", "lab", "--cloud", "gcp")


def test_a_lab_is_brought_to_another_cloud_and_what_stays_is_named(run: Run, project: Path) -> None:
    said = run("new", "there", *TO_GCP, *DAY)
    assert said.code == 0, said.err
    assert "Wrote stacks/Pulumi.there.yaml. Next: mllab rehearse there" in said.out
    assert "gcp:region: us-east4 instead of us-east-1" in said.err
    assert "stay in the old lab" in said.err
    assert "cloud: gcp" in (project / "stacks" / "Pulumi.there.yaml").read_text()
    assert run("check", "there", *DAY).code == 0


@pytest.mark.parametrize("cloud", [(), ("--cloud", "aws")])
def test_a_lab_is_taken_again_for_the_next_term(
    run: Run, project: Path, cloud: tuple[str, ...]
) -> None:
    assert run("new", "autumn", "--from", "lab", *cloud, *DAY).code == 0
    old, new = (
        (project / "stacks" / f"Pulumi.{name}.yaml").read_text() for name in ("lab", "autumn")
    )
    assert new == old
    late = run("new", "later", "--from", "lab", "--today", "2027-06-01")
    assert "lab.ends: is past, today is 2027-06-01" in late.err


@pytest.mark.parametrize("region", ["europe-west3", "Frankfurt", "Europe-West3"])
def test_a_region_can_be_named(run: Run, project: Path, region: str) -> None:
    assert run("new", "there", *TO_GCP, "--region", region, *DAY).code == 0
    assert "gcp:region: europe-west3" in (project / "stacks" / "Pulumi.there.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--cloud", "gcp"), "--set lab.cloud=gcp"),
        (("--region", "us-east4"), "--set region=us-east4"),
        ((*TO_GCP, "--set", "lab.owner=b@example.edu"), "--set lab.owner=b@example.edu"),
        (("--from", "lab", "--cloud", "mars"), "aws, azure, gcp"),
        (("--from", "nowhere", "--cloud", "gcp"), "nowhere"),
    ],
)
def test_what_does_not_go_together_writes_nothing(
    run: Run, project: Path, words: tuple[str, ...], told: str
) -> None:
    said = run("new", "there", *words, *DAY)
    assert said.code == 2
    assert told in said.err
    assert not (project / "stacks" / "Pulumi.there.yaml").exists()
