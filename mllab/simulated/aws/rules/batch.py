"""Compute environments, queues and job definitions, as AWS Batch treats them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated import checks
from mllab.simulated.aws import places
from mllab.simulated.aws.rules import containers, documents, tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

IN_PLACE = ("BEST_FIT_PROGRESSIVE", "SPOT_CAPACITY_OPTIMIZED", "SPOT_PRICE_CAPACITY_OPTIMIZED")
"""Allocation strategies whose environments can be updated."""

SERVICE_LINKED_ROLE = "AWSServiceRoleForBatch"
SERVICE_LINKED_ROLES = (
    SERVICE_LINKED_ROLE,
    "AWSServiceRoleForAutoScaling",
    "AWSServiceRoleForECS",
)
SPOT_ROLE = "AWSServiceRoleForEC2Spot"
REQUEST = "ClientException: Error executing request, Exception : {error}"
RELATION_LINGERS = timedelta(seconds=60)
"""A queue that was pointed elsewhere still counts for moments. Source: pulumi-aws issue 6233"""

INACTIVE = timedelta(days=180)
"""How long a deregistered job definition stays visible.
Source: https://docs.aws.amazon.com/batch/latest/APIReference/API_DeregisterJobDefinition.html"""

SHORTEST_TIMEOUT_S = 60
MOST_ATTEMPTS = 10
MOST_EXITS = 5


def _not_in_place(olds: Properties, news: Properties) -> bool:
    """Whether Batch has to make a new environment for a change that it can make in some only."""
    for inputs in (olds, news):
        role = str(inputs.get("serviceRole") or "")
        strategy = (inputs.get("computeResources") or {}).get("allocationStrategy")
        if (role and SERVICE_LINKED_ROLE not in role) or strategy not in IN_PLACE:
            return True
    return False


