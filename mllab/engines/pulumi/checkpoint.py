"""A state file that a killed run has left half written.

Pulumi writes the states of a `file://` backend after it has put the one before beside it, and for
each a second file with its attributes (`.json.attrs`). Killed in between, it leaves an empty file,
and from then on refuses the stack.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path


def mend(backend: Path, project: str, stack: str) -> str:
    """Put the state of one operation earlier in place of one that cannot be read.

    Nothing is lost by that: an operation is recorded before it begins, so what the lost state knew
    more is either not begun, or pending in the earlier one and looked for in the cloud.

    Args:
        backend: folder of the backend; nobody may hold the stack.

    Returns:
        A warning that names the files, or an empty text when there was nothing to mend.
    """
    state = backend / ".pulumi" / "stacks" / project / f"{stack}.json"
    earlier = state.with_name(f"{state.name}.bak")
    torn = [
        attributes
        for file in (state, earlier)
        if (attributes := file.with_name(f"{file.name}.attrs")).exists() and not _whole(attributes)
    ]
    for attributes in torn:
        attributes.unlink()  # it says nothing that Pulumi needs, and may be missing
    return _restored(state, earlier) or (
        f"A killed run had left {torn[0]} half written; it was removed." if torn else ""
    )


def _restored(state: Path, earlier: Path) -> str:
    if not state.exists() or _whole(state) or not _whole(earlier):
        return ""
    damaged = state.with_name(f"{state.name}.damaged")
    state.replace(damaged)
    draft = state.with_name(f"{state.name}.draft")
    shutil.copyfile(earlier, draft)
    draft.replace(state)
    return f"A killed run had left {state} half written; the state before it was put back."


def _whole(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return True
