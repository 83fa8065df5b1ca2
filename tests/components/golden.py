"""The list of URNs of each committed stack. Write it anew with `python -m tests.components.golden`.

A URN that changes means that a running lab loses the resource and gets another one. So a changed
list is either the purpose of the change, or a forgotten alias.
"""

from __future__ import annotations

from pathlib import Path

from tests.components.twins import STACKS, declared

FOLDER = Path(__file__).parent / "golden"


def urns(stack: str) -> str:
    """One URN per line, sorted."""
    return "".join(f"{urn}\n" for urn in sorted(declared(stack).resources))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for stack in STACKS:
        (FOLDER / f"{stack}.txt").write_text(urns(stack))
