"""Where a rule begins, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mllab.engines.contract import Resource
from mllab.rules import aws, azure, gcp, money, removal
from mllab.rules.finding import Rule
from mllab.rules.judge import judge
from mllab.rules.networks import is_wide
from mllab.settings import files
from mllab.settings.lab import Lab

RULES = {each.id: each for each in (*aws.RULES, *azure.RULES, *gcp.RULES, *money.RULES)}
RULES |= {each.id: each for each in removal.RULES}
IAP = "35.235.240.0/20"
KEYS = ("lab", "stack", "owner", "role", "managed-by", "expires")
TO_ALL = {
    "direction": "EGRESS",
    "destinationRanges": ["0.0.0.0/0"],
    "allows": [{"protocol": "all"}],
}


def ingress(*ports: str) -> dict[str, Any]:
    return {
        "direction": "INGRESS",
        "sourceRanges": [IAP],
        "allows": [{"protocol": "tcp", "ports": [*ports]}],
    }


@pytest.fixture(scope="module")
def labs(root: Path) -> dict[str, Lab]:
    return {
        cloud: files.load(root / "stacks" / f"Pulumi.{cloud}-course.yaml")
        for cloud in ("aws", "azure", "gcp")
    }


def found(rule: Rule, type: str, inputs: dict[str, Any], lab: Lab) -> list[str]:
    one = Resource("urn:x", type, "x", True, "", inputs)
    return [each.message for each in judge([one], lab, rules=[rule], waivers=())]


@pytest.mark.parametrize(
    ("rule", "type", "inputs", "messages"),
    [
        ("gcp-nothing-from-the-internet", "gcp:compute/firewall:Firewall", ingress("22"), []),
        (
            "gcp-nothing-from-the-internet",
            "gcp:compute/firewall:Firewall",
            ingress("22", "8888"),
            [f"lets in {IAP}"],
        ),
        ("gcp-nothing-from-the-internet", "gcp:compute/firewall:Firewall", TO_ALL, []),
        (
            "aws-nothing-from-the-internet",
            "aws:ec2/securityGroup:SecurityGroup",
            {"ingress": [{"ipv6CidrBlocks": ["::/0"]}]},
            ["lets in ::/0"],
        ),
        ("removable-tagged", "aws:ebs/volume:Volume", {"tags": dict.fromkeys(KEYS, "x")}, []),
        *(
            (
                "removable-tagged",
                "aws:ebs/volume:Volume",
                {"tags": dict.fromkeys([each for each in KEYS if each != key], "x")},
                [f"lacks the tags {key}"],
            )
            for key in KEYS
        ),
        (
            "removable-own-name",
            "aws:s3/bucket:Bucket",
            {"bucket": "my-shared"},  # six letters are a word, seven of Pulumi's are not
            ["is called my-shared, as another lab may be"],
        ),
        ("removable-own-name", "aws:s3/bucket:Bucket", {"bucket": "data-0a1b2c3"}, []),
    ],
)
def test_a_rule_begins_where_it_says(
    labs: dict[str, Lab], rule: str, type: str, inputs: dict[str, Any], messages: list[str]
) -> None:
    cloud = type.partition(":")[0]
    assert found(RULES[rule], type, inputs, labs[cloud]) == messages


@pytest.mark.parametrize(
    ("source", "wide"),
    [("128.0.0.0/7", True), ("10.0.0.0/8", False), ("2000::/7", True), ("2000::/8", False)],
)
def test_a_network_is_wide_from_sixteen_million_addresses_on(source: str, wide: bool) -> None:
    assert is_wide(source) is wide


@pytest.mark.parametrize(("profile", "count"), [("course", 1), ("strict", 0)])
def test_only_a_course_must_leave_nothing_locked(
    labs: dict[str, Lab], profile: str, count: int
) -> None:
    lab = labs["gcp"]
    lab = lab.model_copy(update={"lab": lab.lab.model_copy(update={"profile": profile})})
    rule, type = RULES["removable-unlocked"], "gcp:compute/instance:Instance"
    assert len(found(rule, type, {"deletionProtection": True}, lab)) == count


@pytest.mark.parametrize(("stop_at", "count"), [("20:00", 1), (None, 0)])
def test_a_daily_stop_is_wanted_where_the_settings_give_one(
    labs: dict[str, Lab], stop_at: str | None, count: int
) -> None:
    lab = labs["aws"]
    notebook = lab.notebook.model_copy(update={"stop_at": stop_at})
    lab = lab.model_copy(update={"notebook": notebook})
    rule, type = RULES["cost-daily-stop"], "aws:ec2/instance:Instance"
    assert len(found(rule, type, {}, lab)) == count
