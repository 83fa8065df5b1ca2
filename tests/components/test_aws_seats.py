"""A machine follows its home disk to a zone, or is refused."""

from __future__ import annotations

from components import catalog
from tests.components.labs import answers, refusal, variant

HOMES = "ebs/volume:Volume"


def test_machine_follows_its_home_disk_when_the_choice_of_zones_changes() -> None:
    chosen = variant().one(HOMES).inputs["availabilityZone"]
    other = next(f"us-east-1{z}" for z in "abcdf" if f"us-east-1{z}" != chosen)
    home = "aws-course-notebook-shared-home"
    rendered = variant(recorded={home: {"availabilityZone": other}})
    assert rendered.one(HOMES).options["ignoreChanges"] == ["availabilityZone", "kmsKeyId"]
    box = rendered.one("ec2/instance:Instance")
    assert box.inputs["subnetId"] == f"aws-course-network-subnet-{other[-1]}-id"


def test_refuses_a_size_that_a_home_disk_cannot_follow() -> None:
    home = "aws-course-notebook-shared-home"
    recorded = {home: {"availabilityZone": "us-east-1f"}}
    assert refusal(variant, said=answers("ab"), recorded=recorded) == (
        "the home disk of seat shared is in us-east-1f, where g4dn.xlarge is not offered, and a"
        " disk cannot move: choose a mllab:notebook.size that is offered there, or save what is on"
        " the disk and give the seat another name"
    )


def test_refuses_jobs_where_a_home_disk_is_not() -> None:
    """The network has subnets only where both kinds of machines can be had."""
    home = "aws-course-notebook-shared-home"
    recorded = {home: {"availabilityZone": "us-east-1f"}}
    said = answers({"g4dn.xlarge": "abf", "p4d.24xlarge": "ab"})
    message = refusal(
        variant, said=said, recorded=recorded, cluster=catalog.machine("aws", "p4d.24xlarge", "job")
    )
    assert message == (
        "the home disk of seat shared is in us-east-1f, where p4d.24xlarge is not offered, and a"
        " disk cannot move: choose a mllab:cluster.size that is offered there, or save what is on"
        " the disk and give the seat another name"
    )
