"""Texts that are made of values of which some are only known later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.awaited import with_values
from tests.engines.bench import Bench
from tests.scenarios.toy import Thing


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_values_come_in_their_order_with_what_they_depend_on(bench: Bench) -> None:
    def program() -> None:
        first = Thing("first", {})
        told = with_values({"a": "1", "id": first.id, "z": 2}, lambda all: str([*all.items()]))
        Thing("second", {"name": told})

    bench.up(program)
    made = bench.resources()
    first = made["first"]
    assert made["second"]["inputs"]["name"] == f"[('a', '1'), ('id', '{first['id']}'), ('z', 2)]"
    assert made["second"]["propertyDependencies"] == {"name": [first["urn"]]}


def test_plain_values_alone_are_enough(bench: Bench) -> None:
    def program() -> None:
        Thing("one", {"name": with_values({"a": "1"}, lambda all: all["a"])})

    bench.up(program)
    assert bench.resources()["one"]["inputs"]["name"] == "1"


def test_a_plain_value_makes_no_output(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 seats tell their machines a dozen plain values each."""
    made: list[Any] = []
    track = pulumi.Output._track
    monkeypatch.setattr(pulumi.Output, "_track", lambda self: (made.append(self), track(self)))

    def count(**values: str) -> int:
        def program() -> None:
            made.clear()
            with_values({"later": pulumi.Output.from_input("x"), **values}, str)

        bench.preview(program)
        return len(made)

    assert count() == count(a="1", b="2", c="3")
