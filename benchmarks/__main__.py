"""`make bench`: measures all figures side by side and prints them; `--record` keeps them, too."""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import DAY, FIGURES, Figure, table
from benchmarks.measure import ROOT, Place, Series, measure
from benchmarks.real_engine import real_engine

RECORD = Path(__file__).with_name("README.md")
MARKED = re.compile(r"(<!-- recorded -->\n).*?(<!-- end -->)", re.DOTALL)


def run(figures: Sequence[Figure], rounds: int) -> dict[str, Series]:
    """One run of each figure per round, so that whatever disturbs the machine disturbs all alike.

    Round 0 only warms the disk's cache and the byte code; what runs once is not warmed.
    """
    measured: dict[str, Series] = {}
    with ExitStack() as until_done:
        # Without settings of the interpreter: byte code that is not kept, for one, doubles a start.
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        here = Place(ROOT, kept)
        there = here
        cli = shutil.which("pulumi")
        if any(figure.pulumi for figure in figures) and cli:
            there = until_done.enter_context(real_engine(DAY))
        for number in range(rounds + 1):
            for figure in figures:
                place = there if figure.pulumi else here
                missing = (figure.pulumi or figure.engine) and not cli
                if missing or number > figure.rounds or (number == 0 and figure.rounds == 1):
                    continue
                print(f"round {number} of {rounds}: {figure.key}", file=sys.stderr)
                sample = measure(figure.command, place)
                if number:
                    measured.setdefault(figure.key, Series()).samples.append(sample)
    return measured


def machine() -> str:
    """Where and when, and how busy the machine was before, in one line."""
    when = datetime.now(UTC).date().isoformat()
    return (
        f"{when}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load {os.getloadavg()[1]:.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measured runs of each (default 5)")
    parser.add_argument("--only", nargs="+", metavar="KEY", choices=[f.key for f in FIGURES])
    parser.add_argument("--record", action="store_true", help=f"keep the table in {RECORD.name}")
    args = parser.parse_args()
    figures = [figure for figure in FIGURES if not args.only or figure.key in args.only]
    text = f"{machine()}, {args.rounds} rounds\n\n"
    text += f"{table(run(figures, args.rounds), figures)}\n"
    print(text)
    if args.record:
        kept = RECORD.read_text(encoding="utf-8")
        RECORD.write_text(MARKED.sub(lambda m: f"{m[1]}{text}{m[2]}", kept), encoding="utf-8")


if __name__ == "__main__":
    main()
