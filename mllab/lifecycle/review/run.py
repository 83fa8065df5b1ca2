"""A whole review: which stacks, which processes, and what comes of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import mllab
from mllab.errors import LabError
from mllab.lifecycle.review import render
from mllab.lifecycle.review.job import Job
from mllab.lifecycle.review.model import Report, Revision, StackReview
from mllab.lifecycle.review.revisions import CODE, Base, Repository
from mllab.money import prices
from mllab.rules import accepted
from mllab.rules.judge import own_waivers
from mllab.settings import files
from mllab.settings.files import FOLDER

_ALIKE: Final = 0.9
"""Part of two stack files that is the same from which on one is the other's new name."""


class Ended(Exception):
    """A process wrote nothing: of the working tree's own code that is a bug, with its traceback."""


_COMPARE: Final = "mllab.lifecycle.review.compare"
_RENDER: Final = Path("mllab", "lifecycle", "review", "render.py")


def review(root: Path, asked: str | None, today: date) -> Report:
    """Hold the working tree against the commit where its branch left another one.

    Args:
        root: the project's folder. asked: a revision; by default the branch that others start from.

    Raises:
        UsageError: no repository, no such revision, or a clone that is too shallow.
        SettingsError: all faults of the project's waivers.
        LabError: a price table is damaged, or git or a process failed.
    """
    prices.check()
    own_waivers(root)
    repository = Repository(root)
    base = repository.base(asked)
    with TemporaryDirectory(prefix="mllab-review-") as folder:
        work = Path(folder)
        with repository.checked_out(base.commit) as base_root:
            return _report(root, base_root, base, repository, today, work)


