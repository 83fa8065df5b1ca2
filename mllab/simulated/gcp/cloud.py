"""The simulated Google Cloud project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from components.resource_types import of_cloud
from mllab.accounts.contract import Offer, Placement
from mllab.protocol.provider import UNKNOWN, Call, Checked, Made, Properties, ProviderFailure
from mllab.simulated.account import SimulatedAccount
from mllab.simulated.facts import Refusal
from mllab.simulated.faults import Faults, How, Words
from mllab.simulated.gcp import functions, places, rules
from mllab.simulated.gcp.rules import capacity, notebooks, services, tokens
from mllab.simulated.gcp.rules.resource import Resource
from mllab.simulated.kind import Here, Kind, kinds_in, refuse
from mllab.simulated.store import Record, Session

_WORDS = Words(
    {
        How.BEFORE: ("backendError", "Internal error encountered."),
        How.AFTER: ("RequestError", "Post: read: connection reset by peer"),
        How.THROTTLE: (
            "rateLimitExceeded",
            "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'.",
        ),
        How.EXPIRED_TOKEN: (
            "invalid_grant",
            'oauth2: "invalid_grant" "reauth related error (invalid_rapt)"',
        ),
        How.HANG: ("Timeout", "timeout while waiting for {name} to become ready"),
        How.CAPACITY: (
            "ZONE_RESOURCE_POOL_EXHAUSTED",
            "The zone does not have enough resources available to fulfill the request. Try a "
            "different zone, or try again later.",
        ),
    },
    hang_s=1200.0,
    retry_s=600.0,
)

_PLACES = ("project", "region", "zone")
_BILLING = (tokens.BUDGET,)
"""Types whose API wants to know which project pays for the call."""


class SimulatedGcp(SimulatedAccount):
    """One Google Cloud that does not exist, with whatever project is asked for, new and empty.

    The caller is a person, as with `gcloud auth application-default login`.
    Quotas go by their names: `NVIDIA_T4_GPUS`; those of a region hold in each.
    """

    package = "gcp"
    label = "Google Cloud"
    data = places.DATA
    account = ""
    kinds = {
        **dict.fromkeys((row.type for row in of_cloud("gcp")), Resource),
        **kinds_in(rules),
    }
    functions = functions.FUNCTIONS
    words = _WORDS
    switches = SimulatedAccount.switches | {
        "deletionPolicy",
        "deletionProtection",
        "disableOnDestroy",
    }
    named_ids = True
    by_hand = services.BY_HAND
    machines = tokens.INSTANCE
    buckets = tokens.BUCKET
    shares = tokens.FILES
    repositories = tokens.REPOSITORY
    zone = ""

    def __init__(
        self,
        path: Path | None,
        *,
        quotas: Mapping[str, float] | None = None,
        faults: Faults | None = None,
    ) -> None:
        super().__init__(path, quotas=quotas, faults=faults)
        self._works_from: dict[str, datetime] = {}
        """APIs that this object enabled; those that it found work at once."""

    def configured(self, config: Mapping[str, Any]) -> Self:
        """The same cloud under a provider's configuration: project, region, zone.

        Raises:
            ProviderFailure: a region or zone that the data do not know.
        """
        made = super().configured(config)
        made.account = str(config.get("project") or self.account)
        made.region = str(config.get("region") or self.region)
        made.zone = str(config.get("zone") or self.zone)
        if made.region:
            places.zones(made.region)
        if made.zone:
            places.region_of(made.zone)
        return made

    def create(self, call: Call, inputs: Properties) -> Made:
        """As everywhere; an API that is being enabled works when that is over, not before."""
        if call.preview or call.type != tokens.SERVICE:
            return super().create(call, inputs)
        project, service = str(inputs.get("project") or self.account), str(inputs["service"])
        with self.database.session() as session:
            known = service in places.services() and services.enabled(session, project, service)
        made = super().create(call, inputs)
        if self.timed and not known:
            self._works_from[made.id] = call.at + timedelta(seconds=made.seconds)
        return made

    def counted(self, record: Record) -> Mapping[str, float]:
        """See `SimulatedAccount.counted`; also disks."""
        if record.type == tokens.DISK:
            return {record.hidden["quota"]: float(record.hidden["gigabytes"])}
        return capacity.counted(record) if record.type == tokens.INSTANCE else {}

    def offer(self, wanted: Placement) -> Offer:
        """See `SimulatedAccount.offer`."""
        machine = places.machines().get(wanted.type)
        models = {wanted.accelerator, machine.accelerator if machine else ""} - {""}
        region = (
            wanted.place if wanted.place in places.regions() else places.region_of(wanted.place)
        )
        zones = [
            zone
            for zone in places.zones(region)
            if machine
            and all(zone in places.offered(places.accelerators()[m].name) for m in models)
        ]
        there = any(wanted.place in (zone, region) for zone in zones)
        return Offer(there, f"{region} offers it in {', '.join(zones) or 'no zone'}")

    def size_of(self, machine: Record) -> str:
        """The machine type of an instance, or of the one that a notebook is."""
        if machine.type != tokens.NOTEBOOK:
            return str(machine.hidden["machine"])
        setup = machine.inputs.get("gceSetup") or {}
        return str(setup.get("machineType", notebooks.MACHINE))

    def machine(self, session: Session, key: str) -> Record:
        """An instance, or a notebook, whose power is that of the instance that it is."""
        return session.find(tokens.NOTEBOOK, key) or super().machine(session, key)

    def _enter(self, machine: str, state: str, at: datetime | None) -> None:
        with self.database.session() as session:
            found = self.machine(session, machine)
            for part in session.owned(found):
                if part.type == tokens.INSTANCE:
                    part.hidden["state"] = state
                    session.save(part)
        super()._enter(machine, state, at)

    def check(self, call: Call, olds: Properties | None, news: Properties) -> Checked:
        """As everywhere; besides, somebody must say where a resource is to be."""
        found = super().check(call, olds, news)
        properties = self._schema.properties(call.type) or {}
        told = {"project": self.account, "region": self.region or self.zone, "zone": self.zone}
        missing = tuple(
            f"{name}: required field is not set: pulumi config set gcp:{name} <{name}>"
            for name in _PLACES
            if "input" in properties.get(name, {})
            and name in self._needed(call.type)
            and not (told[name] or found.inputs.get(name))
        )
        return Checked(found.inputs, (*found.faults, *missing))

    def _needed(self, type: str) -> str:
        """The template of the id, which holds the places that must be known."""
        return self._facts[type].computed.get("id", "{project}")

    def place(self, kind: Kind, bag: Properties) -> str:
        """Nowhere: ids hold the place, and references cross regions."""
        return ""

    def base(self, kind: Kind, bag: Properties) -> Properties:
        """Project, region, zone and location, given or configured, and all labels."""
        project = bag.get("project") or self.account
        zone = bag.get("zone") or self.zone
        region = bag.get("region") or self.region or _region(zone)
        labels = bag.get("labels") or {}
        found = {
            "project": project,
            "zone": zone,
            "region": places.last(region) if isinstance(region, str) else region,
            "location": bag.get("location") or region,
            "account": project,
            "projectNumber": UNKNOWN if project is UNKNOWN else int(places.number(str(project))),
        }
        if "effectiveLabels" in kind.properties:
            every = labels if labels is UNKNOWN else {**self._default_labels(), **labels}
            found |= {"effectiveLabels": every, "pulumiLabels": every}
        return found

    def _default_labels(self) -> Properties:
        """Labels that the provider puts on everything."""
        given = self.settings.get("defaultLabels") or {}
        given = json.loads(given) if isinstance(given, str) else given
        own = self.settings.get("addPulumiAttributionLabel", True) not in (False, "false")
        texts = {
            key: now if isinstance(now, str) else json.dumps(now) for key, now in given.items()
        }
        return {**({"goog-pulumi-provisioned": "true"} if own else {}), **texts}

    def exists(self, type: str, key: str) -> bool:
        """Predefined roles are Google's own, and so are accounts of its services."""
        if type == tokens.ROLE:
            return key in places.roles()
        if type != tokens.ACCOUNT:
            return False
        with self.database.session() as session:
            return services.agent_exists(session, self.account, key)

    def allow(self, here: Here, kind: Kind) -> None:
        """Refuse what belongs to an API that is not enabled, or not for this caller."""
        project = str(here.base["project"])
        self._refuse_disabled(here.session, kind.token, project, here)
        if kind.token in _BILLING and self.settings.get("userProjectOverride") not in (
            True,
            "true",
        ):
            raise refuse(
                "SERVICE_DISABLED (403): Your application is authenticating by using local "
                "Application Default Credentials. The {service} API requires a quota project, "
                "which is not set by default.",
                "pulumi config set gcp:userProjectOverride true && "
                f"pulumi config set gcp:billingProject {project}",
                service=places.service_of()[kind.token],
            )

    def answer(self, token: str, args: Properties) -> Properties:
        """As everywhere, unless the API is not enabled."""
        project = str(args.get("projectId") or self.account)
        with self.database.session() as session:
            self._refuse_disabled(session, token, project, None)
        found = super().answer(token, args)
        return {"zone": self.zone, **found} if "ClientConfig" in token else found

    def _refuse_disabled(
        self, session: Session, token: str, project: str, here: Here | None
    ) -> None:
        service = places.service_of()[token]
        if token == tokens.SERVICE and services.enabled(session, project, service):
            service = services.RESOURCE_MANAGER
        if not service:
            return
        begins = self._works_from.get(f"{project}/{service}")
        early = here is not None and begins is not None and here.at < begins
        if early or not services.enabled(session, project, service):
            refusal = self.kind(tokens.SERVICE).facts.refusals["first use right after enabling"]
            raise _disabled(refusal, service, project)


def _disabled(refusal: Refusal, service: str, project: str) -> ProviderFailure:
    names = " ".join(services.BY_HAND if service in services.BY_HAND else (service,))
    return refuse(
        refusal,
        f"gcloud services enable {names} --project={project}",
        title=places.services()[service][0],
        service=service,
        number=places.number(project),
    )


def _region(zone: object) -> Any:
    return zone.rpartition("-")[0] if isinstance(zone, str) else zone


ACCOUNT = SimulatedGcp
