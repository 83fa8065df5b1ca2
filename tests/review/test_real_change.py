"""A change of settings and of components at once, in the real program: each does what it must.

A machine of twice the size, another bucket, a port that is opened, a seat that is removed.
"""

from __future__ import annotations

import pytest

from tests.review.conftest import Real
from tests.review.real_change import CLOUDS, TWICE

STORE = {"aws": "storage-bucket", "azure": "storage-account", "gcp": "storage-bucket"}
OPENED = {"aws": "network-open", "azure": "network-closed", "gcp": "network-open"}


def test_the_code_that_differs_is_named(real: Real) -> None:
    assert real.told["code"] == [
        f"components/{cloud}/{module}.py" for cloud in CLOUDS for module in ("network", "storage")
    ]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_change_is_ascribed_to_what_makes_it(real: Real, cloud: str) -> None:
    lab = real.stacks[f"{cloud}-course"]
    found = {
        (one["kind"], name.removeprefix(f"{cloud}-course-")): one["causes"]
        for one in lab["hazards"]
        for name in one["names"]
    }
    texts = {key: [cause["text"] for cause in causes] for key, causes in found.items()}
    assert texts["data", STORE[cloud]] == ["code"]
    assert texts["data", "notebook-cy-home"] == ["notebook.seats: without cy"]
    assert texts["work", "notebook-cy"] == ["notebook.seats: without cy"]
    for seat in ("ann", "bob"):
        size = f"notebook.size: gpu-small -> {TWICE[cloud]}"
        assert texts["restarts", f"notebook-{seat}"] == [size]
    (cause,) = found["data", STORE[cloud]]
    assert cause["file"] == f"components/{cloud}/storage.py"
    assert cause["line"] > 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_port_is_a_new_result_of_the_rules(real: Real, cloud: str) -> None:
    lab = real.stacks[f"{cloud}-course"]
    rule, name = f"{cloud}-nothing-from-the-internet", f"{cloud}-course-{OPENED[cloud]}"
    news = [one for one in lab["findings"] if one["state"] == "new"]
    assert [(one["rule"], one["resource"], one["fails"]) for one in news] == [(rule, name, True)]
    (op,) = (one["op"] for one in lab["resources"] if one["name"] == name)
    assert op == ("update" if cloud == "azure" else "create")
    others = [one for one in lab["findings"] if one["state"] not in {"new", "old"}]
    assert not others, "nobody put right what went with the seat"


def test_the_verdict_is_the_worst_of_it(real: Real) -> None:
    assert real.told["exit_code"] == 1
    assert real.told["verdict"]["text"] == "data would be lost"
    assert "6 machines restart" in real.told["verdict"]["details"]
    assert "3 rule results must be fixed" in real.told["verdict"]["details"]
