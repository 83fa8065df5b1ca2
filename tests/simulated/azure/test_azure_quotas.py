"""Quotas of Azure: small for machines, none for GPUs, others again for Azure Machine Learning."""

from __future__ import annotations

from typing import Any

import pytest

from mllab.clouds.azure import AZURE
from mllab.protocol.provider import ProviderFailure
from mllab.simulated.azure import places
from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.subscription import PLENTY, Subscription, cluster, instance
from tests.simulated.samples import build, filled

GPU, CPU = "StandardNCASv3_T4Family", "standardDSv5Family"
ML = "Standard DDSv4 Family Cluster Dedicated vCPUs"
TOTAL = "Total Cluster Dedicated Regional vCPUs"
SPARE = "Total Cluster LowPriority Regional vCPUs"


def test_a_new_subscription_makes_no_gpu() -> None:
    subscription = Subscription(quotas={})
    with pytest.raises(ProviderFailure) as failure:
        build(subscription)
    assert failure.value.code == "OperationNotAllowed"
    assert failure.value.message == (
        "Operation could not be completed as it results in exceeding approved "
        "StandardNCASv3_T4Family Cores quota. Additional details - Deployment Model: Resource "
        "Manager, Location: westeurope, Current Limit: 0, Current Usage: 0, Additional Required: "
        "4, (Minimum) New Limit Required: 4."
    )
    assert "--resource-name StandardNCASv3_T4Family" in failure.value.hint
    assert "--limit-object value=4" in failure.value.hint
    assert subscription.ids(tokens.MACHINE) == []


class Seats:
    """Machines, one after another."""

    def __init__(self, **quotas: float) -> None:
        self.azure = Subscription(quotas=dict(PLENTY))
        self.made = build(self.azure)
        self.azure.whole._quotas.update(quotas)
        self.azure.delete(tokens.MACHINE, self.made["seat"]["id"])

    def inputs(self, name: str, size: str, **more: Any) -> dict[str, Any]:
        card = {
            "resourceGroupName": self.made["lab"]["name"],
            "ipConfigurations": [{"name": "main", "subnet": {"id": self.made["sub"]["id"]}}],
        }
        card_id = self.azure.create(tokens.INTERFACE, card, f"{name}-card").id
        given = {**self.made["seat"]["given"], "vmName": name, **more}
        given["storageProfile"] = {**given["storageProfile"], "dataDisks": []}
        given["networkProfile"] = {"networkInterfaces": [{"id": card_id}]}
        return given | {"hardwareProfile": {"vmSize": size}}

    def add(self, name: str, size: str = "Standard_D4s_v5", **more: Any) -> str:
        return self.azure.create(tokens.MACHINE, self.inputs(name, size, **more)).id

    def refused(self, name: str, size: str = "Standard_D4s_v5", **more: Any) -> str:
        return self.azure.refused(tokens.MACHINE, self.inputs(name, size, **more))


def test_machines_of_one_family_share_its_quota() -> None:
    seats = Seats(**{CPU: 10})
    seats.add("one")
    seats.add("two")
    assert "Current Limit: 10, Current Usage: 8, Additional Required: 4" in seats.refused("three")
    seats.add("other", "Standard_D4ds_v4")
    seats.add("small", "Standard_D2s_v5")


def test_all_families_share_the_quota_of_the_region() -> None:
    seats = Seats(cores=6)
    seats.add("one")
    said = seats.refused("two", "Standard_D4ds_v4")
    assert "exceeding approved Total Regional Cores quota" in said
    assert "(Minimum) New Limit Required: 8." in said


def test_a_deallocated_machine_still_counts() -> None:
    seats = Seats(cores=4)
    one = seats.add("one")
    seats.azure.whole.stop(one)
    assert seats.refused("two").startswith("OperationNotAllowed")
    seats.azure.delete(tokens.MACHINE, one)
    seats.add("two")


def test_spot_machines_share_a_quota_of_their_own() -> None:
    seats = Seats(lowPriorityCores=4, cores=0, **{GPU: 0})
    spot = {"priority": "Spot", "evictionPolicy": "Deallocate"}
    seats.add("one", "Standard_NC4as_T4_v3", **spot)
    assert "approved LowPriorityCores quota" in seats.refused("two", **spot)


def test_a_machine_that_grows_counts_once() -> None:
    seats = Seats(**{CPU: 8, "cores": 8})
    inputs = seats.inputs("one", "Standard_D4s_v5")
    one = seats.azure.create(tokens.MACHINE, inputs).id
    grown = {**inputs, "hardwareProfile": {"vmSize": "Standard_D8s_v5"}}
    made = seats.azure.update(tokens.MACHINE, one, grown)
    assert made.outputs["hardwareProfile"]["vmSize"] == "Standard_D8s_v5"
    states = [(i.kind, i.ended is None) for i in seats.azure.whole.intervals() if i.id == one]
    assert states == [("Standard_D4s_v5", False), ("Standard_D8s_v5", True)]
    assert seats.refused("two", "Standard_D2s_v5").startswith("OperationNotAllowed")


