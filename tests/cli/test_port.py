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


def test_a_region_can_be_named(run: Run, project: Path) -> None:
    assert run("new", "there", *TO_GCP, "--region", "europe-west3", *DAY).code == 0
    assert "gcp:region: europe-west3" in (project / "stacks" / "Pulumi.there.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "lab"), "--cloud NAME"),
        (("--cloud", "gcp"), "--set lab.cloud=gcp"),
        (("--region", "us-east4"), "--set region=us-east4"),
        ((*TO_GCP, "--set", "lab.owner=b@example.edu"), "--set lab.owner=b@example.edu"),
        (("--from", "lab", "--cloud", "aws"), "azure or gcp"),
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
