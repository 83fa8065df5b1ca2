"""A failure tells of one machine's quota; what is asked for must be enough for the whole lab."""

from __future__ import annotations

import pytest

from mllab.engines.contract import Failure, Op
from mllab.lifecycle.deploy import explain
from mllab.lifecycle.quota import Shortage

CURE = "the quota CPUS in us-central1 must be at least 6 vCPUs; ask for it:\nask --value=6"
IN_ALL = "    the whole lab needs 60 vCPUs of CPUS: ask for that"


def failure(cure: str = CURE) -> Failure:
    return Failure("urn", "gcp:compute/instance:Instance", "n", Op.CREATE, "Q", "no", cure, "")


@pytest.mark.parametrize(
    ("code", "needed", "lines"),
    [
        ("CPUS", 60, [IN_ALL]),
        ("CPUS", 7, [IN_ALL.replace("60", "7")]),
        ("CPUS", 6, []),  # the cure says so already
        ("CPUS", 5, []),  # the account's other labs need the rest
        ("PUS", 60, []),
        ("GPUS_ALL_REGIONS", 60, []),
    ],
)
def test_the_whole_labs_need_is_told(code: str, needed: float, lines: list[str]) -> None:
    found = explain(
        [failure()] * 3, [Shortage(code, needed, 5, "vCPUs" if "CPUS" in code else "GPUs")]
    )
    assert [line for line in found if "whole lab" in line] == lines


def test_without_a_cure_there_is_nothing_to_ask_for() -> None:
    assert not [
        line for line in explain([failure("")], [Shortage("CPUS", 60, 5, "vCPUs")]) if "ask" in line
    ]
