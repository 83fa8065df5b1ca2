"""Changes one setting of a lab that lives, and tells in words what came of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from mllab.engines.contract import Op, Plan, Step
from mllab.errors import DataAtRisk, LabError
from mllab.show.plan import ORDER, doubtful, meaning
from mllab.simulated.account import SimulatedAccount
from mllab.simulated.store import Interval
from mllab.wording import role
from tests.matrix.changes import Case
from tests.scenarios.living_lab import LivingLab, lost

FAULT: Final = "FAULT: "
"""Begins what is never right."""

MANY: Final = 8
"""Resources from which on they are counted by role."""

ENOUGH: Final = 1000
"""Of every quota, so that none stands in the way."""

_GONE: Final = frozenset({Op.DELETE, Op.REPLACE})


def raised(folder: Path, case: Case, engine: str) -> LivingLab:
    """The lab that a case begins with: up, its machines run, and there is data in everything."""
    lab = LivingLab(folder, case.cloud, engine)
    for code in lab.cloud.limits():
        lab.cloud.grant(code, ENOUGH)
    lab.set(case.base)
    _up(lab)
    lab.fill()
    return lab


def tried(lab: LivingLab, case: Case) -> list[str]:
    """What a change of a setting does, a line each.

    Args:
        lab: that of `raised`; it is changed.
    """
    if case.to.first:
        lab.set(case.to.first)
        _up(lab)
    if case.to.stopped:
        for machine in _running(lab.cloud):
            lab.cloud.stop(machine.id)
    before = _Seen.of(lab)
    lab.set(case.change)
    lines: list[str] = []
    try:
        session, plan = lab.planned()
        lines += told(plan)
        try:
            outcome = lab.carry_out(session, plan)
        except DataAtRisk as error:
            lines.append(_refused(error))
            lines += before.touched(lab)
            named = sorted(lost(plan))
            lines.append(f"with --delete-data {' '.join(map(_short, named))}:")
            outcome = lab.carry_out(*lab.planned(), named)
    except LabError as error:
        return [*lines, _refused(error), *before.touched(lab)]
    for failure in outcome.failures if outcome else ():
        lines.append(f"{FAULT}{_short(failure.name)}: {failure.code} {_line(failure.message)}")
    after = lab.plan()
    if not after.empty:
        lines += [f"{FAULT}left to do: {line}" for line in told(after)]
    return [*lines, *before.surprised(lab, plan), *_other_seats(case, plan)]


def told(plan: Plan) -> list[str]:
    """A plan in words: what happens to which resources, and what it means for people."""
    alike: dict[tuple[Op, str], list[Step]] = {}
    for step in plan.steps:
        loses = [f"loses data: {step.loses}"] if step.loses else []
        unsure = ["only if what is not known yet has changed"] if doubtful(step) else []
        means = "; ".join([*meaning(step), *loses, *unsure])
        if step.custom and step.op in ORDER:
            alike.setdefault((step.op, means), []).append(step)
    lines = [
        f"{op} {_names(steps)}{means and ': '}{means}"
        for (op, means), steps in sorted(
            alike.items(), key=lambda item: (ORDER.index(item[0][0]), item[0][1])
        )
    ]
    lines += sorted(f"recorded: {_short(line)}" for line in plan.settles)
    lines += [f"note: {_line(line)}" for line in plan.warnings]
    return lines or ["nothing to do"]


@dataclass(frozen=True)
class _Seen:
    """A lab from outside: what the account holds, what is recorded, which machines run.

    Args:
        settings: the file. things: what was declared, by uid: type and name. recorded: id and
            inputs by urn. running: machines.
    """

    settings: str
    things: dict[int, tuple[str, str]]
    recorded: dict[str, tuple[object, object]]
    running: list[Interval]

    @classmethod
    def of(cls, lab: LivingLab) -> Self:
        cloud = lab.cloud
        return cls(
            lab.settings(),
            {one.uid: (one.type, _name(one.urn)) for one in cloud.inventory() if one.urn},
            {urn: (entry.get("id"), entry.get("inputs")) for urn, entry in lab.entries().items()},
            _running(cloud),
        )

    def touched(self, lab: LivingLab) -> Iterator[str]:
        """What a refusal has changed all the same; wrong settings cannot even be looked at."""
        changed = lab.settings()
        lab.path.write_text(self.settings)
        now = _Seen.of(lab)
        if now.things != self.things or now.running != self.running:
            yield f"{FAULT}refused, and the account was changed"
        if now.recorded != self.recorded:
            yield f"{FAULT}refused, and another state was recorded"
        lab.path.write_text(changed)

    def surprised(self, lab: LivingLab, plan: Plan) -> Iterator[str]:
        """What went away, or ended, without a word of the plan."""
        now = _Seen.of(lab)
        steps = {(step.type, step.name): step for step in plan.steps if step.op is not Op.CREATE}
        for thing in (self.things[uid] for uid in self.things.keys() - now.things.keys()):
            if thing not in steps or steps[thing].op not in _GONE:
                yield f"{FAULT}{_short(thing[1])} went without a word"
        things = {id: (_type(urn), _name(urn)) for urn, (id, _) in self.recorded.items()}
        for machine in (one for one in self.running if one not in now.running):
            step = steps.get(things.get(machine.id, ("", "")))
            if step is None or not meaning(step):
                yield f"{FAULT}machine {machine.kind} was ended without a word"


def _running(cloud: SimulatedAccount) -> list[Interval]:
    return [one for one in cloud.intervals() if one.state == "running" and not one.ended]


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _other_seats(case: Case, plan: Plan) -> Iterator[str]:
    """Who is not meant when a seat comes or goes."""
    if case.key == "notebook.seats":
        stay = [seat for seat in ("s01", "s02") if seat in case.to.value]
        for step in plan.steps:
            if step.op is not Op.SAME and set(stay) & set(step.name.split("-")):
                yield f"{FAULT}{_short(step.name)} of another seat: {step.op}"


def _up(lab: LivingLab) -> None:
    outcome = lab.up()
    assert outcome is not None
    assert outcome.ok, outcome.failures


def _names(steps: Iterable[Step]) -> str:
    found = sorted({_short(step.name) for step in steps})
    if len(found) <= MANY:
        return ", ".join(found)
    roles = Counter(role(step.urn) for step in steps)
    return ", ".join(f"{number} of {name}" for name, number in sorted(roles.items()))


def _refused(error: LabError) -> str:
    return f"refused: {_line(error.message)}"


def _line(text: str) -> str:
    """On one line, without what differs from run to run: the place in the file, the engine that was
    asked for, what is behind a name."""
    apart = r"stacks/Pulumi\.lab\.yaml(:\d+)?: | --engine pulumi|(?<=network-group)[0-9a-f]{8}"
    lines = (re.sub(apart, "", line) for line in text.splitlines())
    return " | ".join(" ".join(line.split()) for line in lines)


def _short(text: str) -> str:
    return text.removeprefix("lab-")
