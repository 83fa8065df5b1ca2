"""What an Azure subscription grants, uses and offers. The answers have the form that Azure
documents; that it grants what it tells is not shown.
"""

from __future__ import annotations

import math
from typing import Any

from mllab.accounts.contract import Offer, Placement
from mllab.clouds.registry import CLOUDS, open_account
from tests.accounts.telling import told

GROUP = "/subscriptions/s/resourceGroups/lab"
MACHINES = f"{GROUP}/providers/Microsoft.Compute/virtualMachines"
COMPUTES = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/w/computes"
ML = "/subscriptions/s/providers/Microsoft.MachineLearningServices/locations/eastus"
REST = "az rest --method get --url"
SIZE = "Standard_NC4as_T4_v3"
T4 = "Standard NCASv3_T4 Family Cluster Dedicated vCPUs"
ALL = "Total Cluster Dedicated Regional vCPUs"


def usage(name: str, used: int, limit: int, inside: str = "/subscriptions/s") -> dict[str, Any]:
    """Source: azure-rest-api-specs, machinelearningservices 2024-04-01, examples/Usage/list.json"""
    number = {"currentValue": used, "limit": limit, "unit": "Count"}
    return {"id": f"{inside}/usages/x", "name": {"value": name, "localizedValue": name}, **number}


def cluster(name: str, priority: str, most: int) -> dict[str, Any]:
    """Source: azure-rest-api-specs, machinelearningservices 2025-12-01, AmlComputeProperties"""
    scale = {"minNodeCount": 0, "maxNodeCount": most}
    inner = {"vmSize": SIZE.upper(), "vmPriority": priority, "scaleSettings": scale}
    outer = {"computeType": "AmlCompute", "properties": inner}
    return {"id": f"{COMPUTES}/{name}", "properties": outer}


LOW = "Total Cluster LowPriority Regional vCPUs"
AZURE = {
    "az account get-access-token": {"subscription": "s"},
    "az account show": {"id": "s", "user": {"name": "ann@example.edu"}},
    "az vm list-usage": [
        {"limit": "10", "currentValue": "8", "name": {"value": "cores"}},
        {"limit": "4", "currentValue": "4", "name": {"value": "Standard NCASv3_T4 Family"}},
    ],
    "az network list-usages": [
        {"limit": 10, "currentValue": 3, "name": {"value": "PublicIPAddresses"}}
    ],
    f"{REST} {ML}/usages": {
        "value": [
            usage("Clusters", 7, 100),
            usage(ALL, 14, 24),
            usage(T4, 8, 12),
            usage(T4, 4, 5, f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/w"),
            usage(LOW, 18, -1),
        ]
    },
    f"{REST} {MACHINES}".lower(): {
        "value": [
            {"id": f"{MACHINES}/{name}", "properties": {"hardwareProfile": {"vmSize": SIZE}}}
            for name in ("ANN", "bob")
        ]
    },
    f"{REST} {COMPUTES}".lower(): {
        "value": [
            {"id": f"{COMPUTES}/ann", "properties": {"properties": {"vmSize": SIZE}}},
            cluster("nodes", "Dedicated", 2),
            cluster("spare", "LowPriority", 3),
        ]
    },
}


def test_azure_tells_limit_and_use_in_its_own_spelling(said: Any) -> None:
    asked = said(AZURE)
    account = open_account("azure-native", {"azure-native:location": "eastus"})
    quotas = CLOUDS["azure"].quotas()
    codes = ("cores", "StandardNCASv3_T4Family", "PublicIPAddresses", "Clusters", ALL, T4, LOW)
    services = {code: quotas[code].service for code in (*codes, "StorageAccounts")}
    assert told(account.quotas(services, ())) == {
        "cores": (10.0, 8.0),
        "StandardNCASv3_T4Family": (4.0, 4.0),
        "PublicIPAddresses": (10.0, 3.0),
        "Clusters": (100.0, 7.0),
        ALL: (24.0, 14.0),
        T4: (12.0, 8.0),
        LOW: (math.inf, 18.0),
        "StorageAccounts": (None, None),
    }
    assert all("--location eastus" in words for words in asked if "list-usage" in words)
    left = told(account.quotas(services, [f"{MACHINES}/ann", f"{COMPUTES}/ann"]))
    assert left["cores"] == (10.0, 4.0)
    assert left["StandardNCASv3_T4Family"] == (4.0, 0.0)
    assert (left[ALL], left[T4]) == ((24.0, 10.0), (12.0, 4.0))
    assert left["PublicIPAddresses"] == (10.0, 3.0), "it stays"
    left = told(account.quotas(services, [f"{COMPUTES}/nodes", f"{COMPUTES}/spare"]))
    assert (left[ALL], left[T4]) == ((24.0, 6.0), (12.0, 0.0)), "with all that it may have"
    assert left[LOW] == (math.inf, 6.0)


def test_azure_offers_what_no_restriction_of_the_location_forbids(said: Any) -> None:
    def sku(name: str, *restrictions: tuple[str, str]) -> dict[str, Any]:
        """Source: https://learn.microsoft.com/rest/api/compute/resource-skus/list"""
        found = [
            {"type": type, "reasonCode": code, "values": ["eastus"]} for type, code in restrictions
        ]
        return {"name": name, "resourceType": "virtualMachines", "restrictions": found}

    asked = said(
        {
            **AZURE,
            "az vm list-skus": [
                sku("Standard_D2s_v5", ("Zone", "NotAvailableForSubscription")),
                sku(SIZE, ("Location", "NotAvailableForSubscription")),
            ],
            f"{REST} {ML}/vmSizes": {
                "value": [
                    {"name": "STANDARD_D2DS_V4", "supportedComputeTypes": ["ComputeInstance"]},
                    {"name": SIZE, "supportedComputeTypes": ["AmlCompute"]},
                ]
            },
        }
    )
    account = open_account("azure-native", {"azure-native:location": "eastus"})
    places = [Placement(name, "eastus") for name in ("Standard_D2s_v5", SIZE, "Standard_X")]
    managed = [Placement(name, "eastus", use="managed") for name in ("Standard_D2ds_v4", SIZE)]
    nodes = [Placement(name, "eastus", use="job") for name in ("Standard_D2ds_v4", SIZE)]
    wanted = [*places, *managed, *nodes]
    found = account.offers(wanted)
    assert [found[each] for each in wanted] == [
        Offer(True, ""),
        Offer(False, "not for this subscription: NotAvailableForSubscription"),
        Offer(False, "eastus does not have it"),
        Offer(True, ""),
        Offer(False, "Azure ML takes it for AmlCompute only"),
        Offer(False, "Azure ML takes it for ComputeInstance only"),
        Offer(True, ""),
    ]
    [words] = [each for each in asked if "list-skus" in each]
    assert "--location eastus" in words
    assert "--all" in words, "else it leaves out what the subscription may not have"


def test_a_subscription_that_never_used_azure_ml_tells_nothing_of_it(said: Any) -> None:
    login = {key: each for key, each in AZURE.items() if key.startswith("az account")}
    account = open_account("azure-native", {"azure-native:location": "eastus"})
    wanted = Placement(SIZE, "eastus", use="managed")
    said({**login, f"{REST} {ML}/vmSizes": {"value": []}})
    assert account.offers([wanted])[wanted].there is None, "no list is without any size"
    said(login)
    assert account.offers([wanted])[wanted].there is None
    assert told(account.quotas({ALL: "Microsoft.MachineLearningServices"}, ())) == {
        ALL: (None, None)
    }
