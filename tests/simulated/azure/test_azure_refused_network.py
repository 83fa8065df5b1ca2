"""What Azure refuses in groups, networks and machines, with Azure's code and words."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.protocol.provider import ProviderFailure
from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.azure_refusing import MISSING, Try, holds
from tests.simulated.azure.conftest import Built
from tests.simulated.azure.subscription import WHOLE, Subscription
from tests.simulated.samples import sample

RULE = "securityRules.0"
(SSH_ONLY,) = sample(Subscription, "guard")["securityRules"]
CONFIGURATION = "ipConfigurations.0"


def same(name: str, priority: int, direction: str = "Inbound") -> dict[str, Any]:
    return {**SSH_ONLY, "name": name, "priority": priority, "direction": direction}


REFUSALS = {
    "network in no group": Try(
        "net",
        "ResourceGroupNotFound: Resource group 'none' could not be found.",
        {"resourceGroupName": "none"},
    ),
    "network nowhere": Try(
        "net",
        "LocationNotAvailableForResourceType: The provided location 'mars' is not available for "
        "resource type 'Microsoft.Network/virtualNetworks'.",
        {"location": "mars"},
    ),
    "network without space": Try(
        "net",
        "InvalidRequestFormat: Virtual network net2 has no address space.",
        {"virtualNetworkName": "net2", "addressSpace": {"addressPrefixes": []}},
    ),
    "network with host bits": Try(
        "net",
        "InvalidAddressPrefixFormat: Address prefix 10.0.0.1/16 of resource net2 is not formatted "
        "correctly. It should follow CIDR notation, for example 10.0.0.0/24.",
        {"virtualNetworkName": "net2", "addressSpace": {"addressPrefixes": ["10.0.0.1/16"]}},
    ),
    "subnet in no network": Try(
        "sub",
        "ParentResourceNotFound: Can not perform requested operation on nested resource. Parent "
        "resource 'none' not found.",
        {"virtualNetworkName": "none"},
    ),
    "subnet outside": Try(
        "sub",
        "NetcfgSubnetRangeOutsideVnet: Subnet 'subx' is not valid because its IP address range is "
        "outside the IP address range of virtual network '{net.name}'.",
        {"addressPrefix": "10.1.0.0/24"},
    ),
    "subnet overlaps": Try(
        "sub",
        "NetcfgSubnetRangesOverlap: Subnet 'subx' is not valid because its IP address range "
        "overlaps with that of an existing subnet in virtual network '{net.name}'.",
        {"addressPrefix": "10.0.4.0/24"},
    ),
    "subnet too small": Try(
        "sub",
        "NetcfgInvalidSubnet: Subnet 'subx' is not valid in virtual network '{net.name}'.",
        {"addressPrefix": "10.0.8.0/30"},
    ),
    "subnet under no guard": Try(
        "sub",
        f"InvalidResourceReference: Resource {WHOLE}/none referenced by the request was not found. "
        "Please make sure that the referenced resource exists, and that both resources are in the "
        "same region.",
        {"addressPrefix": "10.0.8.0/24", "networkSecurityGroup.id": f"{WHOLE}/none"},
    ),
    "no outbound access, changed later": Try(
        "sub",
        "BadRequest: The property 'defaultOutboundAccess' cannot be changed.",
        {"defaultOutboundAccess": True},
        update=True,
    ),
    "rule for both families of addresses": Try(
        "guard",
        "ResourceCannotContainAddressPrefixesFromDifferentAddressFamilies: ssh contains IP "
        "addresses or prefixes that belong to different address families. All IP addresses or "
        "prefixes in the resource should belong to the same address family.",
        {"securityRules.0.sourceAddressPrefixes": ["203.0.113.0/24", "2001:db8::/32"]},
    ),
    "rule with a priority out of range": Try(
        "guard",
        "SecurityRuleInvalidPriority: Security rule has invalid Priority. Value provided: 99 "
        "Allowed range 100-4096. To learn more, see aka.ms/nsgrules.",
        {f"{RULE}.priority": 99},
    ),
    "rules with one priority": Try(
        "guard",
        "SecurityRuleConflict: Security rule two conflicts with rule one. Rules cannot have the "
        "same Priority and Direction. To learn more, see aka.ms/nsgrules.",
        {"securityRules": [same("one", 100), same("out", 100, "Outbound"), same("two", 100)]},
    ),
    "rule for no address": Try(
        "guard",
        "SecurityRuleInvalidAddressPrefix: Security rule ssh has invalid Address prefix. Value "
        "provided: 203.0.113.7/24",
        {f"{RULE}.sourceAddressPrefixes": ["203.0.113.7/24"]},
    ),
    "rule for no port": Try(
        "guard",
        "SecurityRuleInvalidPortRange: Security rule has invalid Port range. Value provided: "
        "70000. Value should be an integer OR integer range with '-' delimiter. Valid range "
        "0-65535. To learn more, see aka.ms/nsgrules.",
        {f"{RULE}.destinationPortRange": "70000"},
    ),
    "basic address": Try(
        "address",
        "IPv4BasicSkuPublicIpCountLimitReached: Cannot create more than 0 IPv4 Basic SKU public IP "
        "addresses for this subscription in this region.",
        {"sku": MISSING},
    ),
    "address that moves": Try(
        "address",
        "StandardSkuPublicIPAddressMustBeStatic: Standard sku publicIp one must have "
        "AllocationMethod set to Static.",
        {"publicIpAddressName": "one", "publicIPAllocationMethod": "Dynamic"},
    ),
    "second Bastion": Try(
        "door",
        "BastionHostAlreadyExistsForVnet: Virtual network {net} already has the Bastion host "
        "{door.name}.",
    ),
    "address used twice": Try(
        "card",
        "PublicIPAddressInUse: Resource {card} is referencing public IP address {address} that is "
        "already allocated to another resource.",
    ),
    "interface in another location": Try(
        "card",
        "InvalidResourceReference: Resource {net} referenced by resource two was not found. Please "
        "make sure that the referenced resource exists, and that both resources are in the same "
        "region.",
        {"location": "eastus", "networkInterfaceName": "two"},
    ),
    "interface in no subnet": Try(
        "card",
        "InvalidRequestFormat: An IP configuration of network interface two has no subnet.",
        {"networkInterfaceName": "two", f"{CONFIGURATION}.subnet": MISSING},
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_azure_refuses(case: str, whole: Built) -> None:
    holds(whole, REFUSALS[case])


def test_what_is_there_already_is_not_made_again(lab: Built) -> None:
    subscription, made = lab
    for name in ("sub", "blobs", "data", "nightly", "cluster"):
        said = subscription.refused(made[name]["token"], made[name]["given"], name)
        assert said == f": cannot create already existing resource '{made[name]['id']}'"


def test_a_rule_says_from_where_to_where(azure: Subscription) -> None:
    rule = {**SSH_ONLY}
    del rule["sourceAddressPrefixes"], rule["destinationPortRange"]
    inputs = {"resourceGroupName": "lab", "securityRules": [rule]}
    assert azure.faults(tokens.SECURITY_GROUP, inputs) == (
        "securityRules[0].sourceAddressPrefix: missing, it or sourceAddressPrefixes is required",
        "securityRules[0].destinationPortRange: missing, it or destinationPortRanges is required",
    )


def test_subnets_within_the_network_are_refused_by_name(azure: Subscription) -> None:
    inputs = {"resourceGroupName": "lab", "subnets": [{"id": "x"}]}
    (fault,) = azure.faults(tokens.NETWORK, inputs)
    assert fault.startswith("subnets: the simulated Azure does not know subnets within the network")
    inputs = {"resourceGroupName": "lab", "subnets": [{"addressPrefix": "10.0.0.0/24"}]}
    assert azure.faults(tokens.NETWORK, inputs) == ("subnets[0].addressPrefix: unknown property",)


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        (
            {"sku": {"name": "Basic"}},
            "sku.name: the simulated Azure knows Developer alone (got 'Basic')",
        ),
        (
            {"sku": {"name": "Developer"}},
            "virtualNetwork: missing, it is required for the SKU Developer",
        ),
    ],
)
def test_bastion_is_known_as_developer_alone(
    inputs: dict[str, Any], fault: str, azure: Subscription
) -> None:
    assert azure.faults(tokens.BASTION, {"resourceGroupName": "lab", **inputs}) == (fault,)


def test_without_a_location_nothing_goes() -> None:
    nowhere = Subscription()
    nowhere.provider.region = ""
    assert nowhere.refused(tokens.GROUP, {}) == (
        "LocationRequired: The location property is required for this definition."
    )


def test_an_unknown_location_is_refused_with_those_that_are_known(azure: Subscription) -> None:
    with pytest.raises(ProviderFailure, match="does not know the location 'mars'") as failure:
        azure.whole.configured({"location": "mars"})
    assert "westeurope" in failure.value.hint


@pytest.mark.parametrize(
    "token", ["azure-native:sql:Server", "azure-native:compute:getVirtualMachine"]
)
def test_what_is_not_known_is_refused_by_name(token: str, azure: Subscription) -> None:
    with pytest.raises(ProviderFailure, match=token):
        azure.provider.create(azure.call(token, "x"), {})
    with pytest.raises(ProviderFailure, match=token):
        azure.provider.invoke(token, {}, preview=False)
    assert azure.faults("azure-native:sql:Server", {}) == (
        "the simulated Azure does not know the resource type azure-native:sql:Server",
    )
