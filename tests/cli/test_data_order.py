"""Data at risk is named in one order, whatever the order of the plan."""

from __future__ import annotations

import itertools

from mllab.engines.contract import Holding
from mllab.errors import DataAtRisk
from mllab.lifecycle import data_protection


def test_names_are_told_in_one_order() -> None:
    said = set()
    holdings = [Holding(f"urn:{n}", "t", n, "home disk", "50 GB") for n in ("a", "b", "c")]
    for losing in itertools.permutations(holdings):
        try:
            data_protection.release(losing, [], keep=True, command="mllab up x")
        except DataAtRisk as error:
            said.add(f"{error.message}\n{error.hint}")
    (one,) = said
    assert one.endswith("mllab up x --delete-data a --delete-data b --delete-data c")
