"""State files that a killed run has left half written.

Pulumi writes a file of a `file://` backend beside its place, then a second one with its attributes
(`.json.attrs`), and then puts the first in place. Killed in between, it leaves drafts and an empty
file of attributes, and from then on refuses the stack; or every stack, where the attributes are
those of `meta.yaml`. The state before is kept beside the state as `.bak`.
Source: setAttrs and Close in https://github.com/google/go-cloud/tree/master/blob/fileblob
"""

from __future__ import annotations

import glob
import json
import shutil
from collections.abc import Iterator
from pathlib import Path


def exists(backend: Path, project: str, stack: str) -> bool:
    """True when there is a state, whole or not, plain or compressed; drafts of one do not count."""
    stacks = backend / ".pulumi" / "stacks" / project
    return any((stacks / f"{stack}.json{packed}").exists() for packed in ("", ".gz", ".zst"))


def mend(backend: Path, project: str, stack: str, *, held: bool = False) -> str:
    """Put right what stands in the way of reading a state.

    Args:
        backend: folder of the backend.
        held: a run may be at work. Then only attributes are looked at, which say nothing that
            Pulumi needs and may be missing at any time.

    Returns:
        A warning that names the files, or an empty text when there was nothing to mend.
    """
    folder = backend / ".pulumi"
    state = folder / "stacks" / project / f"{stack}.json"
    torn = [path for path in _attributes(folder, project, stack) if not _whole(path)]
    for path in torn:
        path.unlink(missing_ok=True)
    restored = ""
    if not held:
        restored = _restored(state, state.with_name(f"{state.name}.bak"))
        for draft in _beside(state, "*.tmp"):
            draft.unlink(missing_ok=True)
    return restored or (
        f"A killed run had left {torn[0]} half written; it was removed." if torn else ""
    )


def newest(state: Path) -> Path | None:
    """The newest state that Pulumi keeps besides this one, and that can be read; None without."""
    folder = state.parents[2] / "backups" / state.parent.name / state.stem
    after_updates = sorted(folder.glob("*.json"), reverse=True)  # named by their nanosecond
    return next(filter(_whole, [state.with_name(f"{state.name}.bak"), *after_updates]), None)


def _attributes(folder: Path, project: str, stack: str) -> Iterator[Path]:
    yield from folder.glob("meta.yaml.attrs")
    yield from _beside(folder / "stacks" / project / f"{stack}.json", "*.attrs")
    for kept in ("history", "backups"):
        yield from (folder / kept / project / stack).glob("*.attrs")


def _beside(state: Path, pattern: str) -> list[Path]:
    return list(state.parent.glob(glob.escape(state.name) + pattern))


def _restored(state: Path, earlier: Path) -> str:
    """Put the state of one operation earlier in place of one that cannot be read.

    Nothing is lost by that: an operation is recorded before it begins, so what the lost state knew
    more is either not begun, or pending in the earlier one and looked for in the cloud.
    """
    if not state.exists() or _whole(state) or not _whole(earlier):
        return ""
    damaged = state.with_name(f"{state.name}.damaged")
    shutil.copyfile(state, damaged)
    draft = state.with_name(f"{state.name}.mended.tmp")
    shutil.copyfile(earlier, draft)
    draft.replace(state)
    return f"A killed run had left {state} half written; the state before it was put back."


def _whole(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return True
