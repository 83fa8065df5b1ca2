"""What every engine promises: the same verbs, the same steps, the same plan text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

from mllab.clouds.consequences import ForNew
from mllab.protocol.provider import Change


class Op(StrEnum):
    """What happens to one resource; the names are Pulumi's own."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"  # the logical step; its two halves follow
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    DELETE = "delete"
    READ = "read"
    REFRESH = "refresh"
    RETAIN = "retain"  # leaves the state, stays in the cloud (retain_on_delete)
    ADOPT = "adopt"  # found in the cloud after an interrupted create, taken into the state


class Status(StrEnum):
    """How far a step is."""

    PLANNED = "planned"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"  # something it depends on failed


@dataclass(frozen=True)
class Step:
    """One resource's part in a run, as reported while it happens and kept in the plan.

    Args:
        op, status: see the enums.
        urn, type, name: Pulumi's; `name` is the logical name.
        custom: false for components and the stack.
        reason: one clause for a person: `new`, `disk_gb changed`, `replaced because vpcId changes`,
            `no longer declared`.
        changes: the properties that differ; empty for create and delete.
        source: `components/aws/storage.py:31` of the declaring call; empty where unknown.
        seconds: how long the step took, or is expected to take, on the engine's own clock.
        loses: what data the step destroys, in words (`objects in the bucket`); empty when none.
        error: the cause when it failed.
        outputs: of a refresh, what the cloud holds now, masked; a machine's own state is no drift,
            but worth seeing.
    """

    op: Op
    urn: str
    type: str
    name: str
    status: Status = Status.PLANNED
    custom: bool = True
    reason: str = ""
    changes: tuple[Change, ...] = ()
    source: str = ""
    seconds: float = 0.0
    loses: str = ""
    error: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)


OnStep = Callable[[Step], None]


@dataclass(frozen=True)
class Resource:
    """One declared resource, as `preview --json` prints it, under the same names.

    Inputs carry wire names; unknown is `{"$unknown": true}`, secret is `{"$secret": true}`. They
    are as the program says, also where `ignoreChanges` keeps another value.
    """

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    inputs: Mapping[str, Any]
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    provider: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    op: Op = Op.CREATE
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a run would do; nothing was changed.

    Args:
        steps: one per resource (a replacement is one step), in the order of execution,
            which differs between runs where two of them need nothing of each other.
        resources: what the program declares, in the order of declaration.
        outputs: the stack's outputs, masked and with unknowns.
        pending: urns whose last operation was interrupted.
        warnings: one line each.
        settles: what a run would only record, one line each: no resource changes by it.
        rebuild: what it was made with, for `up`.
        for_new: what no run changes on what exists; `warnings` tells it, too.
    """

    stack: str
    engine: str
    steps: tuple[Step, ...]
    resources: tuple[Resource, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    pending: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    settles: tuple[str, ...] = ()
    rebuild: frozenset[str] = frozenset()
    for_new: tuple[ForNew, ...] = ()

    def counts(self) -> dict[Op, int]:
        """Custom resources per operation, operations that do not occur left out."""
        found: dict[Op, int] = {}
        for step in self.steps:
            if step.custom:
                found[step.op] = found.get(step.op, 0) + 1
        return found

    @property
    def empty(self) -> bool:
        """True when a run would change nothing."""
        quiet = all(step.op in {Op.SAME, Op.READ} for step in self.steps)
        return quiet and not self.pending and not self.settles


@dataclass(frozen=True)
class Failure:
    """One resource that failed.

    Args:
        code: the cloud's own code (`VcpuLimitExceeded`); empty where there is none.
        message: the cloud's own words.
        hint: what puts it right, with the command; empty where unknown.
    """

    urn: str
    type: str
    name: str
    op: Op
    message: str
    code: str = ""
    hint: str = ""
    source: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a run did.

    Args:
        steps: every step that was started or skipped, in the order of completion.
        failures: empty when all went well.
        outputs: the stack's outputs after the run; secrets are `{"$secret": true}`.
        seconds: from start to end on the engine's clock (simulated seconds on a simulated cloud).
        remaining: names of resources still in the state (custom ones), for destroy.
    """

    stack: str
    engine: str
    steps: tuple[Step, ...]
    failures: tuple[Failure, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    remaining: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.failures


@dataclass(frozen=True)
class Holding:
    """A resource that keeps data, and how much it holds now.

    Args:
        name: logical name, the word for `--delete-data`.
        what: `objects in the bucket`, `files`, `home disk`, `container images`.
        amount: `3 objects, 12 MB`; empty string when it is known to be empty; None when it could
            not be found out.
    """

    urn: str
    type: str
    name: str
    what: str
    amount: str | None


@dataclass(frozen=True)
class StackTarget:
    """What an engine runs: a program under a stack's configuration.

    Args:
        project, stack: Pulumi's names; they are part of every URN.
        cloud: `aws`, `azure`, `gcp`; for display.
        config: Pulumi configuration, full keys (`aws:region`), values as Pulumi hands them over
            (JSON text for objects).
        program: declares the resources when called.
        root: folder that `source` paths are relative to.
    """

    project: str
    stack: str
    cloud: str
    config: Mapping[str, str]
    program: Callable[[], object]
    root: Path


Urns = frozenset[str]
NO_URNS: Final[Urns] = frozenset()


def ignore(_: Step) -> None:
    """Report steps to nobody."""


class Engine(Protocol):
    """The verbs. Each reports steps while they happen, from one thread at a time, and returns what
    came of it.

    Raises (all verbs): LockedError, StateError; preview and up also whatever the program raises, as
    RunFailed with the program's file and line.
    """

    name: str

    def preview(
        self, on_step: OnStep = ignore, *, release: Urns = NO_URNS, rebuild: Urns = NO_URNS
    ) -> Plan:
        """What `up` would do with the same `release` and `rebuild`."""
        ...

    def up(
        self, on_step: OnStep = ignore, *, release: Urns = NO_URNS, rebuild: Urns = NO_URNS
    ) -> Outcome:
        """Make it so. `release`: as for `destroy`, for holders of data that are deleted or replaced
        on the way. `rebuild`: recorded urns that are replaced whatever their properties say.
        """
        ...

    def refresh(self, on_step: OnStep = ignore, *, dry: bool = False) -> Outcome:
        """Read everything; steps are SAME, UPDATE (drift, with changes) or DELETE (gone). `dry`
        leaves the state.
        """
        ...

    def destroy(self, on_step: OnStep = ignore, *, release: Urns = NO_URNS) -> Outcome:
        """Delete everything. `release`: urns whose protection is lifted; their contents go too."""
        ...

    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs from the state; secrets in clear, so never print them unasked."""
        ...

    def state(self) -> Mapping[str, Any]:
        """The deployment in Pulumi's format, version 3, secrets sealed."""
        ...

    def export(self, *, clear: bool = False) -> Mapping[str, Any]:
        """The deployment as `pulumi stack import` takes it.

        Secrets are sealed so that Pulumi can open them, or in `clear`: never print those unasked.

        Raises (also): UsageError: there are secrets, and no passphrase to seal them by. LabError:
        there are secrets, and no Pulumi CLI, which alone seals them so.
        """

    def forget(self) -> None:
        """What is recorded may have been changed by others: read it anew when it is asked for."""
        ...

    def holdings(self) -> tuple[Holding, ...]:
        """Every resource of the state that keeps data, with what it holds now."""
        ...
