"""What the rules say of a stack, and what of it is new."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mllab.engines.contract import Resource
from mllab.errors import LabError
from mllab.lifecycle.review.job import Job
from mllab.lifecycle.review.model import Finding
from mllab.rules import accepted, finding
from mllab.rules.judge import judge, own_waivers
from mllab.settings import files
from mllab.settings.lab import Lab


def findings(
    job: Job, after: Iterable[Resource], before: tuple[Resource, ...], lab: Lab
) -> list[Finding]:
    """What is found at head, with whether the base has it, too; then what the base alone has.

    Both are judged by the rules and the waivers of the working tree: a rule that changes is no
    change of a lab. A warning about what is no longer declared is not fixed by that.
    """
    after = tuple(after)
    declared = {one.urn for one in after}
    now = _judged(job, job.root, after, lab)
    then = _at_base(job, before)
    if job.status == "unchanged":
        then = now
    old, new = {_key(one) for one in then or ()}, {_key(one) for one in now}
    found = []
    for one in now:
        here = _told(one)
        if then is not None:
            here.state = "old" if _key(one) in old else "new"
        found.append(here)
    for one in then or ():
        if _key(one) not in new and (one.fails or one.urn in declared):
            gone = _told(one)
            gone.state, gone.fails, gone.waived = "fixed", False, ""
            found.append(gone)
    return found


def _at_base(job: Job, before: tuple[Resource, ...]) -> tuple[finding.Finding, ...] | None:
    """None where nobody can tell: it did not render, or its settings are not those of today."""
    if job.status == "new":
        return ()
    if not before or job.status == "renamed":
        return None
    try:
        lab = files.load(files.find(job.base_root, job.before))
        return _judged(job, job.base_root, before, lab)
    except LabError:
        return None


def _judged(
    job: Job, root: Path, resources: Iterable[Resource], lab: Lab
) -> tuple[finding.Finding, ...]:
    """What is found of a lab, whose file is below `root`."""
    where, rows = files.places(files.find(root, lab.stack)), own_waivers(job.root)
    found = judge(resources, lab, where=where, today=job.today)
    findings = accepted.accept(found, rows, lab.stack, job.today)
    return (*findings, *accepted.unused(findings, rows, lab.stack))


def _key(one: finding.Finding) -> tuple[str, str, str]:
    return one.rule, one.urn, one.message


def _told(one: finding.Finding) -> Finding:
    return Finding(
        rule=one.rule,
        resource=one.name,
        message=one.message,
        severity=one.severity,
        fix=one.fix,
        source=one.source,
        setting=one.setting,
        waived=one.waived,
        fails=one.fails,
    )
