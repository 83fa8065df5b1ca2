"""A change that the cloud refuses on what exists: told with its setting, each thing by itself."""

from __future__ import annotations

import pytest

from mllab.lifecycle.review.model import Report
from mllab.lifecycle.review.run import review
from mllab.show.review.markdown import comment
from mllab.show.review.page import page
from mllab.show.review.words import verdict
from tests.review.conftest import TODAY
from tests.review.repository import LAB, Repository

AZURE = """\
config:
  azure-native:location: eastus
  mllab:lab: {cloud: azure, owner: a@example.edu, starts: "2027-01-11", ends: "2027-02-05"}
  mllab:azure: {ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleE a]}
  mllab:notebook: {size: gpu-small, disk_gb: 120, seats: [ann]}
  mllab:budget: {limit_usd: 1000}
"""  # noqa: E501


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Report:
    stacks = {
        "system": AZURE,
        "less": LAB.replace("seats:", "home_gb: 50\n    seats:"),
        "moved": LAB,
    }
    labs = Repository(tmp_path_factory.mktemp("refused") / "labs", stacks)
    labs.replace("stacks/Pulumi.system.yaml", "disk_gb: 120", "disk_gb: 130")
    labs.replace("stacks/Pulumi.less.yaml", "home_gb: 50", "home_gb: 40")
    labs.replace("stacks/Pulumi.moved.yaml", "us-east-1", "us-west-2")
    return review(labs.folder, "main", TODAY)


@pytest.mark.parametrize(
    ("name", "count", "words", "cause"),
    [
        (
            "less",
            3,
            "size 50 -> 40: a disk cannot be made smaller; put the old value back",
            ("notebook.home_gb: 50 -> 40", "stacks/Pulumi.less.yaml", 6),
        ),
        (
            "system",
            1,
            "az vm deallocate --ids ID",
            ("notebook.disk_gb: 120 -> 130", "stacks/Pulumi.system.yaml", 5),
        ),
    ],
)
def test_what_the_cloud_refuses_is_told_with_its_setting(
    refused: Report, name: str, count: int, words: str, cause: tuple[str, str, int]
) -> None:
    (stack,) = (one for one in refused.stacks if one.stack == name)
    hazard, *_ = stack.hazards  # the worst first
    assert (hazard.kind, len(hazard.names)) == ("refused", count)
    (told,) = hazard.words
    assert words in told
    assert [(one.text, one.file, one.line) for one in hazard.causes] == [cause]
    assert not stack.refusals, "nothing is told twice"
    assert verdict(refused.model_copy(update={"stacks": [stack]})).head == "`up` would refuse this"


def test_nothing_is_said_of_a_run_and_lines_stay_lines(refused: Report) -> None:
    for text in (comment(refused), page(refused)):
        assert "nothing was changed" not in text
        assert "`up` refuses" in text
        assert "/subscriptions/" not in text, "ids of a simulated cloud are nobody's"
    first, second = "now describe another lab", "aws:region: us-east-1"
    assert f"{first}`<br>`{second}" in comment(refused)
    assert f"{first}\n  {second}" in page(refused)
