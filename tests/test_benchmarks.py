"""A benchmark that fails has no duration, and a goal that is missed says so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.figures import FIGURES, Figure, table
from benchmarks.measure import Place, Sample, Series, measure


def series(*seconds: float, mib: float = 100) -> Series:
    return Series([Sample(each, each, mib) for each in seconds])


def row(figure: Figure, **measured: Series) -> list[str]:
    """The cells of the figure's line."""
    return [cell.strip() for cell in table(measured, [figure]).splitlines()[-1].split("|")[1:-1]]


def test_a_row_has_median_spread_and_goals() -> None:
    figure = Figure("a", "what", (), seconds=2, mib=50)
    assert row(figure, a=series(1.0, 9.0, 1.5)) == [
        "what",
        "1.50",
        "1.00 to 9.00",
        "1.50",
        "100",
        "under 2 s; under 50 MiB",
        "yes; no",
    ]


@pytest.mark.parametrize(("seconds", "said"), [(1.9, "yes, 0.47 x"), (2.1, "no, 0.53 x")])
def test_a_ratio_is_taken_of_medians(seconds: float, said: str) -> None:
    figure = Figure("a", "what", (), against="b", ratio=0.5)
    assert row(figure, a=series(seconds), b=series(3.0, 4.0, 50.0))[-1] == said


def test_what_was_not_measured_says_so() -> None:
    assert "not measured" in row(Figure("a", "what", (), pulumi=True))[1]
    alone = Figure("a", "what", (), against="b", ratio=0.5)
    assert row(alone, a=series(1.0))[-1] == "not measured"


def test_every_comparison_names_a_figure() -> None:
    keys = [figure.key for figure in FIGURES]
    assert len(set(keys)) == len(keys)
    assert {figure.against for figure in FIGURES} - {""} <= set(keys)


def test_a_command_that_fails_has_no_duration(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 3\nwhy"):
        measure([sys.executable, "-c", "print('why'); raise SystemExit(3)"], Place(tmp_path, {}))


def test_a_command_is_measured_in_an_empty_state_folder(tmp_path: Path) -> None:
    code = "import os; held = bytearray(2**26); assert not os.listdir(os.environ['MLLAB_HOME'])"
    sample = measure([sys.executable, "-c", code], Place(tmp_path, {}))
    assert sample.peak_mib > 64
    assert sample.cpu_seconds > 0
