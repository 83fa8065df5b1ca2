"""One stack of the working tree, held against what the base has brought up."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any, Final

from mllab.engines.contract import Plan, Resource
from mllab.engines.drain import collector_paused
from mllab.engines.recorded import resource
from mllab.errors import LabError, SettingsError
from mllab.lifecycle import cost, deploy, granted
from mllab.lifecycle.observer import Run
from mllab.lifecycle.rendering import rendered
from mllab.lifecycle.review import hazards, money, render, verdicts
from mllab.lifecycle.review.causes import Causes, read, settings
from mllab.lifecycle.review.job import Job
from mllab.lifecycle.review.model import StackReview
from mllab.lifecycle.review.money import Amounts
from mllab.protocol.deployment import entries
from mllab.session.opening import on_simulated_cloud
from mllab.session.realm import LARGEST, SimulatedRealm
from mllab.session.session import Session, clock_from
from mllab.settings.document import Document
from mllab.settings.files import FOLDER

LARGE: Final = 1000
"""Resources of a lab from which on rules judge the plan alone: what it does not know is said."""


class _Silent:
    """Hears what is worth a note."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def tell(self, text: str) -> None:
        """Nothing happens that anybody waits for."""

    def note(self, text: str) -> None:
        """See `Observer`."""
        self.notes.append(text)

    def waiting(self, doing: str) -> Any:
        """See `Observer`."""
        return nullcontext()

    def running(self, *_: Any, **__: Any) -> Run:
        """Nothing is changed here."""
        raise LabError("a review changes nothing")


def compare(job: Job) -> StackReview:
    """The whole of one stack. What cannot be compared is said, and the rest is."""
    facts = job.facts
    if facts is None and job.before and job.status != "unchanged":  # the same code renders both
        facts = render.bring_up(job.base_root, job.before, job.home, job.today)
    facts = facts or {}
    base_error = str(facts.get("error", ""))
    there = bool(facts) and not base_error
    recorded = _recorded(job) if there else ()

    def before(day: date | None = None) -> Amounts | None:
        if not there:
            return None
        return money.of_facts(recorded, facts, day or money.day_of(facts, job.today))

    name = job.before if job.status == "deleted" else job.stack
    review = StackReview(
        stack=name,
        file=f"{FOLDER}/Pulumi.{name}.yaml",
        status=job.status,
        cloud=facts.get("cloud", ""),
        region=facts.get("region", ""),
        renamed_from=job.before if job.status == "renamed" else "",
        base_error=base_error,
    )
    if job.status in {"deleted", "renamed"}:  # nothing but `down` ends what such a lab costs
        review.remains = dict(before() or {})
    if job.status == "deleted":
        return review
    try:
        _head(job, review, before, recorded)
    except SettingsError as error:
        review.status, review.faults = "invalid", list(error.faults)
        review.money = money.compare(before(), None, both=False)
    except LabError as error:
        review.faults = error.message.splitlines()
        review.money = money.compare(before(), None, both=False)
    return review


def _head(
    job: Job,
    review: StackReview,
    before: Callable[[date], Amounts | None],
    recorded: tuple[Resource, ...],
) -> None:
    """Fill in what the working tree says.

    Args:
        before: what the base costs on the day on which the working tree's lab is looked at.
    """
    observer, fresh = _Silent(), job.home / "new"
    same_lab = bool(recorded) and job.status == "changed"
    session = render.open_stack(job.root, job.stack, job.home if same_lab else fresh, job.today)
    lab, old = session.declared, _document(job.base_root, job.before)
    review.cloud, review.region = lab.lab.cloud, lab.region
    found = settings(review.file, old, _document(job.root, job.stack)) if same_lab else []
    review.settings = [one.cause for one in found]
    try:
        plan = deploy.plan(session, observer)
    except LabError as error:
        if not same_lab:
            raise
        review.refusals.append(_told(error))  # the settings are of another lab: only that is told
        session = render.open_stack(job.root, job.stack, fresh, job.today)
        plan, same_lab = deploy.plan(session, observer), False
    priced = cost.of(session, plan)
    day = session.clock.today()
    after = money.amounts(priced, cost.term(lab, day))
    nothing_before = job.status == "new"
    another = nothing_before or job.status == "renamed"
    old_costs = after if job.status == "unchanged" else None if another else before(day)
    review.money = money.compare(old_costs, after, both=another)
    review.oldest_price = priced.oldest.isoformat() if priced.oldest else ""
    review.budget = money.over_budget(priced, lab, day)
    judged = plan
    if len(plan.resources) <= LARGE:  # with all values known, as `check` looks at it
        judged = rendered(render.open_stack(job.root, job.stack, job.home / "judged", job.today))
    review.findings = verdicts.findings(job, judged.resources, recorded, lab)
    if same_lab or nothing_before:
        causes = Causes(job, old, found, size=len(plan.resources))
        review.hazards = hazards.hazards(plan, causes.of)
        review.resources = hazards.changed(plan, causes.of)
        review.operations = dict(Counter(one.op for one in review.resources))
        review.nodes = hazards.nodes(plan, review.hazards)
        review.edges = hazards.edges(plan.resources)
    if same_lab:
        review.refusals += _refused(session, plan, observer)
        review.notes = [*plan.warnings, *plan.settles, *observer.notes]
        if not (found or review.operations or plan.settles or plan.for_new):
            review.status = "unchanged"


def _refused(session: Session, plan: Plan, observer: _Silent) -> list[str]:
    """Why `up` would not begin, whatever the account's quotas are, besides what is a hazard."""
    if isinstance(session.realm, SimulatedRealm):
        for code in session.realm.cloud.limits():
            session.realm.cloud.grant(code, LARGEST)
    try:
        granted.refuse_short(session, plan, observer)
    except LabError as error:
        return [_told(error)]
    return []


def _told(error: LabError) -> str:
    """What `up` says, without what becomes of a run: there was none."""
    return str(error).replace("; nothing was changed", "")


def _recorded(job: Job) -> tuple[Resource, ...]:
    """What the base has brought up, as its state has it; nothing of it is unknown."""
    session = on_simulated_cloud(
        job.base_root, job.before, None, {}, clock_from(job.today.isoformat()), job.home
    )
    return tuple(map(resource, entries(session.engine.state())))


def _document(root: Path, stack: str) -> Document | None:
    return read(root / FOLDER / f"Pulumi.{stack}.yaml")


def main() -> None:
    """Read a request from stdin, compare its stacks one after the other, write to its file."""
    request = json.load(sys.stdin)
    found = []
    for one in request["stacks"]:
        job = Job(
            root=Path(request["root"]),
            base_root=Path(request["base_root"]),
            today=date.fromisoformat(request["today"]),
            code=request["code"],
            **{**one, "home": Path(one["home"])},
        )
        with collector_paused():  # there is little that it could free before a lab is done with
            found.append(compare(job).model_dump(mode="json"))
    Path(request["out"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
