"""What no file can hold and Python can: the models refuse it as well."""

from __future__ import annotations

import math
from datetime import date, datetime, time

import pytest
from pydantic import ValidationError

from mllab.settings.lab import Lab, Notebook

LEAST = {
    "stack": "x",
    "region": "us-east-1",
    "lab": {"cloud": "aws", "owner": "ann@example.edu", "ends": date(2027, 2, 5)},
    "budget": {"limit_usd": 100},
}


@pytest.mark.parametrize(
    "amount", [math.nan, math.inf, -math.inf, b"100", 10**400], ids=lambda n: f"{n!r:.9}"
)
def test_an_amount_is_a_number(amount):
    with pytest.raises(ValidationError):
        Lab.model_validate(LEAST | {"budget": {"limit_usd": amount}})


@pytest.mark.parametrize(
    "hours", [math.nan, math.inf, b"9", 9.5, None, 10**400], ids=lambda n: f"{n!r:.9}"
)
def test_a_whole_number_is_one(hours):
    with pytest.raises(ValidationError):
        Notebook(max_hours=hours)


def test_dates_and_times_may_come_as_such():
    assert Lab.model_validate(LEAST).lab.ends == date(2027, 2, 5)
    assert Notebook(stop_at=time(20, 0)).stop_at == time(20, 0)
    with pytest.raises(ValidationError):
        Lab.model_validate(LEAST | {"lab": {**LEAST["lab"], "ends": datetime(2027, 2, 5, 12)}})


def test_a_lab_cannot_be_changed():
    lab = Lab.model_validate(LEAST)
    with pytest.raises(ValidationError):
        lab.notebook.size = "gpu-large"


def test_what_is_not_a_section_is_refused():
    with pytest.raises(ValidationError):
        Lab.model_validate("x")
