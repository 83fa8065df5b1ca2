"""The embedded engine: one stack on simulated clouds, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.resource_types import HOLDS_DATA
from mllab.clock import Clock
from mllab.engines import reasons
from mllab.engines.contract import (
    NO_URNS,
    Holding,
    OnStep,
    Outcome,
    Plan,
    StackTarget,
    Urns,
    ignore,
)
from mllab.engines.embedded import refreshing, removal, seal
from mllab.engines.embedded.lock import Lock
from mllab.engines.embedded.program import Program
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.recover import recover
from mllab.engines.embedded.registry import Registry
from mllab.engines.embedded.report import Report, lines
from mllab.engines.embedded.run import Run
from mllab.engines.embedded.schedule import Measured, Schedule, Simulated, Times, advance
from mllab.engines.embedded.snapshot import Snapshot
from mllab.engines.embedded.store import Loaded, Stamp, Store
from mllab.errors import RunFailed, UsageError
from mllab.protocol import urns
from mllab.protocol.provider import Provider, ProviderFailure
from mllab.protocol.values import bare, clear, masked

SealForPulumi = Callable[[Mapping[str, Any], StackTarget], Mapping[str, Any]]


class EmbeddedEngine:
    """One stack on simulated clouds, by the rules of Pulumi's engine.

    Args:
        target: the program and its configuration.
        providers: the clouds, by package (`aws`).
        home: folder of the state, which is `home/state/<stack>.json`.
        clock: the time; a simulated one is moved over each run.
        parallel: how many operations run side by side.
        seal: seals a deployment in clear as Pulumi does; without it secrets are exported in clear
            or not at all.
    """

    name = "embedded"

    def __init__(
        self,
        target: StackTarget,
        providers: Mapping[str, Provider],
        home: Path,
        clock: Clock,
        parallel: int = 16,
        seal: SealForPulumi | None = None,
    ) -> None:
        self._seal = seal
        self._target, self._providers, self._clock = target, providers, clock
        self._parallel = parallel
        self._folder = home / "state"
        self._store = Store(self._folder, target.stack)
        self._lock = Lock(self._folder / f"{target.stack}.lock", target.stack)
        self._known: tuple[Stamp, Mapping[str, Any]] | None = None
        self._blocking = any(provider.blocking for provider in providers.values())

    def preview(
        self, on_step: OnStep = ignore, *, release: Urns = NO_URNS, rebuild: Urns = NO_URNS
    ) -> Plan:
        """What `up` would do.

        Raises:
            RunFailed: the program is wrong, or the cloud refuses its inputs; one line per fault.
        """
        self._lock.check()
        loaded = self._store.load()
        report = Report(on_step)
        run = self._run(loaded, report, dry=True, release=release, rebuild=rebuild)
        pending = tuple(item.record.urn for item in loaded.pending)
        recover(run)
        program = Program(run, self._threads)
        program.execute()
        program.remove_rest()
        if report.failures:
            # The order in which the SDK has inputs ready differs between runs.
            failures = sorted(report.failures, key=lambda one: (one.name, one.type))
            first = next((failure.hint for failure in failures if failure.hint), "")
            raise RunFailed(lines(failures), hint=first)
        return Plan(
            stack=self._target.stack,
            engine=self.name,
            steps=tuple(report.steps),
            resources=tuple(run.resources),
            outputs=masked(program.outputs()),
            pending=pending,
            warnings=tuple(report.warnings),
        )

    def up(
        self, on_step: OnStep = ignore, *, release: Urns = NO_URNS, rebuild: Urns = NO_URNS
    ) -> Outcome:
        """Make the cloud what the program declares."""
        with self._writing(Report(on_step), release, rebuild) as run:
            recover(run)
            program = Program(run, self._threads)
            try:
                program.execute()
                program.remove_rest()
            except Exception:
                program.finish()
                raise
            program.finish()
        return self._outcome(run)

    def refresh(self, on_step: OnStep = ignore, *, dry: bool = False) -> Outcome:
        """Read everything that is recorded, and record what is really there."""
        if dry:
            self._lock.check()
            run = self._run(self._store.load(), Report(on_step), dry=True)
            recover(run)
            refreshing.refresh(run, self._threads)
            return self._outcome(run)
        with self._writing(Report(on_step)) as run:
            recover(run)
            refreshing.refresh(run, self._threads)
        return self._outcome(run)

    def destroy(self, on_step: OnStep = ignore, *, release: Urns = NO_URNS) -> Outcome:
        """Delete everything that is recorded."""
        with self._writing(Report(on_step), release) as run:
            recover(run)
            removal.remove(run, run.snapshot.left(), self._threads, reasons.DESTROYED)
        return self._outcome(run)

    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs; secrets in clear."""
        stack = self._stack(self._store.load().records)
        return {key: clear(value) for key, value in stack.outputs.items()} if stack else {}

    def state(self) -> Mapping[str, Any]:
        """The deployment as `pulumi stack export` prints it, sealed with the stack's key.

        It is made once for what the files hold, and is not to be changed by who gets it.
        """
        files = self._store.stamp()
        if self._known is None or self._known[0] != files:
            loaded = self._store.load()
            records, pending, written = loaded.records, loaded.pending, loaded.written
            found = self._store.deployment(records, pending, written, self._store.sealer.seal)
            self._known = files, found
        return self._known[1]

    def export(self, *, clear: bool = False) -> Mapping[str, Any]:
        """The deployment for `pulumi stack import`; secrets in clear, or sealed by Pulumi's CLI."""
        loaded = self._store.load()
        records, pending, written = loaded.records, loaded.pending, loaded.written
        found = self._store.deployment(records, pending, written, seal.clear)
        if clear or found == self._store.deployment(records, pending, written, _hidden):
            return found
        if self._seal is None:
            raise UsageError(
                f"the state of {self._target.stack} holds secrets that Pulumi cannot open",
                hint="Write them in clear, for your own eyes: --show-secrets",
            )
        return self._seal(found, self._target)

    def forget(self) -> None:
        """Nothing to do: a file that has changed is read anew."""

    def holdings(self) -> tuple[Holding, ...]:
        """Every resource of the state that keeps data, with what it holds now."""
        self._lock.check()  # what another run makes or takes meanwhile is not told
        loaded = self._store.load()
        run = self._run(loaded, Report(ignore), dry=True)
        return tuple(
            Holding(
                urn=record.urn,
                type=record.type,
                name=record.name,
                what=HOLDS_DATA[record.type],
                amount=_contents(run, record),
            )
            for record in loaded.records
            if record.type in HOLDS_DATA and not record.pending_replacement
        )

    @property
    def _threads(self) -> int:
        return self._parallel if self._blocking else 0

    def _run(
        self,
        loaded: Loaded,
        report: Report,
        *,
        dry: bool,
        snapshot: Snapshot | None = None,
        release: Urns = NO_URNS,
        rebuild: Urns = NO_URNS,
    ) -> Run:
        start = self._clock.now()
        schedule: Schedule = Measured(start) if self._blocking else Simulated(start, self._parallel)
        return Run(
            self._target,
            snapshot or Snapshot(loaded.records, loaded.pending, None),
            Registry(self._providers, self._target.config),
            report,
            Times(schedule),
            dry=dry,
            serial=loaded.serial,
            release=release,
            rebuild=rebuild,
        )

    @contextmanager
    def _writing(
        self, report: Report, release: Urns = NO_URNS, rebuild: Urns = NO_URNS
    ) -> Iterator[Run]:
        """Hold the stack, and write its state at the end; a kill leaves the journal instead."""
        warning = self._lock.acquire()
        try:
            if warning:
                report.warn(warning)
            loaded = self._store.load()
            serial = loaded.serial
            if loaded.journaled:
                serial += 1
                self._store.save(loaded.records, loaded.pending, serial, self._clock.now())
            journal = self._store.journal(serial)
            snapshot = Snapshot(loaded.records, loaded.pending, journal)
            run = self._run(
                loaded, report, dry=False, snapshot=snapshot, release=release, rebuild=rebuild
            )
            try:
                yield run
            except Exception:
                self._save(run, serial)
                raise
            else:
                self._save(run, serial)
            finally:
                journal.close()
                advance(self._clock, run.times.total)
        finally:
            self._lock.release()

    def _save(self, run: Run, serial: int) -> None:
        if run.snapshot.changed:
            self._store.save(
                run.snapshot.entries(),
                run.snapshot.unfinished(),
                serial + 1,
                run.times.at(run.times.total),
            )

    def _outcome(self, run: Run) -> Outcome:
        records = run.snapshot.entries()
        stack = self._stack(records)
        return Outcome(
            stack=self._target.stack,
            engine=self.name,
            steps=tuple(run.report.steps),
            failures=tuple(run.report.failures),
            outputs=masked(stack.outputs) if stack else {},
            seconds=run.times.total,
            remaining=tuple(
                record.name
                for record in records
                if record.custom and not urns.is_provider(record.type)
            ),
            warnings=tuple(run.report.warnings),
        )

    def _stack(self, records: list[Record]) -> Record | None:
        return next((record for record in records if record.type == urns.STACK_TYPE), None)


def _hidden(_: Any) -> Mapping[str, Any]:
    """Stands for any secret."""
    return {}


def _contents(run: Run, record: Record) -> str | None:
    """What a resource holds; None when nobody can tell."""
    try:
        return run.provider(record).contents(run.call(record, 0.0), record.id, bare(record.outputs))
    except ProviderFailure:
        return None
