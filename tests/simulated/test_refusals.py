"""What the simulated clouds refuse, with the code and words of the real ones: cases are data."""

from __future__ import annotations

import copy
import functools
import json
import re
from typing import Any

import pytest

from tests.simulated.account import Account
from tests.simulated.azure.subscription import MISSING, Subscription, put
from tests.simulated.caller import Caller
from tests.simulated.gcp.project import Project
from tests.simulated.samples import build, filled, written

Case = dict[str, Any]
TEXTS = ("assumeRolePolicy", "containerProperties", "policy")
"""Inputs on AWS that are JSON in a text; in the cases they are objects."""
Lab = tuple[Caller, dict[str, dict[str, Any]]]


def cases(cloud: type[Caller], file: str) -> list[Any]:
    """The cases of a file, by their names or by what is said."""
    found = {name: case for name, case in written(cloud, file).items() if name != "bases"}
    unnamed = [(case["fault"], case) for case in found.pop("cases", ())]
    every = [*unnamed, *found.items()]
    return [pytest.param(cloud, case, id=f"{cloud.cloud} {name}") for name, case in every]


@functools.cache
def lab(cloud: type[Caller]) -> Lab:
    """An account that has all samples, for refusals alone: they leave nothing behind."""
    account = cloud()  # type: ignore[call-arg]
    return account, build(account)


def words(text: str, made: dict[str, dict[str, Any]]) -> str:
    """With outputs of samples in place of `{name.property}`, of `{name}` its id."""

    def fill(found: re.Match[str]) -> str:
        return str(made[found[1]][found[2] or "id"]) if found[1] in made else found[0]

    return re.sub(r"\{([\w-]+)(?:\.(\w+))?\}", fill, text)


def like_a_sample(where: Lab, case: Case) -> str:
    """What is said to something like a sample with other properties, or to a change of it."""
    account, made = where
    sample = made[case["like"]]
    given, change = copy.deepcopy(sample["given"]), case.get("with", {})
    name = account.provider.kind(sample["token"]).facts.name
    if "update" not in case and name in given and name not in change:
        given[name] = f"{given[name]}x"
    for path, value in change.items():
        put(given, path.split("."), MISSING if value == "@missing" else filled(value, made))
    if "update" in case:
        return account.not_updated(sample["token"], sample["id"], given)
    return account.refused(sample["token"], given, f"{case['like']}x")


@pytest.mark.parametrize(
    ("cloud", "case"),
    [
        *cases(Account, "refusals"),
        *cases(Subscription, "refusals"),
        *cases(Subscription, "refused_services"),
        *cases(Project, "refusals"),
    ],
)
def test_a_cloud_refuses(cloud: type[Caller], case: Case) -> None:
    account, made = lab(cloud)
    before = account.whole.inventory(standing=True)
    if "like" in case:
        said = like_a_sample((account, made), case)
    else:
        given = filled(case.get("with", {}), made)
        texts = {key: json.dumps(given[key]) for key in TEXTS if isinstance(given.get(key), dict)}
        said = account.refused(case["make"], given | texts, "another")
    assert said == words(case["says"], made)
    assert account.whole.inventory(standing=True) == before


@pytest.mark.parametrize(("cloud", "case"), [*cases(Account, "faults"), *cases(Project, "faults")])
def test_the_provider_refuses(cloud: type[Caller], case: Case) -> None:
    faults = cloud().faults(case["make"], case.get("with", {}))  # type: ignore[call-arg]
    assert faults == (case["fault"],)
