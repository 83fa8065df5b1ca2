"""The deliberate differences between the engines, as a table: `python -m tests.scenarios.table`."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.model import CASES, load, names

TABLE = Path(__file__).parent / "differences.md"
_HEAD = """\
# Where the engines differ, and why

Made by `python -m tests.scenarios.table` from the `why` of the scenarios. In everything else that
the scenarios look at, the embedded engine does what Pulumi's engine does.

| scenario | run | engine | what it does, and why |
|---|---|---|---|
"""


def text() -> str:
    """The whole file."""
    rows = [
        f"| {name} | {number} | {engine} | {why} |\n"
        for name in names()
        for number, engine, why in load(CASES / f"{name}.yaml").differences()
    ]
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="utf-8")