def _report(
    root: Path, base_root: Path, base: Base, repository: Repository, today: date, work: Path
) -> Report:
    own = (root / "mllab").is_dir() and Path(mllab.__file__).is_relative_to(root)
    code = repository.differing(base.commit, CODE) if own else []
    jobs = _jobs(root, base_root, today, work, code=bool(code))
    other = base_root if code else None
    size = max(1, min(os.cpu_count() or 1, len(jobs)))
    parts = [jobs[len(jobs) * n // size : len(jobs) * (n + 1) // size] for n in range(size)]
    with ThreadPoolExecutor(size) as pool:
        done = pool.map(lambda part: _compared(part, other, work), [p for p in parts if p])
    stacks = sorted((one for part in done for one in part), key=lambda one: one.stack)
    counting = [*CODE, FOLDER, accepted.NAME]
    report = Report(
        base=Revision(name=base.name, commit=base.commit),
        head=Revision(
            name="working tree", commit=base.head, uncommitted=repository.uncommitted(counting)
        ),
        code=code,
        stacks=stacks,
        notes=[
            *_notes(repository, base, stacks),
            *accepted.changes(base_root, root),
        ],
    )
    report.exit_code = exit_code(report)
    return report


def exit_code(report: Report) -> int:
    """0 clean, 1 a rule or a budget is broken, 2 settings are wrong."""
    if any(one.faults for one in report.stacks):
        return 2
    broken = any(one.budget or any(f.fails for f in one.findings) for one in report.stacks)
    return 1 if broken else 0


def _jobs(root: Path, base_root: Path, today: date, work: Path, *, code: bool) -> list[Job]:
    """One for each stack of either revision, in alphabetical order: those of a cloud together."""
    then, now = files.names(base_root), files.names(root)
    renamed = _renames(root, base_root, now, then)
    found = []
    for stack in sorted({*then, *now} - set(renamed.values())):
        before = renamed.get(stack, stack if stack in then else "")
        job = Job(root, base_root, stack, before, "changed", work / stack, today, code=code)
        if stack in renamed:
            job = replace(job, status="renamed")
        elif stack not in now:
            job = replace(job, status="deleted")
        elif not before:
            job = replace(job, status="new")
        elif not code and _text(root, stack) == _text(base_root, stack):
            job = replace(job, status="unchanged")
        found.append(job)
    return found


def _renames(
    root: Path, base_root: Path, now: Sequence[str], then: Sequence[str]
) -> Mapping[str, str]:
    """New names of stacks -> the old ones."""
    gone, found = [name for name in then if name not in now], {}
    for name in (name for name in now if name not in then):
        likeness = {
            old: SequenceMatcher(None, _text(base_root, old), _text(root, name)).ratio()
            for old in gone
        }
        old = max(likeness, key=lambda one: likeness[one], default="")
        if old and likeness[old] >= _ALIKE:
            found[name] = old
            gone.remove(old)
    return found


def _text(root: Path, stack: str) -> list[bytes]:
    try:
        return (root / FOLDER / f"Pulumi.{stack}.yaml").read_bytes().splitlines()
    except OSError:
        return []


def _compared(jobs: Sequence[Job], other: Path | None, work: Path) -> list[StackReview]:
    """What comes of some stacks.

    Args:
        other: the folder of the base where its code is another; it renders its stacks itself then.
    """
    first = jobs[0]
    if other is not None:
        wanted = [job for job in jobs if job.before]
        told = _rendered(wanted, other, work)
        jobs = [replace(job, facts=told[job.stack] if job.before else None) for job in jobs]
    request = {
        "root": str(first.root),
        "base_root": str(first.base_root),
        "today": first.today.isoformat(),
        "code": first.code,
        "stacks": [
            {
                "stack": job.stack,
                "before": job.before,
                "status": job.status,
                "home": str(job.home),
                "facts": job.facts,
            }
            for job in jobs
        ],
    }
    words = ["-m", _COMPARE]
    found = _process(words, Path(mllab.__file__).parents[1], request, work / f"{first.stack}.json")
    return [StackReview.model_validate(one) for one in found]


def _rendered(jobs: Sequence[Job], base_root: Path, work: Path) -> dict[str, dict[str, Any]]:
    """What the base's own code says of its stacks; why it cannot, where that is so."""
    if not jobs:
        return {}
    own = base_root / _RENDER
    # A base that is older than this command is rendered by its own code, but with this script.
    script = own if own.is_file() else Path(render.__file__)
    request = {
        "root": str(base_root),
        "today": jobs[0].today.isoformat(),
        "stacks": [{"stack": job.before, "home": str(job.home)} for job in jobs],
    }
    out = work / f"{jobs[0].stack}-base.json"
    try:
        found = _process([str(script)], base_root, request, out)
        if found["version"] != render.VERSION:
            raise LabError(f"its code speaks version {found['version']} of the exchange")
        return {job.stack: found["stacks"][job.before] for job in jobs}
    except (Ended, LabError, LookupError, TypeError) as error:
        said = str(error).splitlines()[-1]  # of a traceback the last line says what is wrong
        return {job.stack: {"error": said} for job in jobs}


def _process(words: Sequence[str], code: Path, request: Mapping[str, Any], out: Path) -> Any:
    """Run Python on some code, and read the document that it writes.

    Args:
        code: the folder whose `mllab` counts. out: the file that it writes to.

    Raises:
        Ended: it wrote none.
    """
    done = subprocess.run(
        # -P: what lies beside a script is no module of it.
        [sys.executable, "-P", *words],
        input=json.dumps({**request, "out": str(out)}),
        env={**os.environ, "PYTHONPATH": str(code)},
        cwd=request["root"],  # its own prices count
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    try:
        return json.loads(out.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Ended(done.stderr.strip() or f"it ended with {done.returncode}") from error


def _notes(repository: Repository, base: Base, stacks: Sequence[StackReview]) -> list[str]:
    def differ(*paths: str) -> bool:
        return bool(repository.differing(base.commit, paths))

    notes = []
    if not stacks:
        notes.append("There is no stack file, neither here nor in the base.")
    if differ("requirements.txt"):
        notes.append("requirements.txt differs; both were rendered with the packages of this run.")
    if differ("mllab/money/data", prices.FOLDER):
        notes.append("Prices differ; both were priced with those of the working tree.")
    return notes
