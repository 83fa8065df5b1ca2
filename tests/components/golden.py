"""The list of URNs of each committed stack. Write it anew with `python -m tests.components.golden`.

A URN that changes means that a running lab loses the resource and gets another one. So a changed
list is either the purpose of the change, or a forgotten alias.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from mllab.clock import SimulatedClock
from mllab.lifecycle import cost
from mllab.settings import files
from tests.components import twins
from tests.components.cloud_labs import ROOT

FOLDER = Path(__file__).parent / "golden"
HERE = ("local-course", "local-tiny")
STACKS = (*twins.STACKS, *HERE)
DAY = datetime(2027, 1, 11, tzinfo=UTC)


def urns(stack: str) -> str:
    """One URN per line, sorted; of a lab on this machine without the engine's own."""
    if stack in HERE:
        _, plan = cost.rendered(ROOT, files.find(ROOT, stack), SimulatedClock(DAY), None)
        found = [one.urn for one in plan.resources if not one.type.startswith("pulumi:")]
    else:
        found = [*twins.declared(stack).resources]
    return "".join(f"{urn}\n" for urn in sorted(found))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for stack in STACKS:
        (FOLDER / f"{stack}.txt").write_text(urns(stack))
