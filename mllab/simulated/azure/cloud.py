"""The simulated Azure subscription."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from mllab.accounts.contract import Offer, Placement
from mllab.protocol.provider import UNKNOWN, Call, Checked, Properties
from mllab.simulated.account import SimulatedAccount
from mllab.simulated.azure import functions, places, rules
from mllab.simulated.azure.rules import interfaces, tokens
from mllab.simulated.faults import How, Words
from mllab.simulated.kind import Kind, kinds_in
from mllab.simulated.names import Naming
from mllab.simulated.store import Record, Session

_WORDS = Words(
    {
        How.BEFORE: ("InternalServerError", "An internal server error occurred."),
        How.AFTER: ("RequestError", "read: connection reset by peer"),
        How.THROTTLE: (
            "SubscriptionRequestsThrottled",
            "Number of write requests for the subscription exceeded the limit. Please try again "
            "later.",
        ),
        How.EXPIRED_TOKEN: (
            "ExpiredAuthenticationToken",
            "The access token expiry time is earlier than the current time.",
        ),
        How.HANG: ("Timeout", "timeout while waiting for {name} to become ready"),
        How.CAPACITY: (
            "AllocationFailed",
            "Allocation failed. We do not have sufficient capacity for the requested VM size in "
            "this region. Read more about improving likelihood of allocation success at "
            "https://aka.ms/allocation-guidance",
        ),
    },
    hang_s=7200.0,
    retry_s=600.0,
)


class SimulatedAzure(SimulatedAccount):
    """One Azure subscription that does not exist, and refuses what Azure refuses.

    Quotas go by their codes, those of Azure Machine Learning by their names: `standardDSv5Family`,
    `Standard DDSv4 Family Cluster Dedicated vCPUs`. They hold for each location.
    """

    package = "azure-native"
    label = "Azure"
    data = places.DATA
    account = places.SUBSCRIPTION
    kinds = kinds_in(rules)
    functions = functions.FUNCTIONS
    words = _WORDS
    naming = Naming("", 8)
    named_ids = True
    stopped_count = True
    machines = tokens.MACHINE
    buckets = tokens.CONTAINER
    shares = tokens.SHARE
    repositories = tokens.REGISTRY

    def configured(self, config: Mapping[str, Any]) -> Self:
        """The same subscription under a provider's configuration, in another location say.

        Raises:
            ProviderFailure: a location that the data do not know.
        """
        made = super().configured(config)
        made.account = str(config.get("subscriptionId") or self.account)
        location = config.get("location")
        made.region = places.location(str(location)) if location else self.region
        return made

    def place(self, kind: Kind, bag: Properties) -> str:
        """Ids hold the place already."""
        return ""

    def size_of(self, machine: Record) -> str:
        """The size of a virtual machine, or of a compute instance."""
        if machine.type == tokens.MACHINE:
            return str(machine.inputs["hardwareProfile"]["vmSize"])
        return str(machine.inputs["properties"]["properties"]["vmSize"])

    def counted(self, record: Record) -> Mapping[str, float]:
        """See `SimulatedAccount.counted`; also public addresses."""
        if record.type == tokens.ADDRESS:
            return {interfaces.ADDRESSES: 1.0}
        return super().counted(record)

    def offer(self, wanted: Placement) -> Offer:
        """See `SimulatedAccount.offer`. Which location lacks which size the data do not tell."""
        size = places.sizes().get(wanted.type)
        there = size is not None and bool(size.ml_quota or wanted.use == "vm")
        return Offer(there, f"{wanted.place} does not have it")

    def machine(self, session: Session, key: str) -> Record:
        """A virtual machine, or a compute instance."""
        found = session.find(tokens.COMPUTE, key)
        return found or super().machine(session, key)

    def check(self, call: Call, olds: Properties | None, news: Properties) -> Checked:
        """With the location, where none is given: that of the group, or of the configuration.

        Source: pulumi-azure-native issue 66, PR 501
        """
        properties = self._schema.properties(call.type) or {}
        location = news.get("location")
        if "input" not in properties.get("location", {}):
            return super().check(call, olds, news)
        if isinstance(location, str):
            location = location.lower().replace(" ", "")
        elif location is None:
            location = self._usual_location(news.get("resourceGroupName")) or None
        return super().check(call, olds, {**news, "location": location})

    def _usual_location(self, group: Any) -> object:
        if group is UNKNOWN:
            return UNKNOWN
        with self.database.session() as session:
            id = f"/subscriptions/{self.account}/resourceGroups/{group}"
            found = session.get(tokens.GROUP, id, "")
        return found.inputs["location"] if found else self.region

    def purge(self, type: str, name: str) -> None:
        """Purge a deleted vault or workspace by its name. KeyError if there is none."""
        with self.database.session() as session:
            now = datetime.fromisoformat(session.meta("now"))
            left = [found.id for found in session.remains(now) if found.type == type]
            ids = [id for id in left if id.rpartition("/")[2] == name]
            if not ids:
                raise KeyError(f"no deleted {type} {name}")
            session.purge(type, ids[0])


ACCOUNT = SimulatedAzure
