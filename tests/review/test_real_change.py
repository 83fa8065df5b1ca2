"""A change of settings and of components at once, in the real program: each does what it must.

A GPU of twice the size, a bucket that is replaced, a port that is opened, a seat that is removed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.review.repository import LAB, Repository, with_code

RULES = "        # Rules are resources of their own: rules inside a group would undo them.\n"
PORT = """\
        vpc.SecurityGroupIngressRule(
            f"{name}-open",
            security_group_id=self.compute_group.id,
            cidr_ipv4=ANYWHERE,
            ip_protocol="tcp",
            from_port=8888,
            to_port=8888,
            description="A notebook for everybody",
            tags=named(labels, f"{name}-open"),
            opts=child(self),
        )
"""
NAME = '            f"{name}-bucket",\n            force_destroy'


@pytest.fixture(scope="module")
def labs(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    made = with_code(root, tmp_path_factory.mktemp("real") / "labs", {"lab": LAB})
    made.replace("stacks/Pulumi.lab.yaml", "gpu-small", "gpu-multi")
    made.replace("stacks/Pulumi.lab.yaml", "bob, cleo", "bob")
    made.replace("components/aws/network.py", RULES, PORT + RULES)
    bucket = NAME.replace("force", 'bucket="lab-data-of-a",\n            force')
    made.replace("components/aws/storage.py", NAME, bucket)
    return made


@pytest.fixture(scope="module")
def told(labs: Repository, tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("out")
    words = ["review", "--base", "main", "--out", str(out), "--today", "2026-11-30"]
    done = subprocess.run(
        [sys.executable, "cli.py", *words], cwd=labs.folder, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr + done.stdout
    assert "lab-storage-bucket" in done.stdout
    return json.loads((out / "report.json").read_text())


def test_the_code_that_differs_is_named(told: Any) -> None:
    assert told["code"] == ["components/aws/network.py", "components/aws/storage.py"]


def test_each_change_is_ascribed_to_what_makes_it(told: Any) -> None:
    (lab,) = told["stacks"]
    seats = "notebook.seats: without cleo"
    size = "notebook.size: gpu-small -> gpu-multi"
    found = {
        (one["kind"], name): [cause["text"] for cause in one["causes"]]
        for one in lab["hazards"]
        for name in one["names"]
    }
    assert found[("data", "lab-storage-bucket")] == ["code"]
    assert found[("data", "lab-notebook-cleo-home")] == [seats]
    assert found[("work", "lab-notebook-cleo")] == [seats]
    for seat in ("ann", "bob"):
        assert found[("restarts", f"lab-notebook-{seat}")] == [size]
    (bucket,) = (one for one in lab["hazards"] if one["names"] == ["lab-storage-bucket"])
    (cause,) = bucket["causes"]
    assert cause["file"] == "components/aws/storage.py"
    assert cause["line"] > 0


def test_the_port_is_a_new_result_of_the_rules(told: Any) -> None:
    (lab,) = told["stacks"]
    assert [one["op"] for one in lab["resources"] if one["name"] == "lab-network-open"] == [
        "create"
    ]
    found = [one for one in lab["findings"] if one["resource"] == "lab-network-open"]
    assert found
    assert all(one["state"] == "new" for one in found)
    assert any(one["fails"] for one in found)
    news = {(one["rule"], one["resource"]) for one in lab["findings"] if one["state"] != "old"}
    opened = ("aws-nothing-from-the-internet", "lab-network-open")
    assert news == {opened, ("removable-own-name", "lab-storage-bucket")}
    assert told["exit_code"] == 1
    assert told["verdict"]["text"] == "data would be lost"