class ComputeEnvironment(Kind):
    """Batch looks at subnets, groups and roles only after it has said yes."""

    conditions = {
        "not updatable in place; updatable only when serviceRole is empty or the AWS "
        "service-linked role AND computeResources.allocationStrategy (old and new) is "
        "BEST_FIT_PROGRESSIVE, SPOT_CAPACITY_OPTIMIZED or SPOT_PRICE_CAPACITY_OPTIMIZED": (
            _not_in_place
        )
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        resources = inputs.get("computeResources")
        if inputs.get("type") == "MANAGED" and resources is None:
            yield "computeResources: missing, it is required for type MANAGED"
        for path in ("computeResources.instanceRole", "serviceRole"):
            for role in checks.values(inputs, path):
                if role is not UNKNOWN and not documents.ARN.match(str(role)):
                    yield f"{path}: must be an ARN (got {role!r})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        resources = inputs.get("computeResources") or {}
        strategy = str(resources.get("allocationStrategy", ""))
        if strategy.startswith("SPOT") and resources["type"] != "SPOT":
            raise refuse(
                REQUEST,
                error=f"Allocation strategy {strategy} is valid for SPOT environments only.",
            )
        if resources.get("minVcpus", 0) > resources.get("maxVcpus", 0):
            raise refuse(REQUEST, error="minvCpus must be less than or equal to maxvCpus.")
        known = [name for name in places.machines() if not name.startswith("t")]
        allowed = [*known, *sorted({name.split(".")[0] for name in known}), "optimal"]
        for name in resources.get("instanceTypes") or []:
            if name not in allowed:
                listed = ", ".join(allowed)
                raise refuse(REQUEST, error=f"Instance type can only be one of [{listed}]")

    def created(self, here: Here, record: Record) -> None:
        record.hidden = {"fault": self._fault(here, record.inputs)}
        spot = (record.inputs.get("computeResources") or {}).get("type") == "SPOT"
        for role in (*SERVICE_LINKED_ROLES, *([SPOT_ROLE] if spot else [])):
            here.standing(tokens.SERVICE_LINKED_ROLE, role)
        if record.inputs["type"] != "MANAGED":
            return
        number, arn = here.draw.uuid(), f"arn:aws:autoscaling:{here.region}:{here.account}"
        group = f"{record.name}-asg-{number}"
        here.child(
            record,
            tokens.SCALING_GROUP,
            group,
            group,
            arn=f"{arn}:autoScalingGroup:{number}:autoScalingGroupName/{group}",
        )
        template = f"lt-{here.draw.text(17, 'hex')}"
        here.child(record, tokens.TEMPLATE, template, f"Batch-lt-{number}")
        cluster = str(record.outputs["ecsClusterArn"])
        name = cluster.rpartition("/")[2]
        here.child(record, tokens.CONTAINER_CLUSTER, cluster, name, arn=cluster)

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        record.hidden["fault"] = self._fault(here, record.inputs)

    def _fault(self, here: Here, inputs: Properties) -> str:
        """What makes an environment invalid: Batch looks at it only afterwards."""
        resources = inputs.get("computeResources") or {}
        for key in resources.get("subnets") or []:
            if here.get(tokens.SUBNET, key) is None:
                return f"CLIENT_ERROR - The subnet ID '{key}' does not exist"
        for key in resources.get("securityGroupIds") or []:
            if here.get(tokens.GROUP, key) is None:
                return f"CLIENT_ERROR - The security group '{key}' does not exist"
        profile = resources.get("instanceRole")
        if profile and here.get(tokens.PROFILE, profile) is None:
            return f"CLIENT_ERROR - Invalid IamInstanceProfile: {profile}"
        template = (resources.get("launchTemplate") or {}).get("launchTemplateId")
        if template and here.get(tokens.TEMPLATE, template) is None:
            return f"CLIENT_ERROR - The launch template ID '{template}' does not exist"
        return ""

    def outputs(self, here: Here, record: Record) -> Properties:
        fault = record.hidden["fault"]
        return {
            "status": "INVALID" if fault else "VALID",
            "statusReason": fault or "ComputeEnvironment Healthy",
        }

    def init_error(self, here: Here, record: Record) -> str:
        fault = record.hidden["fault"]
        return fault and f"unexpected state 'INVALID', wanted target 'VALID'. last error: {fault}"

    def before_delete(self, here: Here, record: Record) -> None:
        freed = record.hidden.get("freed")
        if freed and here.at < datetime.fromisoformat(freed) + RELATION_LINGERS:
            refusal = next(t.refusal for t in self.facts.blocks if t.object == tokens.QUEUE)
            if refusal:
                raise refuse(refusal, "Batch still sees the old relation: try again in a minute")


class JobQueue(Kind):
    """It holds its environments, for moments even after it was pointed elsewhere."""

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        path = "computeEnvironmentOrders.computeEnvironment"
        for arn in set(checks.values(olds, path)) - set(checks.values(record.inputs, path)):
            environment = here.get(tokens.ENVIRONMENT, arn)
            if environment:
                environment.hidden["freed"] = here.at.isoformat()
                here.session.save(environment)


class JobDefinition(Kind):
    """Every change registers a new revision; the numbers of a name are never used again.

    Its id stays the ARN of the first one: Pulumi's engine takes no new id from an update, and the
    provider looks for the ARN among the outputs, and deregisters by name.
    Source: pkg/resource/deploy/step.go (`UpdateStep`) of https://github.com/pulumi/pulumi,
    internal/service/batch/job_definition.go of https://github.com/hashicorp/terraform-provider-aws
    """

    PROPERTIES = ("containerProperties", "ecsProperties", "nodeProperties")
    OWN = ("deregisterOnNewRevision", "region", "tags")
    """Properties whose change makes no revision."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        for name in self.PROPERTIES:
            yield from checks.document(name, inputs.get(name))
        strategy = inputs.get("retryStrategy")
        exits = strategy.get("evaluateOnExits") if isinstance(strategy, dict) else None
        if isinstance(exits, list) and len(exits) > MOST_EXITS:
            yield f"retryStrategy.evaluateOnExits: at most {MOST_EXITS} items (got {len(exits)})"
        ways = {"containerProperties", "ecsProperties", "eksProperties"}
        if inputs["type"] == "container" and not ways & inputs.keys():
            yield "containerProperties: missing, it is required for type container"
        if inputs["type"] == "multinode" and "nodeProperties" not in inputs:
            yield "nodeProperties: missing, it is required for type multinode"

    def same(self, old: Any, new: Any) -> bool:
        return containers.same(old, new)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        text = inputs.get("containerProperties")
        if text and (error := containers.error(json.loads(text))):
            raise refuse(REQUEST, error=error)
        timeout = (inputs.get("timeout") or {}).get("attemptDurationSeconds")
        if timeout is not None and timeout < SHORTEST_TIMEOUT_S:
            raise refuse(
                REQUEST,
                error=f"attemptDurationSeconds must be at least {SHORTEST_TIMEOUT_S} seconds.",
            )
        attempts = (inputs.get("retryStrategy") or {}).get("attempts", 1)
        if not 1 <= attempts <= MOST_ATTEMPTS:
            raise refuse(REQUEST, error=f"attempts must be between 1 and {MOST_ATTEMPTS}.")

    def number(self, here: Here, inputs: Properties) -> str:
        return self._next(here, str(inputs["name"]))[0]

    def _next(self, here: Here, name: str) -> tuple[str, int]:
        """ARN and number of the next revision of a name."""
        revision = int(here.session.number(f"revision {here.region} {name}") or 0) + 1
        arn = f"arn:aws:batch:{here.region}:{here.account}:job-definition/{name}:{revision}"
        return arn, revision

    def created(self, here: Here, record: Record) -> None:
        self._register(here, record)
        record.id = record.hidden["arn"]

    def _register(self, here: Here, record: Record) -> None:
        arn, revision = self._next(here, record.name)
        here.session.set_number(f"revision {here.region} {record.name}", revision)
        record.hidden = {"revision": revision, "arn": arn}

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        if self._revision(olds) != self._revision(record.inputs):
            self.after_delete(here, record)
            self._register(here, record)

    def _revision(self, inputs: Properties) -> Properties:
        return {name: value for name, value in inputs.items() if name not in self.OWN}

    def moved(self, old_outputs: Properties, news: Properties) -> Iterable[str]:
        changed = self.differ.changes(self._revision(old_outputs), {}, self._revision(news))
        return ("arn", "revision") if changed else ()

    def outputs(self, here: Here, record: Record) -> Properties:
        return {name: record.hidden[name] for name in ("arn", "revision")}

    def after_delete(self, here: Here, record: Record) -> None:
        last = dataclasses.replace(record, id=record.hidden["arn"])
        here.session.remain(last, here.at + INACTIVE)


KINDS: dict[str, type[Kind]] = {
    tokens.ENVIRONMENT: ComputeEnvironment,
    tokens.QUEUE: JobQueue,
    tokens.DEFINITION: JobDefinition,
}
