"""`rehearse`: a lab's whole life on a simulated cloud of its own, act by act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from time import monotonic
from typing import Any

from mllab.clouds import registry
from mllab.engines.contract import Op, Outcome, Plan
from mllab.engines.operations import OPS
from mllab.errors import DataAtRisk, LabError, RunFailed
from mllab.lifecycle import outlook, status, teardown
from mllab.lifecycle.explain import explain, summary
from mllab.lifecycle.granted import lacking
from mllab.lifecycle.quota import Shortage
from mllab.protocol.deployment import entries, stack_outputs
from mllab.protocol.urns import is_provider
from mllab.session.opening import on_simulated_cloud
from mllab.session.realm import SimulatedRealm
from mllab.session.session import Session, clock_from, project
from mllab.settings import files
from mllab.stackfiles import listing as stacks
from mllab.wording import join_limited, pluralize


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


class Rehearsal:
    """One lab on one simulated account that belongs to it alone.

    Args:
        session: the stack on a simulated cloud, not created yet.
        folder: where both live. accept_risk: a lab may take more than its budget.

    Attributes:
        things, outputs: what existed when everything was created.
    """

    def __init__(self, session: Session, folder: Path, *, accept_risk: bool = False) -> None:
        if not isinstance(session.realm, SimulatedRealm):
            raise ValueError("a rehearsal never reaches a real cloud")
        self.session, self.folder, self._cloud = session, folder, session.realm.cloud
        self._short = lacking(session)
        self._off, self._accept_risk = self._cloud.missing(), accept_risk
        self.outputs: Mapping[str, Any] = {}
        self.things: tuple[teardown.Thing, ...] = ()

    def play(self) -> Iterator[Act]:
        """Play act after act. One that differs is the last: what follows would build on it."""
        for title, expected, act in self._script():
            began, here = self.session.clock.now(), monotonic()
            try:
                seen, ok = act()
            except LabError as error:
                seen, ok = str(error), False
            passed = (self.session.clock.now() - began).total_seconds()
            yield Act(title, expected, seen, ok, passed, monotonic() - here)
            if not ok:
                return

    def titles(self) -> list[str]:
        """The acts, in order."""
        return [title for title, _, _ in self._script()]

    def _script(self) -> list[tuple[str, str, Callable[[], Seen]]]:
        new, first = [], "preview"
        if self._off:
            names = join_limited(self._off)
            new = [("up, in a new account", f"refused: off are {names}", self._refused_off)]
            first = f"preview, with {names} switched on by hand"
        if self._short:
            limits = "; ".join(
                f"{one.code} is {one.limit:g}, {one.needed:g} {one.unit} are needed"
                for one in self._short
            )
            raised = [f"{one.code} raised to {one.needed:g}" for one in self._short]
            more = f"up, with {join_limited(raised)}"
            ups = [
                ("up, with the quota of a new account", f"refused: {limits}", self._refused),
                (more, "the rest is created", self._granted),
            ]
        else:
            ups = [("up", "everything is created", self._up)]
        if self.session.declared.storage.keep:
            kept = [("down, with a file in the bucket", "refused: nobody named it", self._kept)]
        else:
            kept = []
        return [
            ("check", "the settings are right", self._check),
            *new,
            (first, "everything is to be created, nothing else", self._preview),
            *ups,
            ("preview again", "nothing to do", self._nothing_to_do),
            (
                "a notebook stops",
                "status says what the cloud says; up leaves it alone",
                self._stopped,
            ),
            ("somebody changes things by hand", "a change and a deletion are found", self._drift),
            ("up", "both are healed, and then there is nothing to do", self._healed),
            *kept,
            ("down, with its data named", "everything goes", self._down),
            ("a scan of the account", "it is empty", self._gone),
        ]

    def _check(self) -> Seen:
        path = files.find(self.session.root, self.session.stack)
        return stacks.describe(files.load(path, now=self.session.clock.now())), True

    def _refused_off(self) -> Seen:
        """Nothing can be made before a person has switched on what only a person can."""
        try:
            outcome = self.session.engine.up()
            hints = [self._off[0] in failure.hint for failure in outcome.failures]
            words, refused = told(outcome), bool(hints) and all(hints)
        except RunFailed as error:  # Pulumi's engine goes on, and the program asks in vain
            words, refused = str(error), True
        for name in self._off:
            self._cloud.switch_on(name)
        made = [thing for thing in teardown.recorded(self.session) if thing.id]
        return words, refused and not made

    def _preview(self) -> Seen:
        plan = self.session.engine.preview()
        outlook.rehearse(self.session, plan, accepted=self._accept_risk)
        # A provider is no thing in a cloud; a refused `up` may have recorded one.
        ops = {each.op for each in plan.steps if each.custom and not is_provider(each.type)}
        return planned(plan), Op.CREATE in ops and ops <= {Op.CREATE, Op.READ}

    def _refused(self) -> Seen:
        outcome = self.session.engine.up()
        curable = [
            failure
            for failure in outcome.failures
            if any(one.code in failure.hint for one in self._short)
        ]
        return told(outcome, self._short), bool(curable) and len(curable) == len(outcome.failures)

    def _granted(self) -> Seen:
        for one in self._short:
            self._cloud.grant(one.code, one.needed)
        return self._up()

    def _up(self) -> Seen:
        outcome = self.session.engine.up()
        self.things = teardown.recorded(self.session)
        self.outputs = stack_outputs(self.session.engine.state())
        return told(outcome), outcome.ok and bool(self.things)

    def _nothing_to_do(self) -> Seen:
        plan = self.session.engine.preview()
        return planned(plan), plan.empty

    def _stopped(self) -> Seen:
        machine = self._machine()
        self._cloud.stop(machine["id"], self.session.clock.now())
        states = status.counts(status.look(self.session).findings)
        plan = self.session.engine.preview()
        seen = ", ".join(f"{number} {word}" for word, number in states.items())
        others = set(states) - {"running", "stopped", registry.POWER_UNKNOWN}
        told = states.get("stopped") == 1 or registry.POWER_UNKNOWN in states
        return f"{seen}; {planned(plan)}", told and not others and plan.empty

    def _drift(self) -> Seen:
        by_hand = registry.by_hand(self.session.declared.lab.cloud)
        opened, watch = self._recorded(by_hand.opened), self._recorded(by_hand.removed)
        self._cloud.tamper(by_hand.opened, opened["id"], by_hand.path, by_hand.value)
        self._cloud.remove(watch["type"], watch["id"])
        outcome = self.session.engine.refresh()
        found = {
            (step.urn, step.op) for step in outcome.steps if step.custom and step.op is not Op.SAME
        }
        seen = [
            f"{urn.rpartition('::')[2]} {'is missing' if op is Op.DELETE else 'was changed'}"
            for urn, op in sorted(found)
        ]
        wanted = {(opened["urn"], Op.UPDATE), (watch["urn"], Op.DELETE)}
        return join_limited(seen), outcome.ok and found == wanted

    def _healed(self) -> Seen:
        outcome = self.session.engine.up()
        done = Counter(step.op for step in outcome.steps if step.custom and step.op is not Op.SAME)
        plan = self.session.engine.preview()
        ok = outcome.ok and done == {Op.UPDATE: 1, Op.CREATE: 1} and plan.empty
        return f"{told(outcome)}; {planned(plan)}", ok

    def _kept(self) -> Seen:
        bucket = self._recorded(self._cloud.buckets)
        before = set(self.session.engine.holdings())
        self._cloud.put_object(bucket["id"], "results/model.bin", 12_000_000)
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

    def _gone(self) -> Seen:
        things = teardown.left(self.session).things
        account = self._cloud.inventory()
        names = [thing.name for thing in things] + [record.id for record in account]
        seen = f"{pluralize(len(account), 'resource')} in the account, {len(things)} recorded"
        return f"{seen}{': ' if names else ''}{join_limited(names)}", not names

    def _machine(self) -> Mapping[str, Any]:
        for entry in entries(self.session.engine.state()):
            if registry.power(entry["type"], entry.get("outputs") or {}):
                return entry
        raise LabError("the lab has no machine that could stop")

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


@contextmanager
def stage(
    stack: str, today: str | None, engine: str, *, keep: bool, accept_risk: bool = False
) -> Generator[Rehearsal, None, None]:
    """A rehearsal in a folder of its own, on a clock that starts with the lab.

    Args:
        today: the first day; by default the lab's `starts`, else the present day.
        engine: `embedded` or `pulumi`.
        keep: leave the folder behind. accept_risk: see Rehearsal.

    Raises:
        UsageError: no such stack or day. SettingsError: all faults of its file.
    """
    path = files.find(root := project(), stack)
    lab = files.load(path)
    starts = lab.lab.starts.isoformat() if lab.lab.starts else None
    clock = clock_from(today or starts)
    files.load(path, now=clock.now())
    folder = Path(mkdtemp(prefix=f"mllab-{stack}-"))
    try:
        config = files.config(path)
        session = on_simulated_cloud(root, stack, lab, config, clock, folder, engine=engine)
        yield Rehearsal(session, folder, accept_risk=accept_risk)
    finally:
        if not keep:
            rmtree(folder, ignore_errors=True)
