"""The simulated AWS account."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from mllab.engines.provider import Properties, ProviderFailure
from mllab.simulated.aws import functions, identity, machines, network, places, storage, work
from mllab.simulated.cloud import SimulatedCloud
from mllab.simulated.faults import Faults, How
from mllab.simulated.store import Interval, Record, Store

WORDS = {
    How.BEFORE: ("InternalError", "An internal error has occurred"),
    How.AFTER: ("RequestError", "send request failed: read: connection reset by peer"),
    How.THROTTLE: ("RequestLimitExceeded", "Request limit exceeded."),
    How.EXPIRED_TOKEN: ("ExpiredToken", "The security token included in the request is expired"),
    How.HANG: (
        "",
        "waiting for {type} ({name}) create: timeout while waiting for state to become 'available'",
    ),
    How.CAPACITY: (
        "InsufficientInstanceCapacity",
        "We currently do not have sufficient capacity in the Availability Zone you requested. Our system will be working "
        "on provisioning additional capacity.",
    ),
}


class SimulatedAws(SimulatedCloud):
    """One AWS account that does not exist: it refuses what AWS refuses.

    Args:
        path: SQLite file in which the account lives, shared by processes; None for an account in memory.
        quotas: limits by code (`L-DB2E81BA`) for this object, above what was granted and the defaults of a new account.
        faults: failures on demand.
    """

    package = "aws"
    label = "AWS"
    data = places.DATA
    account = "123456789012"
    kinds = {**network.KINDS, **machines.KINDS, **storage.KINDS, **identity.KINDS, **work.KINDS}

    def __init__(
        self,
        path: Path | None,
        *,
        quotas: Mapping[str, float] | None = None,
        faults: Faults | None = None,
    ) -> None:
        faults = faults or Faults()
        faults.words = WORDS
        super().__init__(Store(path), faults)
        self._quotas = dict(quotas or {})
        for code in self._quotas:
            _known(code)

    @property
    def version(self) -> str:
        """Of the Pulumi SDK that programs use; the engine warns about a provider older than that."""
        return importlib.metadata.version("pulumi-aws")

    def configured(self, config: Mapping[str, Any]) -> Self:
        """The same account under a provider's configuration. Raises ProviderFailure for an unknown region."""
        made = super().configured(config)
        made.region = str(config.get("region") or self.region)
        if made.region:
            places.zones(made.region)
        return made

    def tags_of(self, inputs: Properties) -> Properties:
        found = self.settings.get("defaultTags") or {}
        found = json.loads(found) if isinstance(found, str) else found
        return {**(found.get("tags") or {}), **(inputs.get("tags") or {})}

    def exists(self, type: str, key: str) -> bool:
        if type == "aws:ec2/ami:Ami":
            return places.image(key, self.region) is not None
        if type == "aws:scheduler/scheduleGroup:ScheduleGroup":
            return key == "default"
        return type == identity.POLICY and key in places.managed_policies()

    def answer(self, token: str, args: Properties) -> Properties:
        region = str(args.get("region") or self.region)
        result = functions.FUNCTIONS[token](args, region, self.account)
        given = {name: args[name] for name in self._schema.results(token) if name in args}
        return {"region": region, **given, **result}

    # ------------------------------------------------------------------------------------- the account, from outside

    def quota(self, code: str) -> float:
        """The limit with that code. KeyError for an unknown code."""
        if code in self._quotas:
            return self._quotas[code]
        with self.store.session() as session:
            granted = session.number(f"quota {code}")
        return _known(code).default if granted is None else granted

    def grant(self, code: str, value: float) -> None:
        """Raise (or lower) a limit for good. KeyError for an unknown code."""
        _known(code)
        with self.store.session() as session:
            session.set_number(f"quota {code}", value)

    def inventory(self) -> list[Record]:
        """Everything that exists, also what came to be by itself."""
        with self.store.session() as session:
            return session.all()

    def tamper(self, type: str, id: str, path: str, value: Any) -> None:
        """Change a property behind the engine's back, at a dotted path. KeyError if there is no such resource."""
        with self.store.session() as session:
            record = self._one(session, type, id)
            for bag in (record.inputs, record.outputs):
                _put(bag, path.split("."), value)
            session.save(record)

    def remove(self, type: str, id: str) -> None:
        """Delete by hand, without looking at what depends on it. KeyError if there is no such resource."""
        with self.store.session() as session:
            session.drop(self._one(session, type, id))

    def stop(self, instance: str, at: datetime | None = None) -> None:
        """Stop an instance, as its schedule or its alarm would. KeyError if there is none."""
        self._enter(instance, "stopped", at)

    def start(self, instance: str, at: datetime | None = None) -> None:
        """Start a stopped instance. KeyError if there is none."""
        self._enter(instance, "running", at)

    def _enter(self, instance: str, state: str, at: datetime | None) -> None:
        with self.store.session() as session:
            record = self._one(session, machines.INSTANCE, instance)
            record.hidden["state"] = state
            session.enter(record, record.outputs["instanceType"], state, at or self._now(session))
            session.save(record)

    def _now(self, session: Any) -> datetime:
        """The latest moment that a call has named."""
        text = session.meta("now")
        return datetime.fromisoformat(text) if text else datetime.now(UTC)

    def intervals(self) -> list[Interval]:
        """How long every instance was in which state, also those that are gone."""
        with self.store.session() as session:
            return session.intervals()

    def put_object(self, bucket: str, key: str, size: int) -> None:
        """Put an object of `size` bytes into a bucket. KeyError if there is none."""
        self._put(storage.BUCKET, bucket, key, size)

    def write_files(self, files: str, size: int) -> None:
        """Let `size` bytes lie in a file system. KeyError if there is none."""
        self._put(storage.FILES, files, storage.FILES_KEY, size)

    def push_image(self, repository: str, tag: str, size: int) -> None:
        """Push a container image of `size` bytes. KeyError if there is no such repository."""
        self._put(storage.REPOSITORY, repository, tag, size)

    def _put(self, type: str, id: str, key: str, size: int) -> None:
        with self.store.session() as session:
            session.put(self._one(session, type, id), key, size)

    def _one(self, session: Any, type: str, id: str) -> Record:
        found: Record | None = session.find(type, id)
        if found is None:
            raise KeyError(f"no {type} {id} exists")
        return found


def _known(code: str) -> places.Quota:
    found = places.quotas().get(code)
    if found is None:
        raise KeyError(f"no quota {code}; known are {', '.join(places.quotas())}")
    return found


def _put(bag: dict[str, Any], path: list[str], value: Any) -> None:
    *heads, last = path
    for head in heads:
        bag = bag.setdefault(head, {})
    bag[last] = value


__all__ = ["ProviderFailure", "SimulatedAws"]
