"""What is measured, with the goals it is held against."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.measure import Series

DAY = "2027-01-11"  # the first day of aws-course, so that its end is not past


@dataclass(frozen=True)
class Figure:
    """One command to be measured, as a whole process.

    Args:
        key: short name, for `--only` and `against`.
        what: for the table.
        argv: the command, after the interpreter; after `pulumi` where that is meant.
        seconds, mib: goals; None where there is none.
        against, ratio: goal for the ratio of this time to that of another figure, by its key.
        rounds: at most so many runs.
        pulumi: runs `pulumi` itself. engine: needs it. Neither is measured where it is not on PATH.
    """

    key: str
    what: str
    argv: tuple[str, ...]
    seconds: float | None = None
    mib: float | None = None
    against: str = ""
    ratio: float | None = None
    rounds: int = 99
    pulumi: bool = False
    engine: bool = False

    @property
    def command(self) -> tuple[str, ...]:
        """The whole command line."""
        return ("pulumi" if self.pulumi else sys.executable, *self.argv)


def _many(verb: str, count: int, *driver: str) -> tuple[str, ...]:
    return ("-m", "benchmarks.many", verb, str(count), *driver)


FIGURES = (
    Figure("python", "an interpreter that does nothing", ("-c", "pass")),
    Figure("sdk", "importing Pulumi and the AWS resources of a lab", ("-m", "benchmarks.imports")),
    Figure("help", "`mllab --help`", ("cli.py", "--help"), seconds=0.25),
    Figure("check", "`mllab check aws-course`", ("cli.py", "check", "aws-course", "--today", DAY)),
    Figure(
        "cost",
        "`mllab cost aws-course`",
        ("cli.py", "cost", "aws-course", "--today", DAY),
        seconds=2.5,
    ),
    Figure(
        "compare",
        "`mllab cost aws-course --compare`, six places on three clouds",
        ("cli.py", "cost", "aws-course", "--compare", "--today", DAY),
    ),
    Figure(
        "preview",
        "`mllab preview aws-course`",
        ("cli.py", "preview", "aws-course", "--simulate", "--today", DAY),
        seconds=2.5,
        against="pulumi",
        ratio=0.5,
    ),
    Figure(
        "pulumi",
        "`pulumi preview`, the same lab on the same simulated cloud",
        ("preview", "-s", "aws-course", "--non-interactive"),
        pulumi=True,
    ),
    Figure(
        "engine",
        "`mllab preview aws-course --engine pulumi`",
        ("cli.py", "preview", "aws-course", "--simulate", "--engine", "pulumi", "--today", DAY),
        engine=True,
    ),
    Figure(
        "azure",
        "`mllab preview azure-course`",
        ("cli.py", "preview", "azure-course", "--simulate", "--today", DAY),
        seconds=2.5,
    ),
    Figure(
        "gcp",
        "`mllab preview gcp-course`",
        ("cli.py", "preview", "gcp-course", "--simulate", "--today", DAY),
        seconds=2.5,
    ),
    Figure(
        "rehearse", "`mllab rehearse aws-course`", ("cli.py", "rehearse", "aws-course"), seconds=6
    ),
    Figure(
        "rehearse-azure", "`mllab rehearse azure-course`", ("cli.py", "rehearse", "azure-course")
    ),
    Figure(
        "rehearse-gcp",
        "`mllab rehearse gcp-course`",
        ("cli.py", "rehearse", "gcp-course"),
        seconds=6,
    ),
    Figure(
        "review",
        "`mllab review` of the nine committed labs, one of them changed",
        ("-m", "benchmarks.reviewed", "committed"),
        20,
        1024,
    ),
    Figure(
        "review-500",
        "`mllab review` of a lab with 500 seats, all of them changed",
        ("-m", "benchmarks.reviewed", "seats"),
        30,
        1024,
        rounds=1,
    ),
    Figure("preview-1000", "1,000 resources: preview", _many("preview", 1000), 4, 600),
    Figure("up-1000", "1,000 resources: up", _many("up", 1000), 6, 600),
    Figure(
        "again-1000",
        "1,000 resources: up, and an up that finds nothing to do",
        _many("again", 1000),
    ),
    Figure(
        "engine-1000",
        "1,000 resources on Pulumi's engine: preview",
        _many("preview", 1000, "pulumi"),
        seconds=15,
        engine=True,
        rounds=3,
    ),
    Figure(
        "preview-5000",
        "5,000 resources: preview",
        _many("preview", 5000),
        against="preview-1000",
        ratio=5.5,
        rounds=1,
    ),
    Figure(
        "up-5000", "5,000 resources: up", _many("up", 5000), against="up-1000", ratio=5.5, rounds=1
    ),
)


def table(measured: Mapping[str, Series], figures: Iterable[Figure]) -> str:
    """All figures in Markdown: median, spread, memory, goals and whether they are reached."""
    head = ("what", "median s", "min to max", "processor s", "MiB", "goal", "reached")
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    for figure in figures:
        series = measured.get(figure.key)
        if series is None:
            lines.append(f"{figure.what} | not measured: no `pulumi` on PATH | | | | |")
            continue
        low, high = series.spread()
        goals, reached = _goals(figure, series, measured.get(figure.against))
        cells = (
            figure.what,
            f"{series.median('seconds'):.2f}",
            f"{low:.2f} to {high:.2f}",
            f"{series.median('cpu_seconds'):.2f}",
            f"{series.median('peak_mib'):.0f}",
            "; ".join(goals),
            "; ".join(reached),
        )
        lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)


def _goals(figure: Figure, series: Series, other: Series | None) -> tuple[list[str], list[str]]:
    """Every goal in words, and beside it `yes` or `no` with the ratio where there is one."""
    goals, reached = [], []
    for goal, unit, measure in ((figure.seconds, "s", "seconds"), (figure.mib, "MiB", "peak_mib")):
        if goal is not None:
            goals.append(f"under {goal:g} {unit}")
            reached.append("yes" if series.median(measure) < goal else "no")
    if figure.ratio is not None:
        goals.append(f"under {figure.ratio:g} x {figure.against}")
        if other is None:
            reached.append("not measured")
        else:
            ratio = series.median("seconds") / other.median("seconds")
            reached.append(f"{'yes' if ratio < figure.ratio else 'no'}, {ratio:.2f} x")
    return goals, reached
