"""What all parts of one run share."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable

from mllab.engines.contract import NO_URNS, Resource, StackTarget, Urns
from mllab.engines.embedded.aliases import Aliases
from mllab.engines.embedded.record import Record
from mllab.engines.embedded.registry import Registry
from mllab.engines.embedded.report import Report
from mllab.engines.embedded.schedule import Times
from mllab.engines.embedded.snapshot import Snapshot
from mllab.protocol.goal import Goal
from mllab.protocol.provider import Call, Provider


class Run:
    """One preview, up, refresh or destroy.

    Args:
        dry: nothing may be changed, neither in the cloud nor on disk.
        serial: number of the state; part of the seed of generated names.
        release: urns that may go although they are protected, with their contents.
        rebuild: urns that are replaced whatever their properties say.
    """

    def __init__(
        self,
        target: StackTarget,
        snapshot: Snapshot,
        registry: Registry,
        report: Report,
        times: Times,
        *,
        dry: bool,
        serial: int,
        release: Urns = NO_URNS,
        rebuild: Urns = NO_URNS,
    ) -> None:
        self.target, self.snapshot, self.registry = target, snapshot, registry
        self.report, self.times, self.dry, self.release = report, times, dry, release
        self.rebuild = rebuild
        self._serial = serial
        self.lock = threading.RLock()
        self.aliases = Aliases(target.stack, target.project)
        self.seen: dict[str, str] = {}
        """Urns of this run and where they were declared."""
        self.goals: dict[str, Goal] = {}
        self.handled: set[int] = set()
        """Old entries (by identity) that the program still declares."""
        self.broken: dict[str, str] = {}
        """Urns that failed or were skipped, and the name of what failed at the root of it."""
        self.replaced: set[str] = set()
        self.deletes: set[str] = set()
        """Urns whose old entries are deleted in this run."""
        self.ids: dict[str, str] = {}
        """Urns of this run to ids; empty ids are not known yet."""
        self.adopted: set[str] = set()
        """Urns that were found in the cloud after an interrupted create."""
        self.resources: list[Resource] = []
        """What the program declares, for the plan."""

    def call(self, record: Record, at: float, *, before: str = "") -> Call:
        """The address of an operation.

        Args:
            at: offset on the schedule.
            before: id of the generation that is replaced; it makes the next one's names differ.
        """
        seed = f"{record.urn}\n{before}\n{self._serial}".encode()
        return Call(
            urn=record.urn,
            type=record.type,
            name=record.name,
            at=self.times.at(at),
            seed=hashlib.sha256(seed).digest(),
            preview=self.dry,
        )

    def provider(self, record: Record) -> Provider:
        """The cloud object of a custom resource. Raises ProgramError."""
        reference = record.provider
        if not self.registry.serves(reference):
            urn, _, id = reference.rpartition("::")
            known = self.snapshot.find(urn, id)
            if known is not None:
                self.registry.serve(reference, known.inputs)
        return self.registry.of(reference)

    def culprit(self, needs: Iterable[str]) -> str:
        """The name of what failed and is needed; empty when all is well."""
        return next((self.broken[urn] for urn in sorted(needs) if urn in self.broken), "")

    def may_go(self, record: Record) -> bool:
        """False for a protected entry that was not released."""
        return not record.protect or record.urn in self.release

    def place(self, urn: str) -> str:
        """`file:line` of a urn of this run."""
        return self.seen.get(urn, "").removeprefix("project:///").replace("#", ":")
