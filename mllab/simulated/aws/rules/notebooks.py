"""SageMaker notebook instances and the scripts that prepare them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from mllab.clouds.aws import AWS
from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.aws import places
from mllab.simulated.aws.rules import documents, launch, networks, tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

SERVICE = "sagemaker.amazonaws.com"
SCRIPT_CHARACTERS = 16384
"""After base64.
Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_NotebookInstanceLifecycleHook.html"""

VOLUME_GB = (5, 16384)
"""Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html"""

TITLE = (
    "[Do not delete] Network Interface created to access resources in your VPC for SageMaker "
    "Notebook Instance {name}"
)
QUICK_UPDATE_S = 5.0


def limit(type: str) -> str:
    """The quota that notebook instances of a type count against."""
    return f"{type} for notebook instance usage"


class NotebookInstance(Kind):
    """Its machine is SageMaker's own, not seen in EC2; its network interface is the account's.

    Whatever changes but tags, the provider stops it, changes it and starts it again; one that is
    stopped stays so. For a delete it stops it first.
    """

    conditions = {
        "the new value is smaller": lambda olds, news: (
            int(news.get("volumeSize", VOLUME_GB[0])) < int(olds.get("volumeSize", VOLUME_GB[0]))
        )
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        size = inputs.get("volumeSize", UNKNOWN)
        least, most = VOLUME_GB
        if size is not UNKNOWN and not least <= size <= most:
            yield f"volumeSize: must be in the range ({least} - {most}) (got {size})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        self._validate_type(inputs)
        role = here.get(tokens.ROLE, inputs["roleArn"])
        if role and not documents.trusts(role.inputs["assumeRolePolicy"], SERVICE):
            refusal = next(r for r in self.facts.references if r.property == "roleArn").refusal
            assert refusal is not None  # the data have it
            raise refuse(refusal, value=inputs["roleArn"])
        self._validate_network(here, inputs)
        grown = old is not None and inputs["instanceType"] != old.outputs["instanceType"]
        if old is None or (grown and old.hidden["state"] == "running"):
            _validate_quota(here, inputs["instanceType"])

    def _validate_type(self, inputs: Properties) -> None:
        name = inputs["instanceType"]
        if limit(name) not in AWS.quotas():
            known = [
                code.split(" ")[0]
                for code, quota in AWS.quotas().items()
                if quota.service == "sagemaker"
            ]
            raise refuse(
                "ValidationException: 1 validation error detected: Value '{name}' at "
                "'instanceType' failed to satisfy constraint: Member must satisfy enum value set",
                f"the simulated AWS knows {', '.join(known)}",
                name=name,
            )

    def _validate_network(self, here: Here, inputs: Properties) -> None:
        subnet = here.get(tokens.SUBNET, inputs.get("subnetId"))
        groups = inputs.get("securityGroups") or []
        if subnet is None:
            if inputs.get("directInternetAccess") == "Disabled" or groups:
                raise refuse(
                    "ValidationException: SubnetId must be given with DirectInternetAccess "
                    "Disabled, and with security groups."
                )
            return
        if not groups:
            raise refuse("ValidationException: Security groups must be given with SubnetId.")
        launch.validate_groups(here, {"vpcSecurityGroupIds": groups}, subnet)
        machine = places.machines()[inputs["instanceType"].removeprefix("ml.")]
        zone = subnet.outputs["availabilityZone"]
        if zone not in places.offered(machine.type, here.region):
            raise refuse(
                "ValidationException: Instance type {name} is not supported in Availability Zone "
                "{zone}.",
                name=inputs["instanceType"],
                zone=zone,
            )

    def created(self, here: Here, record: Record) -> None:
        subnet = here.get(tokens.SUBNET, record.inputs.get("subnetId"))
        card = ""
        if subnet:
            groups = record.inputs["securityGroups"]
            title = TITLE.format(name=record.name)
            card = networks.plug_in(here, record, subnet, groups, title).id
        type_ = record.inputs["instanceType"]
        record.hidden = {"state": "running", "quota": limit(type_), "one": 1, "card": card}
        here.session.enter(record, type_, "running", here.at)

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        type_ = record.inputs["instanceType"]
        record.hidden["quota"] = limit(type_)
        if type_ != olds["instanceType"]:
            here.session.enter(record, type_, record.hidden["state"], here.at)

    def outputs(self, here: Here, record: Record) -> Properties:
        arn = _arn(here, "notebook-instance", record)
        return {"arn": arn, "networkInterfaceId": record.hidden["card"]}

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.leave(record, here.at)

    def update_s(self, olds: Properties, news: Properties) -> float:
        rest = [{**bag, "tags": None} for bag in (olds, news)]
        return QUICK_UPDATE_S if rest[0] == rest[1] else self.facts.update_s

    def holds(self, here: Here, record: Record) -> str | None:
        size = record.inputs.get("volumeSize", VOLUME_GB[0])
        return f"{size} GB disk, in use since {record.since.strftime('%Y-%m-%d')}"


def _validate_quota(here: Here, type_: str) -> None:
    """Refuse more running machines of a type than the limit allows. Raises ProviderFailure."""
    code = limit(type_)
    running = {"state": "running", "quota": code}
    used = here.session.total("one", tokens.NOTEBOOK, here.region, **running)
    if used + 1 > here.quota(code):
        raise refuse(
            "ResourceLimitExceeded: The account-level service limit '{code}' is {limit:g} "
            "Instances, with current utilization of {used:g} Instances and a request delta of 1 "
            "Instances. Please use AWS Service Quotas to request an increase for this quota.",
            places.ask_for(code, here.region, used + 1),
            code=code,
            limit=here.quota(code),
            used=used,
        )


class LifecycleConfiguration(Kind):
    """Scripts in base64, of limited length."""

    SCRIPTS = ("onCreate", "onStart")

    def faults(self, inputs: Properties) -> Iterable[str]:
        for name in self.SCRIPTS:
            text = inputs.get(name, "")
            if text is not UNKNOWN and len(text) > SCRIPT_CHARACTERS:
                yield f"{name}: must have at most {SCRIPT_CHARACTERS} characters (got {len(text)})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        for name in self.SCRIPTS:
            try:
                base64.b64decode(inputs.get(name, ""), validate=True)
            except (binascii.Error, ValueError):
                raise refuse(
                    "ValidationException: {name} is not a base64-encoded string", name=name
                ) from None

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"arn": _arn(here, "notebook-instance-lifecycle-config", record)}


def _arn(here: Here, noun: str, record: Record) -> str:
    return f"arn:aws:sagemaker:{here.region}:{here.account}:{noun}/{record.name.lower()}"


KINDS: dict[str, type[Kind]] = {
    tokens.NOTEBOOK: NotebookInstance,
    tokens.LIFECYCLE: LifecycleConfiguration,
}
