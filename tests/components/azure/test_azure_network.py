"""SSH from named addresses is all that comes in; the network costs nothing idle."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from tests.components.azure.azure_account import GROUP, STACKS, committed, variant

every_stack = pytest.mark.parametrize("stack", STACKS)


def rules(**switches: Any) -> list[dict[str, Any]]:
    """Inbound rules, in the order in which they count."""
    found = variant(switches=switches) if switches else committed()
    group = found.one("network:NetworkSecurityGroup").inputs["securityRules"]
    assert {rule["direction"] for rule in group} == {"Inbound"}
    return sorted(group, key=lambda rule: rule["priority"])


def test_ssh_comes_from_the_named_addresses_and_nothing_else_does() -> None:
    ssh, rest = rules(ssh_from=("203.0.113.0/24", "198.51.100.7/32"))
    assert (ssh["access"], ssh["protocol"], ssh["destinationPortRange"]) == ("Allow", "Tcp", "22")
    assert ssh["sourceAddressPrefixes"] == ["203.0.113.0/24", "198.51.100.7/32"]
    assert "sourceAddressPrefix" not in ssh
    assert (rest["access"], rest["protocol"]) == ("Deny", "*")
    assert (rest["sourceAddressPrefix"], rest["destinationPortRange"]) == ("*", "*")
    assert rest["priority"] < 65000, "Azure's own rule lets machines reach each other"


def test_without_addresses_only_bastion_comes_in() -> None:
    ssh, rest = rules(ssh_from=())
    assert ssh["sourceAddressPrefix"] == "168.63.129.16"
    assert "sourceAddressPrefixes" not in ssh
    assert (ssh["destinationPortRange"], rest["access"]) == ("22", "Deny")


@every_stack
def test_no_port_of_a_notebook_is_open(stack: str) -> None:
    (group,) = committed(stack).of("network:NetworkSecurityGroup")
    allowed = [rule for rule in group.inputs["securityRules"] if rule["access"] == "Allow"]
    assert [rule["destinationPortRange"] for rule in allowed] == ["22"]
    sources = [rule.get("sourceAddressPrefixes", []) for rule in allowed]
    assert not {"*", "Internet", "0.0.0.0/0"} & {each for listed in sources for each in listed}


@every_stack
def test_every_interface_is_behind_the_group(stack: str) -> None:
    rendered = committed(stack)
    subnet = rendered.one("network:Subnet")
    group = rendered.one("network:NetworkSecurityGroup")
    assert subnet.inputs["networkSecurityGroup"]["id"].endswith(f"/{group.name}")
    interfaces = rendered.of("network:NetworkInterface")
    assert interfaces
    for interface in interfaces:
        (way,) = interface.inputs["ipConfigurations"]
        assert way["subnet"]["id"].endswith(f"/{subnet.name}")


def test_subnet_lies_in_the_network() -> None:
    rendered = committed()
    (block,) = rendered.one("network:VirtualNetwork").inputs["addressSpace"]["addressPrefixes"]
    subnet = rendered.one("network:Subnet").inputs
    assert ip_network(subnet["addressPrefix"]).subnet_of(ip_network(block))
    assert subnet["virtualNetworkName"] == "azure-course-network-vnet-0abc123"
    assert subnet["resourceGroupName"] == GROUP


def test_bastion_is_the_free_one_and_only_where_no_address_is_named() -> None:
    assert not committed().of("network:BastionHost")
    rendered = variant(switches={"ssh_from": ()})
    bastion = rendered.one("network:BastionHost").inputs
    assert bastion["sku"] == {"name": "Developer"}
    assert bastion["virtualNetwork"]["id"].endswith("/azure-course-network-vnet")
    assert not {"ipConfigurations", "scaleUnits"} & bastion.keys()
    managed = variant(kind="managed", switches={"ssh_from": ()})
    assert not managed.of("network:BastionHost")


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_nothing_that_costs_while_idle(kind: str) -> None:
    kinds = {resource.type for resource in variant(kind=kind).custom()}
    for word in ("NatGateway", "LoadBalancer", "Firewall", "PrivateEndpoint", "VpnGateway"):
        assert not [each for each in kinds if word in each], word
