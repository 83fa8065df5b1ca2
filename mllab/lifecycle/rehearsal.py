"""`rehearse`: a lab's whole life in a folder of its own, act by act."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, ClassVar

from mllab.clouds import registry
from mllab.engines.contract import Op
from mllab.errors import LabError, RunFailed, UsageError
from mllab.lifecycle import status, teardown
from mllab.lifecycle.acts import Rehearsal, Scene, Seen, planned, told
from mllab.lifecycle.granted import lacking
from mllab.protocol.deployment import entries
from mllab.session.opening import on_simulated_cloud
from mllab.session.realm import SimulatedRealm
from mllab.session.session import EMBEDDED, Session, clock_from, project
from mllab.settings import files
from mllab.wording import join_limited, pluralize


class SimulatedRehearsal(Rehearsal):
    """One lab on one simulated account that belongs to it alone."""

    place: ClassVar[str] = "A simulated account in a folder of its own; nothing real is contacted."

    def __init__(
        self, session: Session, folder: Path, first_day: datetime, *, accept_risk: bool = False
    ) -> None:
        if not isinstance(session.realm, SimulatedRealm):
            raise ValueError("a rehearsal never reaches a real cloud")
        super().__init__(session, folder, first_day, accept_risk=accept_risk)
        self._cloud = session.realm.cloud
        self._short, self._off = lacking(session), self._cloud.missing()

    def _script(self) -> list[Scene]:
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
            (
                "up",
                "both are healed, and then there is nothing to do",
                partial(self._healed, Op.UPDATE, Op.CREATE),
            ),
            *self._data_kept(),
            ("down, with its data named", "everything goes", self._down),
            ("a scan of the account", "it is empty", self._gone),
        ]

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
        return self._found({(opened["urn"], Op.UPDATE), (watch["urn"], Op.DELETE)})

    def _fill(self) -> None:
        bucket = self._recorded(self._cloud.buckets)
        self._cloud.put_object(bucket["id"], "results/model.bin", 12_000_000)

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


@contextmanager
def stage(
    stack: str, today: str | None, engine: str, *, keep: bool, accept_risk: bool = False
) -> Generator[Rehearsal, None, None]:
    """A rehearsal in a folder of its own; of a simulated cloud on a clock that starts with the lab.

    Args:
        today: the first day; by default the lab's `starts`, else the present day.
        engine: `embedded` or `pulumi`.
        keep: leave the folder behind. accept_risk: see Rehearsal.

    Raises:
        UsageError: no such stack or day, or options for simulated clouds alone.
        SettingsError: all faults of its file.
    """
    path = files.find(root := project(), stack)
    lab = files.load(path)
    starts = lab.lab.starts.isoformat() if lab.lab.starts else None
    clock = clock_from(today or starts)
    files.load(path, now=(first_day := clock.now()))
    config = files.config(path)
    here = registry.of(lab.lab.cloud).here
    if here and (today or engine != EMBEDDED):
        option = "--today" if today else f"--engine {engine}"
        raise UsageError(
            f"{option} is for simulated clouds, and {stack} is rehearsed on this machine, really;"
            " nothing was done",
            hint=f"Leave {option.split()[0]} out.",
        )
    folder = Path(mkdtemp(prefix=f"mllab-{stack}-"))
    try:
        if here:
            registry.require_sdk(registry.of(lab.lab.cloud))
            from mllab.lifecycle import local  # what it needs, others have not installed

            with local.opened(root, stack, lab, config, folder, first_day) as opened:
                yield local.LocalRehearsal(opened, folder, first_day, accept_risk=accept_risk)
        else:
            session = on_simulated_cloud(root, stack, lab, config, clock, folder, engine=engine)
            yield SimulatedRehearsal(session, folder, first_day, accept_risk=accept_risk)
    finally:
        if not keep:
            rmtree(folder, ignore_errors=True)
