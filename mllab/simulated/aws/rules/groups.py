"""Security groups and their rules, as EC2 treats them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.aws.rules import tokens
from mllab.simulated.aws.rules.networks import NO_DEFAULT_VPC, block_faults
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

ALL_PROTOCOLS = "-1"
WITH_PORTS = ("tcp", "udp", "6", "17")


class SecurityGroup(Kind):
    """Names are unique within a VPC."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        vpc = here.get(tokens.VPC, inputs.get("vpcId"))
        if vpc is None:
            raise refuse(NO_DEFAULT_VPC)
        for other in here.session.users(vpc, self.token):
            same = other.name == inputs.get("name")
            if same and (old is None or other.uid != old.uid):
                raise refuse(
                    "InvalidGroup.Duplicate: The security group '{name}' already exists for VPC "
                    "'{vpc}'",
                    name=other.name,
                    vpc=vpc.id,
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"vpcId": record.inputs["vpcId"]}


class DefaultSecurityGroup(Kind):
    """Adopts the group that came with the VPC, and empties it; its delete deletes nothing."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if here.get(tokens.VPC, inputs.get("vpcId")) is None:
            raise refuse(NO_DEFAULT_VPC)

    def number(self, here: Here, inputs: Properties) -> str | None:
        vpc = here.get(tokens.VPC, inputs["vpcId"])
        children = here.session.owned(vpc) if vpc else []
        return next((child.id for child in children if child.type == tokens.GROUP), None)

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"vpcId": record.inputs["vpcId"]}


def _other_source(olds: Properties, news: Properties) -> bool:
    """Whether a rule takes its source from another property: EC2 cannot change that."""
    return [name in olds for name in Rule.PEERS] != [name in news for name in Rule.PEERS]


class Rule(Kind):
    """A rule of a group, in or out."""

    PEERS = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
    conditions = {"the source is of another kind than before": _other_source}

    def faults(self, inputs: Properties) -> Iterable[str]:
        given = [peer for peer in self.PEERS if peer in inputs]
        if len(given) != 1:
            yield (
                f"{self.PEERS[0]}: exactly one of {', '.join(self.PEERS)} is required "
                f"(got {', '.join(given) or 'none'})"
            )
        yield from block_faults("cidrIpv4", inputs)
        protocol, ports = inputs.get("ipProtocol"), {"fromPort", "toPort"} & inputs.keys()
        if protocol == ALL_PROTOCOLS and ports:
            yield "fromPort: must not be given with ipProtocol -1, which is all ports"
        if protocol in WITH_PORTS and len(ports) < 2:
            yield f"fromPort: fromPort and toPort are required with ipProtocol {protocol}"
        for port in ports:
            if inputs[port] is not UNKNOWN and not -1 <= inputs[port] <= 65535:
                yield f"{port}: must be between -1 and 65535 (got {inputs[port]})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        group = here.get(tokens.GROUP, inputs["securityGroupId"])
        for other in here.session.users(group, self.token, "securityGroupId") if group else []:
            same = self._meaning(other.inputs) == self._meaning(inputs)
            if same and (old is None or other.uid != old.uid):
                peer, protocol, *_ = self._meaning(inputs)
                raise refuse(
                    'InvalidPermission.Duplicate: the specified rule "peer: {peer}, {protocol}, '
                    'ALLOW" already exists',
                    peer=peer,
                    protocol=protocol,
                )

    def _meaning(self, inputs: Properties) -> tuple[Any, ...]:
        peer = next(inputs[name] for name in self.PEERS if name in inputs)
        return peer, inputs["ipProtocol"], inputs.get("fromPort"), inputs.get("toPort")


KINDS: dict[str, type[Kind]] = {
    tokens.GROUP: SecurityGroup,
    tokens.DEFAULT_GROUP: DefaultSecurityGroup,
    tokens.INGRESS: Rule,
    tokens.EGRESS: Rule,
}
