"""The simulated AWS account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

from mllab.accounts.contract import Offer, Placement
from mllab.protocol.provider import Properties
from mllab.simulated.account import SimulatedAccount
from mllab.simulated.aws import functions, places, rules
from mllab.simulated.aws.rules import tokens
from mllab.simulated.faults import How, Words
from mllab.simulated.kind import Kind, kinds_in
from mllab.simulated.store import Record, Session

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


class SimulatedAws(SimulatedAccount):
    """One AWS account that does not exist, and refuses what AWS refuses.

    Quotas go by their codes: `L-DB2E81BA`.
    """

    package = "aws"
    label = "AWS"
    data = places.DATA
    account = "123456789012"
    kinds = kinds_in(rules)
    functions = functions.FUNCTIONS
    words = _WORDS
    machines = tokens.INSTANCE
    buckets = tokens.BUCKET
    shares = tokens.FILES
    repositories = tokens.REPOSITORY

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

    def base(self, kind: Kind, bag: Properties) -> Properties:
        """With all tags: those of the resource over the provider's `defaultTags`."""
        found = self.settings.get("defaultTags") or {}
        found = json.loads(found) if isinstance(found, str) else found
        tags = {**(found.get("tags") or {}), **(bag.get("tags") or {})}
        return {**super().base(kind, bag), "tagsAll": tags}

    def exists(self, type: str, key: str) -> bool:
        """Images and managed policies are AWS's own; a schedule group `default` is always there."""
        if type == tokens.IMAGE:
            return places.image(key, self.region) is not None
        if type == tokens.SCHEDULE_GROUP:
            return key == "default"
        return type == tokens.POLICY and key in places.managed_policies()

    def size_of(self, machine: Record) -> str:
        """The instance type of an instance, or of a notebook instance."""
        return str(machine.outputs["instanceType"])

    def offer(self, wanted: Placement) -> Offer:
        """See `SimulatedAccount.offer`; SageMaker has what EC2 has."""
        region = wanted.place if wanted.place in places.regions() else wanted.place[:-1]
        zones = places.offered(wanted.type.removeprefix("ml."), region)
        there = any(wanted.place in (zone, region) for zone in zones)
        return Offer(there, f"{region} offers it in {', '.join(zones) or 'no zone'}")

    def machine(self, session: Session, key: str) -> Record:
        """An instance, or a notebook instance."""
        return session.find(tokens.NOTEBOOK, key) or super().machine(session, key)


ACCOUNT = SimulatedAws
