"""Network security groups, as Azure treats them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_network

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import Resource
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

PRIORITIES = range(100, 4097)
"""Of security rules.
Source: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview"""

DEFAULT_RULES = (
    ("AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"),
    ("AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"),
    ("DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"),
)
"""Name, priority, direction, access, source, destination. Source: the same page."""

PAIRS = (
    ("sourceAddressPrefix", "es"),
    ("sourcePortRange", "s"),
    ("destinationAddressPrefix", "es"),
    ("destinationPortRange", "s"),
)
"""Properties of a rule that are given as one or, in the plural, as a list."""

_TAG = re.compile(r"\*|[A-Z][A-Za-z]+(\.[A-Za-z0-9]+)?")
_PORTS = re.compile(r"\*|\d+(-\d+)?")


class NetworkSecurityGroup(Resource):
    """Rules with a priority each, below them the rules that every group has."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        rules = inputs.get("securityRules")
        if not isinstance(rules, list):
            return
        for i, rule in enumerate(rules):
            if rule is UNKNOWN:
                continue
            for name, plural in PAIRS:
                if not {name, name + plural} & rule.keys():
                    yield f"securityRules[{i}].{name}: missing, it or {name}{plural} is required"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        seen: dict[tuple[str, int], str] = {}
        for rule in inputs.get("securityRules") or []:
            self._validate_rule(rule)
            key = (rule["direction"], rule["priority"])
            if key in seen:
                raise refuse(
                    "SecurityRuleConflict (400): Security rule {one} conflicts with rule {two}. "
                    "Rules cannot have the same Priority and Direction. To learn more, see "
                    "aka.ms/nsgrules.",
                    one=rule.get("name"),
                    two=seen[key],
                )
            seen[key] = str(rule.get("name"))

    def _validate_rule(self, rule: Properties) -> None:
        name = rule.get("name")
        if not name:
            raise refuse("InvalidRequestFormat (400): A security rule has no name.")
        if rule["priority"] not in PRIORITIES:
            raise refuse(
                "SecurityRuleInvalidPriority (400): Security rule has invalid Priority. Value "
                "provided: {priority} Allowed range 100-4096. To learn more, see aka.ms/nsgrules.",
                priority=rule["priority"],
            )
        for pair in PAIRS:
            if pair[1] == "es":
                _validate_family(name, _both(rule, *pair))
            for text in _both(rule, *pair):
                if pair[1] == "es" and not _TAG.fullmatch(text) and not _is_network(text):
                    raise refuse(
                        "SecurityRuleInvalidAddressPrefix (400): Security rule {name} has invalid "
                        "Address prefix. Value provided: {text}",
                        name=name,
                        text=text,
                    )
                if pair[1] == "s" and not _is_ports(text):
                    raise refuse(
                        "SecurityRuleInvalidPortRange (400): Security rule has invalid Port range. "
                        "Value provided: {text}. Value should be an integer OR integer range with "
                        "'-' delimiter. Valid range 0-65535. To learn more, see aka.ms/nsgrules.",
                        text=text,
                    )

    def outputs(self, here: Here, record: Record) -> Properties:
        using = {
            name: [{"id": user.id} for user in here.session.users(record, type)]
            for name, type in (("networkInterfaces", tokens.INTERFACE), ("subnets", tokens.SUBNET))
        }
        return {
            **super().outputs(here, record),
            **using,
            "defaultSecurityRules": [
                {
                    "name": name,
                    "id": f"{record.id}/defaultSecurityRules/{name}",
                    "priority": priority,
                    "direction": direction,
                    "access": access,
                    "protocol": "*",
                    "sourceAddressPrefix": source,
                    "sourcePortRange": "*",
                    "destinationAddressPrefix": destination,
                    "destinationPortRange": "*",
                    "provisioningState": "Succeeded",
                }
                for name, priority, direction, access, source, destination in DEFAULT_RULES
            ],
        }


def _both(rule: Properties, name: str, plural: str) -> list[str]:
    """Values of a property that can be given as one or as a list."""
    one = rule.get(name)
    return [*([one] if one is not None else []), *(rule.get(f"{name}{plural}") or [])]


def _validate_family(name: object, prefixes: list[str]) -> None:
    """Refuse addresses of both families in one list.

    Source: hashicorp/terraform-provider-azurerm issue 12534; Azure/AKS issue 3136
    """
    if len({ip_network(text).version for text in prefixes if _is_network(text)}) > 1:
        raise refuse(
            "ResourceCannotContainAddressPrefixesFromDifferentAddressFamilies (400): {name} "
            "contains IP addresses or prefixes that belong to different address families. All IP "
            "addresses or prefixes in the resource should belong to the same address family.",
            name=name,
        )


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _is_ports(text: str) -> bool:
    if not _PORTS.fullmatch(text):
        return False
    ends = [int(part) for part in text.split("-")] if text != "*" else [0]
    return ends == sorted(ends) and ends[-1] <= 65535


KINDS: dict[str, type[Kind]] = {tokens.SECURITY_GROUP: NetworkSecurityGroup}
