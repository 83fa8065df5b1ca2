"""The network lets nothing in but SSH through IAP, and costs nothing idle."""

from __future__ import annotations

import pytest

from tests.components.gcp.gcp_account import STACKS, asked, committed, variant

every_stack = pytest.mark.parametrize("stack", STACKS)


@every_stack
def test_nothing_comes_in_but_ssh_through_iap_to_the_notebooks(stack: str) -> None:
    rendered = committed(stack)
    rule = dict(rendered.one("compute/firewall:Firewall").inputs)
    account = rendered.one("serviceaccount/account:Account", f"{stack}-network-account")
    assert len(rule.pop("description")) > 10
    assert rule == {
        "network": f"projects/my-course-2027/{stack}-network-vpc",
        "direction": "INGRESS",
        "sourceRanges": ["35.235.240.0/20"],
        "targetServiceAccounts": [
            f"{account.inputs['accountId']}@my-course-2027.iam.gserviceaccount.com"
        ],
        "allows": [{"protocol": "tcp", "ports": ["22"]}],
    }
    for box in rendered.of("compute/instance:Instance"):
        assert box.inputs["serviceAccount"]["email"] == rule["targetServiceAccounts"][0]


@every_stack
def test_one_subnet_that_reaches_google_without_an_address(stack: str) -> None:
    rendered = committed(stack)
    vpc = rendered.one("compute/network:Network")
    assert vpc.inputs == {"autoCreateSubnetworks": False}
    subnet = rendered.one("compute/subnetwork:Subnetwork")
    assert {key: value for key, value in subnet.inputs.items() if key != "logConfig"} == {
        "network": f"projects/my-course-2027/{vpc.name}",
        "region": asked(stack).lab.region,
        "ipCidrRange": "10.10.0.0/20",
        "privateIpGoogleAccess": True,
    }
    outputs = rendered.registered["mllab:gcp:Network"]
    assert outputs == {
        "id": f"projects/my-course-2027/{vpc.name}",
        "subnet_ids": [f"projects/my-course-2027/{subnet.name}"],
    }


@every_stack
def test_nothing_that_costs_while_idle(stack: str) -> None:
    kinds = {resource.type for resource in committed(stack).custom()}
    for word in ("router", "forwardingRule", "address", "container/cluster", "persistent", "vpn"):
        assert not [kind for kind in kinds if word.lower() in kind.lower()], word


def test_nat_is_for_organisations_that_forbid_addresses() -> None:
    rendered = variant(switches={"egress": "nat"})
    nat = rendered.one("compute/routerNat:RouterNat").inputs
    assert nat["subnetworks"] == [
        {
            "name": "projects/my-course-2027/gcp-course-network-subnet",
            "sourceIpRangesToNats": ["ALL_IP_RANGES"],
        }
    ]
    assert nat["router"] == "gcp-course-network-router-0abc123"
    assert nat["natIpAllocateOption"] == "AUTO_ONLY"
    (box,) = rendered.of("compute/instance:Instance")
    assert not box.inputs["networkInterfaces"][0].get("accessConfigs")
    (usual,) = committed().of("compute/instance:Instance")
    assert usual.inputs["networkInterfaces"][0]["accessConfigs"] == [{}]
    assert not committed().of("compute/routerNat:RouterNat")


def test_nat_reaches_managed_notebooks_too() -> None:
    rendered = variant(switches={"egress": "nat"}, kind="managed")
    setup = rendered.one("workbench/instance:Instance").inputs["gceSetup"]
    assert setup["disablePublicIp"] is True


@every_stack
def test_apis_stay_enabled_and_are_each_enabled_once(stack: str) -> None:
    """To disable one would break what others have."""
    apis = committed(stack).of("projects/service:Service")
    names = [each.inputs["service"] for each in apis]
    assert len(names) == len(set(names))
    assert {each.inputs["disableOnDestroy"] for each in apis} == {False}
    assert not {k for each in apis for k in each.inputs} - {"service", "disableOnDestroy"}
    needed = {"compute", "iam", "iap", "storage", "artifactregistry", "aiplatform"}
    assert {f"{api}.googleapis.com" for api in needed} <= set(names)
