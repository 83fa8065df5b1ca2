"""Which setting changes what: each changed setting is planned alone, and what it touches is its.

Nothing is guessed from names: a setting may decide something far away from it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from mllab.engines.contract import Op, Step
from mllab.errors import LabError
from mllab.lifecycle.review.job import Job
from mllab.lifecycle.review.model import Cause
from mllab.lifecycle.review.render import open_stack
from mllab.settings.document import MAX_BYTES, Broken, Document, parse
from mllab.settings.document import Path as At
from mllab.settings.faults import shown, spoken
from mllab.settings.files import FOLDER
from mllab.wording import join_limited

WORK: Final = 4000
"""Resources that are planned to find causes; beyond that every changed setting is named."""

Touched = Mapping[str, tuple[Op, frozenset[str]]]
"""What happens to each resource, and which properties of it change."""

_ABSENT: Final = object()
_NAMES: Final = 8


@dataclass(frozen=True)
class Setting:
    """One changed setting. `at`: its path in the file. `value`: at head, or `_ABSENT`."""

    at: At
    value: Any
    cause: Cause


def read(path: Path) -> Document | None:
    """A stack file; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return parse(file.read(MAX_BYTES + 1))
    except (OSError, Broken):
        return None


def settings(file: str, base: Document | None, head: Document | None) -> list[Setting]:
    """The settings that differ, in the order of the file at head; those taken out come last.

    Args:
        file: how the stack file is called.
    """
    if base is None or head is None:
        return []
    before, after = _leaves(base.data), _leaves(head.data)
    found = []
    for at in [*after, *(at for at in before if at not in after)]:
        old, new = before.get(at, _ABSENT), after.get(at, _ABSENT)
        if old == new and type(old) is type(new):
            continue
        gone = new is _ABSENT
        line = (base if gone else head).line(at)
        text = f"{spoken(at[1:] if at[0] == 'config' else at)}: {_told(old, new)}"
        found.append(Setting(at, new, Cause(file=file, line=line, text=text, at_base=gone)))
    return found


class Causes:
    """Answers which setting, or the code, is behind a step of a plan.

    Args:
        job: what is compared; the state of the base is in its home. base: the stack file there.
        settings: that changed. size: resources of the plan.
    """

    def __init__(
        self, job: Job, base: Document | None, settings: Sequence[Setting], *, size: int
    ) -> None:
        self._settings, self._code = list(settings), job.code
        self._alone: list[Touched] = []
        ways = len(settings) + job.code
        if base is None or ways < 2 or ways * size > WORK:
            return
        # Each is planned with the code of the working tree, so what that does alone is not its own.
        by_code = _touched(job, base.data) if job.code else {}
        for one in self._settings:
            data = copy.deepcopy(base.data)
            _put(data, one.at, one.value)
            touched = _touched(job, data)
            self._alone.append(dict(touched.items() - by_code.items()))
        self._alone += [by_code] * job.code

    def of(self, step: Step) -> list[Cause]:
        """The causes of a step; all that changed, where none does it alone."""
        every = [one.cause for one in self._settings]
        if self._code:
            file, _, line = step.source.rpartition(":")
            number = int(line) if line.isdecimal() else 0
            every.append(Cause(file=file if number else "", line=number, text="code"))
        for wanted in ({step.op}, set(Op) - {Op.SAME}):
            found = [
                cause
                for cause, touched in zip(every, self._alone, strict=False)
                if step.urn in touched and touched[step.urn][0] in wanted
            ]
            if found:
                return found
        return every


def _touched(job: Job, data: Any) -> Touched:
    """What happens to each resource with these settings; nothing where they go only together."""
    with TemporaryDirectory(prefix="mllab-review-") as folder:
        project = Path(folder)
        (project / "Pulumi.yaml").write_bytes((job.root / "Pulumi.yaml").read_bytes())
        (project / FOLDER).mkdir()
        file = project / FOLDER / f"Pulumi.{job.stack}.yaml"
        file.write_text(json.dumps(data), encoding="utf-8")
        try:
            engine = open_stack(project, job.stack, job.home, job.today).engine
            everything = frozenset(one.urn for one in engine.holdings())
            plan = engine.preview(release=everything)
        except LabError:
            return {}
    return {
        step.urn: (step.op, frozenset(change.path for change in step.changes))
        for step in plan.steps
        if step.op is not Op.SAME
    }


def _leaves(data: Any, at: At = ()) -> dict[At, Any]:
    """Plain values and lists by their path."""
    if not isinstance(data, dict) or not data:
        return {at: data} if at else {}
    return {
        path: value
        for key, inner in data.items()
        for path, value in _leaves(inner, (*at, key)).items()
    }


def _put(data: Any, at: At, value: Any) -> None:
    for key in at[:-1]:
        inner = data.get(key)
        data[key] = inner if isinstance(inner, dict) else {}
        data = data[key]
    if value is _ABSENT:
        data.pop(at[-1], None)
    else:
        data[at[-1]] = value


def _told(old: Any, new: Any) -> str:
    """`gpu-small -> gpu-large`; of lists what came and went."""
    if isinstance(old, list) and isinstance(new, list):
        gone = [_word(one) for one in old if one not in new]
        come = [_word(one) for one in new if one not in old]
        parts = ["without " + join_limited(gone, _NAMES)] * bool(gone)
        parts += ["with " + join_limited(come, _NAMES)] * bool(come)
        return ", ".join(parts) or "in another order"
    return f"{_word(old)} -> {_word(new)}"


def _word(value: Any) -> str:
    if value is _ABSENT:
        return "not set"
    return shown(value)[1:-1] if isinstance(value, str) else shown(value)
