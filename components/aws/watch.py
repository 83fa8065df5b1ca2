"""The watch over notebooks from outside: where they leave signs of life, and what reads these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, dynamodb, iam, kms, lambda_

from components.aws import access, baseline
from components.contracts import LabArgs, NotebookArgs, child
from components.tags import named

_CODE = Path(__file__).parent / "files" / "lambda" / "watch.py"
KEY = "machine"
RUNTIME = "python3.13"
TIMEOUT_SECONDS = 300  # a lab of 500 seats is listed, and all of them stopped, in less
MEMORY_MB = 256


class Watch:
    """A table in which each machine keeps its last sign of life, and the function that reads it.

    A table and not an object in the lab's bucket: there it would count as people's data, which
    blocks the removal of the lab; nor a metric, which costs 0.30 USD for each seat. A machine may
    write the item of its own session only.

    Args:
        parent: the notebook role, whose children all resources are.
        key: the lab's own, for the function's log; None leaves it to AWS's.
    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html,
        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
    """

    def __init__(
        self,
        parent: pulumi.Resource,
        name: str,
        lab: LabArgs,
        labels: Mapping[str, str],
        key: kms.Key | None,
    ) -> None:
        self._parent, self._name, self._lab, self._labels = parent, name, lab, labels
        self._key = key
        self.table = dynamodb.Table(
            f"{name}-signs",
            billing_mode="PAY_PER_REQUEST",
            hash_key=KEY,
            attributes=[{"name": KEY, "type": "S"}],
            tags=named(labels, f"{name}-signs"),
            opts=child(parent),
        )

    def sign(self, *, own: bool) -> access.Statement:
        """What a machine may do: leave a sign.

        Args:
            own: under the key of its own session only.
        """
        allowed = access.allow(["dynamodb:PutItem"], self.table.arn)
        if not own:
            return allowed
        only = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:userid}"]}}
        return allowed | {"Condition": only}

    def event(
        self, kind: str, args: NotebookArgs[Any, Any, Any, Any], role: iam.Role
    ) -> dict[str, pulumi.Input[Any]]:
        """What the function is told; see `files/lambda/watch.py`."""
        return {
            "kind": kind,
            "lab": args.lab.name,
            "stack": args.lab.stack,
            "role": role.unique_id,
            "table": self.table.name,
            "idle_minutes": args.idle_minutes,
            "max_hours": args.max_hours,
            "percent": args.quiet_percent,
        }

    def function(self, stop: Sequence[access.Statement]) -> lambda_.Function:
        """What looks at the machines, and stops them: of both kinds, so that a lab on its way from
        one to the other is watched all the time.

        Args:
            stop: the statements that allow to stop the lab's machines.
        """
        name = f"{self._name}-watch"
        # Of its own name, so that it goes with the lab; the one that AWS would make stays for ever.
        logs = cloudwatch.LogGroup(
            f"{name}-logs",
            retention_in_days=baseline.log_days(self._lab),
            kms_key_id=baseline.arn(self._key),
            tags=named(self._labels, f"{name}-logs"),
            opts=child(self._parent),
        )
        role = access.role(
            self._parent, f"{name}-role", self._lab, "lambda.amazonaws.com", self._labels
        )
        allowed = iam.RolePolicy(
            f"{name}-access",
            role=role.name,
            policy=access.document(
                access.allow(
                    ["logs:CreateLogStream", "logs:PutLogEvents"],
                    pulumi.Output.concat(logs.arn, ":*"),
                ),
                access.allow(["dynamodb:Scan"], self.table.arn),
                access.allow(LOOKS, "*"),  # these know no narrower
                tags_of_notebooks(self._lab),
                *stop,
            ),
            opts=child(self._parent),
        )
        return lambda_.Function(
            name,
            description="Stops notebooks that give no sign of life or are up for too long",
            # As text: the path of a checkout has no place in a lab's state.
            code=pulumi.AssetArchive({"watch.py": pulumi.StringAsset(_CODE.read_text("ascii"))}),
            handler="watch.handler",
            runtime=RUNTIME,
            role=role.arn,
            timeout=TIMEOUT_SECONDS,
            memory_size=MEMORY_MB,
            logging_config={"log_format": "Text", "log_group": logs.name},
            tags=named(self._labels, name),
            opts=child(self._parent, depends_on=[allowed]),
        )


LOOKS = [
    "ec2:DescribeInstances",
    "cloudwatch:GetMetricStatistics",
    "sagemaker:ListNotebookInstances",
]


def tags_of_notebooks(lab: LabArgs) -> access.Statement:
    """Read the tags of SageMaker notebooks, which no list of them tells."""
    return access.allow(
        ["sagemaker:ListTags"], f"arn:aws:sagemaker:{lab.region}:*:notebook-instance/*"
    )