def test_another_location_has_limits_of_its_own() -> None:
    seats = Seats(cores=4)
    seats.add("one")
    azure = seats.azure
    azure.provider = azure.whole.configured({"location": "eastus"})
    there = azure.group("there")
    network = {
        "resourceGroupName": there,
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
    }
    name = azure.create(tokens.NETWORK, network).outputs["name"]
    subnet = {"resourceGroupName": there, "virtualNetworkName": name}
    sub = azure.create(tokens.SUBNET, {**subnet, "addressPrefix": "10.0.0.0/24"}).id
    card = {
        "resourceGroupName": there,
        "ipConfigurations": [{"name": "main", "subnet": {"id": sub}}],
    }
    id = azure.create(tokens.INTERFACE, card).id
    given = seats.inputs("two", "Standard_D4s_v5")
    given |= {
        "resourceGroupName": there,
        "location": "eastus",
        "networkProfile": {"networkInterfaces": [{"id": id}]},
    }
    azure.create(tokens.MACHINE, given)


def computes(**quotas: float) -> tuple[Subscription, dict[str, dict[str, Any]]]:
    """A subscription with a workspace without computes."""
    subscription = Subscription(quotas=dict(PLENTY))
    made = build(subscription)
    subscription.whole._quotas.update(quotas)
    for name in ("cluster", "ann"):
        subscription.delete(tokens.COMPUTE, made[name]["id"])
    return subscription, made


def test_a_cluster_counts_the_machines_that_it_may_have() -> None:
    subscription, made = computes(**{ML: 8})
    inputs = filled(cluster("Standard_D4ds_v4", 3), made)
    assert subscription.refused(tokens.COMPUTE, inputs) == (
        "BadRequest: The specified subscription has a Standard DDSv4 family vCPU quota of 8 and "
        "cannot accomodate for at least 3 requested managed compute nodes which maps to 12 vCPUs. "
        "Talk to your Subscription Admin or refer to "
        "https://docs.microsoft.com/azure/machine-learning/how-to-manage-quotas"
        "#request-quota-increases to increase the Standard DDSv4 family quota."
    )
    made_id = subscription.create(tokens.COMPUTE, filled(cluster("Standard_D4ds_v4", 2), made)).id
    said = subscription.not_updated(tokens.COMPUTE, made_id, inputs)
    assert "maps to 12 vCPUs" in said
    fewer = filled(cluster("Standard_D4ds_v4", 1), made)
    subscription.update(tokens.COMPUTE, made_id, fewer)
    subscription.create(tokens.COMPUTE, filled(instance("bob"), made))


def test_instances_and_clusters_share_one_quota_apart_from_machines() -> None:
    subscription, made = computes(**{TOTAL: 4, "cores": 4})
    subscription.create(tokens.COMPUTE, filled(instance("bob"), made))
    subscription.create(tokens.COMPUTE, filled(instance("eve"), made))
    said = subscription.refused(tokens.COMPUTE, filled(instance("joe"), made))
    assert "has a total vCPU quota of 4" in said
    subscription.whole.stop(subscription.ids(tokens.COMPUTE)[0])
    assert subscription.refused(tokens.COMPUTE, filled(instance("joe"), made)) == said


def test_spare_machines_have_a_pool_of_their_own() -> None:
    family = "Standard NCASv3_T4 Family Cluster Dedicated vCPUs"
    subscription, made = computes(**{TOTAL: 0, family: 0, SPARE: 8})
    spare = filled(cluster(vmPriority="LowPriority"), made)
    subscription.create(tokens.COMPUTE, spare)
    said = subscription.refused(tokens.COMPUTE, {**spare, "computeName": "another"})
    assert "has a total low priority vCPU quota of 8" in said


def test_computes_addresses_and_accounts_are_counted() -> None:
    subscription, made = computes(Clusters=1, PublicIPAddresses=1, StorageAccounts=1)
    subscription.create(tokens.COMPUTE, filled(cluster(), made))
    said = subscription.refused(tokens.COMPUTE, filled(instance("bob"), made))
    assert said == (
        "BadRequest: Operation results in exceeding quota limits of Clusters. Maximum allowed: 1, "
        "Current in use: 1, Additional requested: 1."
    )
    address = subscription.refused(tokens.ADDRESS, made["address"]["given"])
    assert address == (
        "PublicIPCountLimitReached: Cannot create more than 1 public IP addresses for this "
        "subscription in this region."
    )
    account = {**made["files"]["given"], "accountName": "second"}
    assert subscription.refused(tokens.ACCOUNT, account).startswith(
        "MaxStorageAccountsCountPerSubscriptionExceeded"
    )


def test_a_granted_quota_stays_and_unknown_ones_are_named() -> None:
    subscription = Subscription(quotas={})
    assert subscription.whole.quota(GPU) == 0
    subscription.whole.grant(GPU, 8)
    assert subscription.whole.quota(GPU) == 8
    for change in (subscription.whole.quota, lambda code: Subscription(quotas={code: 1})):
        with pytest.raises(KeyError, match="no quota L-1; known are cores, lowPriorityCores"):
            change("L-1")


@pytest.mark.parametrize("code", AZURE.quotas())
def test_every_quota_says_how_to_ask_for_more(code: str) -> None:
    text = places.ask_for(code, "westeurope", 12)
    assert "must be at least 12" in text
    assert code in text
    assert "az quota update" in text or "learn.microsoft.com" in text
