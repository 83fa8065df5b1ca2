"""What all rehearsals share: how acts are played, and those that are the same everywhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar

from mllab.engines.contract import Op, Outcome, Plan
from mllab.engines.operations import OPS
from mllab.errors import DataAtRisk, LabError
from mllab.lifecycle import outlook, teardown
from mllab.lifecycle.explain import explain, summary
from mllab.lifecycle.quota import Shortage
from mllab.protocol.deployment import entries, stack_outputs
from mllab.protocol.urns import is_provider
from mllab.session.session import Session
from mllab.settings import files
from mllab.stackfiles import listing as stacks
from mllab.wording import join_limited


@dataclass(frozen=True)
class Act:
    """One act, played.

    Args:
        ok: what was seen is what was expected.
        simulated_seconds: on the simulated clock. seconds: of the person's time.
    """

    title: str
    expected: str
    seen: str
    ok: bool
    simulated_seconds: float
    seconds: float


Seen = tuple[str, bool]
"""What an act saw, and whether it was what was expected."""

Scene = tuple[str, str, Callable[[], Seen]]
"""Title of an act, what is expected, and what plays it."""


class Rehearsal(ABC):
    """One lab, in a folder that belongs to it alone.

    Args:
        session: the stack, not created yet.
        folder: where it lives, with all that is recorded of it.
        first_day: of the lab, for its settings. accept_risk: it may take more than its budget.

    Attributes:
        place: what the report says of where it is played.
        things, outputs: what existed when everything was created.
    """

    place: ClassVar[str]

    def __init__(
        self, session: Session, folder: Path, first_day: datetime, *, accept_risk: bool = False
    ) -> None:
        self.session, self.folder = session, folder
        self._first_day, self._accept_risk = first_day, accept_risk
        self.outputs: Mapping[str, Any] = {}
        self.things: tuple[teardown.Thing, ...] = ()

    def play(self) -> Iterator[Act]:
        """Play act after act. One that differs is the last: what follows would build on it."""
        simulated = self.session.realm.simulated
        for title, expected, act in self._script():
            began, here = self.session.clock.now(), monotonic()
            try:
                seen, ok = act()
            except LabError as error:
                seen, ok = str(error), False
            passed = (self.session.clock.now() - began).total_seconds() if simulated else 0.0
            yield Act(title, expected, seen, ok, passed, monotonic() - here)
            if not ok:
                return

    def titles(self) -> list[str]:
        """The acts, in order."""
        return [title for title, _, _ in self._script()]

    @abstractmethod
    def _script(self) -> list[Scene]:
        """The acts, in order."""

    @abstractmethod
    def _fill(self) -> None:
        """Put a file into the lab's bucket, as somebody at work does."""

    def _data_kept(self) -> list[Scene]:
        """The act about data that nobody named, where the lab keeps it."""
        act = ("down, with a file in the bucket", "refused: nobody named it", self._kept)
        return [act] if self.session.declared.storage.keep else []

    def _check(self) -> Seen:
        path = files.find(self.session.root, self.session.stack)
        return stacks.describe(files.load(path, now=self._first_day)), True

    def _preview(self) -> Seen:
        plan = self.session.engine.preview()
        outlook.rehearse(self.session, plan, accepted=self._accept_risk)
        # A provider is no thing in a cloud; a refused `up` may have recorded one.
        ops = {each.op for each in plan.steps if each.custom and not is_provider(each.type)}
        return planned(plan), Op.CREATE in ops and ops <= {Op.CREATE, Op.READ}

    def _up(self) -> Seen:
        outcome = self.session.engine.up()
        self.things = teardown.recorded(self.session)
        self.outputs = stack_outputs(self.session.engine.state())
        return told(outcome), outcome.ok and bool(self.things)

    def _nothing_to_do(self) -> Seen:
        plan = self.session.engine.preview()
        return planned(plan), plan.empty

    def _found(self, wanted: Collection[tuple[str, Op]]) -> Seen:
        """A refresh, and whether it finds these resources to differ in these ways, and no other."""
        outcome = self.session.engine.refresh()
        found = {
            (step.urn, step.op) for step in outcome.steps if step.custom and step.op is not Op.SAME
        }
        seen = [
            f"{urn.rpartition('::')[2]} {'is missing' if op is Op.DELETE else 'was changed'}"
            for urn, op in sorted(found)
        ]
        return join_limited(seen), outcome.ok and found == set(wanted)

    def _healed(self, *wanted: Op) -> Seen:
        """An `up` that does these operations, and no other, and then there is nothing to do."""
        outcome = self.session.engine.up()
        done = Counter(step.op for step in outcome.steps if step.custom and step.op is not Op.SAME)
        plan = self.session.engine.preview()
        ok = outcome.ok and done == Counter(wanted) and plan.empty
        return f"{told(outcome)}; {planned(plan)}", ok

    def _kept(self) -> Seen:
        before = set(self.session.engine.holdings())
        self._fill()
        holdings = self.session.engine.holdings()
        fuller = set(holdings) - before  # on Azure it is the account around the bucket
        try:
            teardown.release(self.session, holdings, [])
        except DataAtRisk as error:
            named = bool(fuller) and all(holding.name in error.hint for holding in fuller)
            return error.message, named and bool(teardown.recorded(self.session))
        return "nothing stood in the way", False

    def _down(self) -> Seen:
        holdings = self.session.engine.holdings()
        full = [holding.name for holding in holdings if holding.amount != ""]
        outcome = self.session.engine.destroy(
            release=teardown.release(self.session, holdings, full)
        )
        return told(outcome), outcome.ok and not outcome.remaining

    def _recorded(self, *types: str) -> Mapping[str, Any]:
        """The first resource of the first type that there is. Raises LabError if there is none."""
        found = entries(self.session.engine.state())
        for type_ in types:
            for entry in found:
                if entry["type"] == type_:
                    return entry
        raise LabError(f"the lab has no {' and no '.join(types)}, which this act is about")


def told(outcome: Outcome, short: Sequence[Shortage] = ()) -> str:
    """What a run did, with its failures.

    Args:
        short: quotas that are too small for the whole lab.
    """
    lines = [line.strip() for line in explain(outcome.failures, short)]
    return "\n".join([summary(outcome), *lines])


def planned(plan: Plan) -> str:
    """`64 to create`, or `nothing to do`."""
    counts = plan.counts().items()
    words = [f"{number} {OPS[op].future}" for op, number in counts if op is not Op.SAME]
    return ", ".join([*words, *(f"{urn} interrupted" for urn in plan.pending)]) or "nothing to do"
