"""Rules, on resources that break one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mllab.engines.contract import Resource
from mllab.rules import aws, secrets
from mllab.rules.judge import judge
from mllab.rules.paths import GONE, Unknown, at
from mllab.settings import files


def volume(**inputs: object) -> Resource:
    return Resource(
        "urn:v",
        "aws:ebs/volume:Volume",
        "home",
        True,
        "",
        inputs,
        source="components/aws/notebook.py:1",
    )


@pytest.fixture(scope="module")
def stack(root: Path) -> Path:
    return root / "stacks" / "Pulumi.aws-course.yaml"


def test_what_is_wrong_is_told_with_its_place(stack: Path) -> None:
    (found,) = judge([volume(encrypted=False)], files.load(stack), rules=aws.RULES)
    assert (found.rule, found.name, found.fails) == ("aws-volume-encrypted", "home", True)
    assert found.message == "encrypted is false, it must be true"
    assert found.source == "components/aws/notebook.py:1"
    assert not judge([volume(encrypted=True)], files.load(stack), rules=aws.RULES)


def test_what_is_not_known_is_not_taken_for_right(stack: Path) -> None:
    (found,) = judge([volume(encrypted={"$unknown": True})], files.load(stack), rules=aws.RULES)
    assert "known only after `up`" in found.message
    assert found.severity == "warning"


def test_settings_have_places(stack: Path) -> None:
    where = files.places(stack)
    line = next(
        number
        for number, text in enumerate(stack.read_text("utf-8").splitlines(), 1)
        if text.strip().startswith("profile:")
    )
    assert where("lab.profile") == f"stacks/Pulumi.aws-course.yaml:{line}"
    assert where("azure.ssh_from") == ""


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        ({"disks": [{"sealed": True}, {"sealed": False}]}, [True, False]),
        ({"disks": [{"sealed": True}, {}]}, [True, GONE]),
        ({"disks": []}, [GONE]),  # or nobody would miss what is not said of any
        ({"disks": None}, [GONE]),
        ({}, [GONE]),
    ],
)
def test_what_nothing_is_said_of_is_not_set(inputs: dict[str, object], found: list[object]) -> None:
    assert list(at(inputs, "disks.*.sealed")) == found


def test_what_is_inside_something_unknown_is_unknown() -> None:
    for value in ({"disks": {"$unknown": True}}, {"disks": [{"sealed": {"$secret": True}}]}):
        with pytest.raises(Unknown, match="disks.sealed"):
            list(at(value, "disks.*.sealed"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("x=AKIAABCDEFGHIJKLMNOP", "an access key of AWS"),
        ("x=ASIAABCDEFGHIJKLMNOP", "an access key of AWS"),
        (f"AccountKey={'A' * 40}", "a key of a storage account"),
        (f"AIza{'A' * 35}", "a key of an API of Google"),
        *((f"gh{kind}_{'A' * 36}", "a token of GitHub") for kind in "pousr"),
        (f"hf_{'A' * 34}", "a token of Hugging Face"),
        ("PassWord: hunter22", "a password"),
        ("passwd='hunter22'", "a password"),
        ("SECRET_KEY = hunter22", "a password"),
        ("password=$GIVEN", ""),
        ("xAKIAABCDEFGHIJKLMNOP", ""),
    ],
)
def test_a_secret_is_known_by_its_form(stack: Path, text: str, what: str) -> None:
    machine = Resource("urn:i", "aws:ec2/instance:Instance", "i", True, "", {"userData": text})
    found = judge([machine], files.load(stack), rules=secrets.RULES)
    assert [one.message for one in found] == ([f"userData holds {what}"] if what else [])
