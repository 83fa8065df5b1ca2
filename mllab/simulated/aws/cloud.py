"""The simulated AWS account."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from mllab.engines.provider import Call, Properties
from mllab.simulated.aws import functions, places
from mllab.simulated.aws.rules import (
    alerts,
    batch,
    buckets,
    disks,
    files,
    groups,
    identity,
    instances,
    launch,
    networks,
    registries,
    schedules,
    tokens,
)
from mllab.simulated.cloud import SimulatedCloud
from mllab.simulated.database import Database
from mllab.simulated.faults import Faults, How, Words
from mllab.simulated.store import Interval, Record, Remains, Session

_MODULES = (
    alerts,
    batch,
    buckets,
    disks,
    files,
    groups,
    identity,
    instances,
    launch,
    networks,
    registries,
    schedules,
)

_WORDS = Words(
    {
        How.BEFORE: ("InternalError", "An internal error has occurred"),
        How.AFTER: ("RequestError", "send request failed: read: connection reset by peer"),
        How.THROTTLE: ("RequestLimitExceeded", "Request limit exceeded."),
        How.EXPIRED_TOKEN: (
            "ExpiredToken",
            "The security token included in the request is expired",
        ),
        How.HANG: ("Timeout", "timeout while waiting for {name} to become ready"),
        How.CAPACITY: (
            "InsufficientInstanceCapacity",
            "We currently do not have sufficient capacity in the Availability Zone you requested. "
            "Our system will be working on provisioning additional capacity.",
        ),
    },
    hang_s=1200.0,
    retry_s=600.0,
)


class SimulatedAws(SimulatedCloud):
    """One AWS account that does not exist, and refuses what AWS refuses.

    Args:
        path: SQLite file in which the account lives, shared by processes; None: in memory.
        quotas: limits by code (`L-DB2E81BA`) for this object alone; they count before what was
            granted and what a new account has.
        faults: failures on demand.
    """

    package = "aws"
    label = "AWS"
    data = places.DATA
    account = "123456789012"
    kinds = {token: kind for module in _MODULES for token, kind in module.KINDS.items()}
    functions = functions.FUNCTIONS
    words = _WORDS

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
            _known(code)

    @property
    def version(self) -> str:
        """Of the SDK that programs use; Pulumi warns about a provider that is older."""
        return importlib.metadata.version("pulumi-aws")

    def configured(self, config: Mapping[str, Any]) -> Self:
        """The same account under a provider's configuration, in another region say.

        Raises:
            ProviderFailure: a region that the data do not know.
        """
        made = super().configured(config)
        made.region = str(config.get("region") or self.region)
        if made.region:
            places.zones(made.region)
        return made

    def tags_of(self, inputs: Properties) -> Properties:
        """Tags of the resource over the provider's `defaultTags`."""
        found = self.settings.get("defaultTags") or {}
        found = json.loads(found) if isinstance(found, str) else found
        return {**(found.get("tags") or {}), **(inputs.get("tags") or {})}

    def exists(self, type: str, key: str) -> bool:
        """Images and managed policies are AWS's own; a schedule group `default` is always there."""
        if type == tokens.IMAGE:
            return places.image(key, self.region) is not None
        if type == tokens.SCHEDULE_GROUP:
            return key == "default"
        return type == tokens.POLICY and key in places.managed_policies()

    # --------------------------------------------------------------- the account, seen from outside

    def quota(self, code: str) -> float:
        """The limit with that code. KeyError for an unknown code."""
        default = _known(code).default
        if code in self._quotas:
            return self._quotas[code]
        with self.database.session() as session:
            granted = session.number(f"quota {code}")
        return default if granted is None else granted

    def grant(self, code: str, value: float) -> None:
        """Set a limit for good, as AWS does on request. KeyError for an unknown code."""
        _known(code)
        with self.database.session() as session:
            session.set_number(f"quota {code}", value)

    def inventory(self, *, standing: bool = False) -> list[Record]:
        """Everything that exists, oldest first, also what came to be by itself.

        Args:
            standing: also what AWS makes once per account and never deletes; it costs nothing.
        """
        with self.database.session() as session:
            return [
                found for found in session.all() if standing or not found.hidden.get("standing")
            ]

    def remains(self, at: datetime) -> list[Remains]:
        """What AWS still keeps of deleted things: old job definitions, names of buckets."""
        with self.database.session() as session:
            return session.remains(at)

    def intervals(self) -> list[Interval]:
        """How long every instance was in which state, also those that are gone."""
        with self.database.session() as session:
            return session.intervals()

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

    def stop(self, instance: str, at: datetime | None = None) -> None:
        """Stop an instance, as an alarm or a schedule does. KeyError if there is none.

        Args:
            at: when; by default the latest moment that any call has named.
        """
        self._enter(instance, "stopped", at)

    def start(self, instance: str, at: datetime | None = None) -> None:
        """Start an instance that is stopped. KeyError if there is none."""
        self._enter(instance, "running", at)

    def _enter(self, instance: str, state: str, at: datetime | None) -> None:
        with self.database.session() as session:
            record = _find(session, tokens.INSTANCE, instance)
            moment = at or datetime.fromisoformat(session.meta("now"))
            record.hidden["state"] = state
            session.enter(record, record.outputs["instanceType"], state, moment)
            call = Call(record.urn, record.type, record.name, moment)
            here = self._here(session, call, record.outputs)
            record.outputs |= self.kind(record.type).outputs(here, record)
            session.save(record)

    def put_object(self, bucket: str, key: str, size: int) -> None:
        """Put an object of `size` bytes into a bucket. KeyError if there is none."""
        self._fill(tokens.BUCKET, bucket, key, size)

    def write_files(self, files: str, size: int) -> None:
        """Let `size` bytes lie in a file system. KeyError if there is none."""
        self._fill(tokens.FILES, files, "files", size)

    def push_image(self, repository: str, tag: str, size: int) -> None:
        """Push a container image of `size` bytes. KeyError if there is no such repository."""
        self._fill(tokens.REPOSITORY, repository, tag, size)

    def _fill(self, type: str, id: str, key: str, size: int) -> None:
        with self.database.session() as session:
            session.put(_find(session, type, id), key, size)


def _find(session: Session, type: str, key: str) -> Record:
    found = session.find(type, key)
    if found is None:
        raise KeyError(f"no {type} {key} exists")
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
