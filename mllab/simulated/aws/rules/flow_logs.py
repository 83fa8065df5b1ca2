"""Flow logs of networks, as EC2 treats them."""

from __future__ import annotations

from collections.abc import Iterable

from mllab.protocol.provider import Properties
from mllab.simulated.aws.rules import documents, tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

SERVICE = "vpc-flow-logs.amazonaws.com"
USUAL_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
    "${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)


class FlowLog(Kind):
    """Nothing of it changes but its tags; the role must trust the service when it is made."""

    OF = (
        "eniId",
        "regionalNatGatewayId",
        "subnetId",
        "transitGatewayAttachmentId",
        "transitGatewayId",
        "vpcId",
    )

    def faults(self, inputs: Properties) -> Iterable[str]:
        given = [name for name in self.OF if name in inputs]
        if len(given) != 1:
            named = ", ".join(self.OF)
            yield f"vpcId: exactly one of {named} is required (got {', '.join(given) or 'none'})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        role = here.get(tokens.ROLE, inputs.get("iamRoleArn"))
        if role and not documents.trusts(role.inputs["assumeRolePolicy"], SERVICE):
            raise refuse(
                "InvalidParameter: Unable to assume given IAM role. Reason: {role} does not trust"
                " {service}.",
                role=role.outputs["arn"],
                service=SERVICE,
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        given = record.inputs
        return {
            "logDestination": given.get("logDestination") or "",
            "logFormat": given.get("logFormat") or USUAL_FORMAT,
        }


KINDS: dict[str, type[Kind]] = {tokens.FLOW_LOG: FlowLog}
