"""A simulated account from outside: its quotas, what stands in it, what people do by hand."""

from __future__ import annotations

import importlib.metadata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from mllab.accounts.contract import Offer, Placement
from mllab.clouds import registry
from mllab.protocol.provider import Call
from mllab.simulated.cloud import SimulatedCloud
from mllab.simulated.database import Database
from mllab.simulated.faults import Faults
from mllab.simulated.store import Interval, Record, Remains, Session


def switch(name: str) -> str:
    """Under which name an account remembers that something is on."""
    return f"on {name}"


class SimulatedAccount(SimulatedCloud, ABC):
    """One account that does not exist.

    Args:
        path: SQLite file in which the account lives, shared by processes; None: in memory.
        quotas: limits by code for this object alone; they count before what was granted and what a
            new account has.
        faults: failures on demand.
    """

    machines: ClassVar[str]
    """Type token of machines that can be stopped and started."""
    buckets: ClassVar[str]
    shares: ClassVar[str]
    repositories: ClassVar[str]

    stopped_count: ClassVar[bool] = False
    """Machines count against quotas whether they run or not."""

    by_hand: ClassVar[tuple[str, ...]] = ()
    """What is off in a new account, and only a person can switch on before anything is made."""

    timed = True
    """A call lasts as long as it says: the engine's clock goes on meanwhile."""

    def __init__(
        self,
        path: Path | None,
        *,
        quotas: Mapping[str, float] | None = None,
        faults: Faults | None = None,
    ) -> None:
        super().__init__(Database(path), faults)
        self._quotas = dict(quotas or {})
        for code in self._quotas:
            self._usual(code)

    # ------------------------------------------------------------------------ for a concrete cloud

    @property
    def version(self) -> str:
        """Of the SDK that programs use; Pulumi warns about a provider that is older."""
        return importlib.metadata.version(f"pulumi-{self.package}")

    def limits(self) -> Mapping[str, float]:
        """What a new account has of everything that is limited, by code."""
        cloud = registry.of_package(self.package)
        return {code: quota.default for code, quota in cloud.quotas().items()} if cloud else {}

    @abstractmethod
    def size_of(self, machine: Record) -> str:
        """The machine type of a machine."""

    def machine(self, session: Session, key: str) -> Record:
        """The machine with that id or name. KeyError if there is none."""
        return _find(session, self.machines, key)

    # --------------------------------------------------------------------------------------- quotas

    def quota(self, code: str) -> float:
        """The limit with that code. KeyError for an unknown code."""
        usual = self._usual(code)
        if code in self._quotas:
            return self._quotas[code]
        with self.database.session() as session:
            granted = session.number(f"quota {code}")
        return usual if granted is None else granted

    def grant(self, code: str, value: float) -> None:
        """Set a limit for good, as the cloud does on request. KeyError for an unknown code."""
        self._usual(code)
        with self.database.session() as session:
            session.set_number(f"quota {code}", value)

    def _usual(self, code: str) -> float:
        limits = self.limits()
        if code not in limits:
            raise KeyError(f"no quota {code}; known are {', '.join(limits)}")
        return limits[code]

    def counted(self, record: Record) -> Mapping[str, float]:
        """What a resource takes up, by code of the quota; nothing else counts."""
        hidden = record.hidden
        amount = float(hidden.get("vcpus", hidden.get("one", 0)))
        running = self.stopped_count or hidden.get("state", "running") == "running"
        return {hidden[key]: amount for key in ("quota", "pool") if running and hidden.get(key)}

    def used(self, region: str, going: Collection[str]) -> Mapping[str, float]:
        """How much of each quota is taken up, in a region or everywhere as it counts.

        Args:
            region: empty: all. going: ids of what does not count, with all that came to be with it.
        """
        records = self.inventory()
        by_uid = {one.uid: one for one in records}
        cloud = registry.of_package(self.package)
        everywhere = (
            {q.code for q in cloud.quotas().values() if q.scope == "global"} if cloud else ()
        )
        found = Counter[str]()
        for one in records:
            place = one.region or one.hidden.get("location") or one.hidden.get("area")
            here = not (region and place) or place == region
            root = one
            while root.owner in by_uid and root.id not in going:
                root = by_uid[root.owner]
            if root.id not in going:
                counted = self.counted(one).items()
                found.update({code: n for code, n in counted if here or code in everywhere})
        return found

    @abstractmethod
    def offer(self, wanted: Placement) -> Offer:
        """Whether a place has a machine type; see `Account.offers`."""

    # -------------------------------------------------------------------------------- a new account

    def missing(self) -> list[str]:
        """What a person must still switch on before anything can be made."""
        with self.database.session() as session:
            return [name for name in self.by_hand if not session.number(switch(name))]

    def switch_on(self, name: str) -> None:
        """Switch something on for good. KeyError for what needs no person."""
        if name not in self.by_hand:
            known = ", ".join(self.by_hand) or "nothing is"
            raise KeyError(f"{name} is not switched on by hand; known are {known}")
        with self.database.session() as session:
            session.set_number(switch(name), 1)

    # ---------------------------------------------------------------------------------- what exists

    def inventory(self, *, standing: bool = False) -> list[Record]:
        """Everything that exists, oldest first, also what came to be by itself.

        Args:
            standing: also what the cloud makes once per account and never deletes; it costs
                nothing.
        """
        with self.database.session() as session:
            return [
                found
                for found in session.all()
                if standing or found.urn or not found.hidden.get("standing")
            ]

    def remains(self, at: datetime) -> list[Remains]:
        """What the cloud still keeps of deleted things."""
        with self.database.session() as session:
            return session.remains(at)

    def intervals(self) -> list[Interval]:
        """How long every machine was in which state, also those that are gone."""
        with self.database.session() as session:
            return session.intervals()

    # ------------------------------------------------------------------------------- what people do

    def tamper(self, type: str, id: str, path: str, value: Any) -> None:
        """Change a property by hand, at a dotted path. KeyError if there is no such resource."""
        with self.database.session() as session:
            record = _find(session, type, id)
            head = path.split(".")[0]
            node = self.kind(type).properties[head]
            for bag, there in ((record.inputs, "input"), (record.outputs, "output")):
                if there in node:
                    _put(bag, path.split("."), value)
            session.save(record)

    def remove(self, type: str, id: str) -> None:
        """Delete by hand, whatever depends on it. KeyError if there is no such resource."""
        with self.database.session() as session:
            session.drop(_find(session, type, id))

    def stop(self, machine: str, at: datetime | None = None) -> None:
        """Stop a machine, as an alarm or a schedule does. KeyError if there is none.

        Args:
            at: when; by default the latest moment that any call has named.
        """
        self._enter(machine, "stopped", at)

    def start(self, machine: str, at: datetime | None = None) -> None:
        """Start a machine that is stopped. KeyError if there is none."""
        self._enter(machine, "running", at)

    def _enter(self, machine: str, state: str, at: datetime | None) -> None:
        with self.database.session() as session:
            record = self.machine(session, machine)
            moment = at or datetime.fromisoformat(session.meta("now"))
            record.hidden["state"] = state
            session.enter(record, self.size_of(record), state, moment)
            call = Call(record.urn, record.type, record.name, moment)
            here = self._here(session, call, record.outputs)
            record.outputs |= self.kind(record.type).outputs(here, record)
            session.save(record)

    def put_object(self, bucket: str, key: str, size: int) -> None:
        """Put an object of `size` bytes into a bucket. KeyError if there is none."""
        self._fill(self.buckets, bucket, key, size)

    def write_files(self, share: str, size: int) -> None:
        """Let `size` bytes lie in a file system. KeyError if there is none."""
        self._fill(self.shares, share, "files", size)

    def push_image(self, repository: str, tag: str, size: int) -> None:
        """Push a container image of `size` bytes. KeyError if there is no such repository."""
        self._fill(self.repositories, repository, tag, size)

    def _fill(self, type: str, id: str, key: str, size: int) -> None:
        with self.database.session() as session:
            session.put(_find(session, type, id), key, size)


def _find(session: Session, type: str, key: str) -> Record:
    found = session.find(type, key)
    if found is None:
        raise KeyError(f"no {type} {key} exists")
    return found


def _put(bag: dict[str, Any], path: list[str], value: Any) -> None:
    *heads, last = path
    for head in heads:
        bag = bag.setdefault(head, {})
    bag[last] = value
