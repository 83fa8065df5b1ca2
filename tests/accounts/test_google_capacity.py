"""What a Google Cloud project is granted, uses and is offered. The answers have the form that
Google documents; that it grants what it tells is not shown.
"""

from __future__ import annotations

from typing import Any

import pytest

from mllab.accounts.contract import Placement
from mllab.accounts.responses import QueryFailed
from mllab.clouds.registry import open_account
from tests.accounts.telling import told

ZONES = "https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-"


def machine(name: str, status: str, **more: Any) -> dict[str, Any]:
    """Source: https://cloud.google.com/compute/docs/reference/rest/v1/instances"""
    return {
        "name": name,
        "zone": f"{ZONES}a",
        "status": status,
        "machineType": f"{ZONES}a/machineTypes/n1-standard-4",
        "guestAccelerators": [
            {"acceleratorType": f"{ZONES}a/acceleratorTypes/nvidia-tesla-t4", "acceleratorCount": 1}
        ],
        "disks": [
            {"autoDelete": True, "diskSizeGb": "50"},
            {"autoDelete": False, "diskSizeGb": "100"},
        ],
        "networkInterfaces": [{"accessConfigs": [{"natIP": "203.0.113.4"}]}],
        **more,
    }


def quota(metric: str, limit: float, used: float) -> dict[str, Any]:
    """Source: https://cloud.google.com/compute/docs/reference/rest/v1/regions"""
    return {"metric": metric, "limit": limit, "usage": used}


GOOGLE = {
    "gcloud auth": "",
    "gcloud compute project-info describe": {"quotas": [quota("GPUS_ALL_REGIONS", 1.0, 1.0)]},
    "gcloud compute regions describe us-central1": {
        "zones": [f"{ZONES}a", f"{ZONES}b"],
        "quotas": [
            quota("CPUS", 24.0, 8.0),
            quota("SSD_TOTAL_GB", 500.0, 300.0),
            quota("IN_USE_ADDRESSES", 8.0, 2.0),
            {"metric": "NVIDIA_T4_GPUS", "limit": 1.0},
        ],
    },
    "gcloud compute instances list": [
        machine("ann", "RUNNING"),
        machine("bob", "TERMINATED"),
        machine("ann", "RUNNING", zone=f"{ZONES}b"),
    ],
}
COMPUTE = (
    "CPUS", "GPUS_ALL_REGIONS", "SSD_TOTAL_GB", "IN_USE_ADDRESSES", "NVIDIA_T4_GPUS"
)  # fmt: skip


def test_google_tells_those_of_the_region_and_of_the_project(said: Any) -> None:
    said(GOOGLE)
    account = open_account("gcp", {"gcp:project": "p", "gcp:region": "us-central1"})
    services = dict.fromkeys(COMPUTE, "compute")
    assert told(account.quotas(services, ())) == {
        "CPUS": (24.0, 8.0),
        "GPUS_ALL_REGIONS": (1.0, 1.0),
        "SSD_TOTAL_GB": (500.0, 300.0),
        "IN_USE_ADDRESSES": (8.0, 2.0),
        "NVIDIA_T4_GPUS": (1.0, None),
    }
    going = [f"projects/p/zones/us-central1-a/instances/{name}" for name in ("ann", "bob")]
    assert told(account.quotas(services, going)) == {
        "CPUS": (24.0, 4.0),
        "GPUS_ALL_REGIONS": (1.0, 0.0),
        "SSD_TOTAL_GB": (500.0, 200.0),
        "IN_USE_ADDRESSES": (8.0, 1.0),
        "NVIDIA_T4_GPUS": (1.0, None),
    }


def test_google_tells_vertex_limits_of_the_region_or_of_all_others(said: Any) -> None:
    def info(code: str, *infos: dict[str, Any], dimensions: tuple[str, ...] = ("region",)) -> Any:
        """Source: https://cloud.google.com/docs/quotas/reference/rest/v1/QuotaInfo"""
        metric = f"aiplatform.googleapis.com/{code}"
        return {"metric": metric, "dimensions": [*dimensions], "dimensionsInfos": [*infos]}

    def value(number: str, **dimensions: str) -> dict[str, Any]:
        return {"dimensions": dimensions, "details": {"value": number}}

    said(
        {
            **GOOGLE,
            "gcloud beta quotas info list --service=aiplatform.googleapis.com": [
                info("custom_t4", value("4", region="us-central1"), value("0")),
                info("custom_l4", value("4", region="europe-west1"), value("1")),
                info("custom_l4", value("9"), dimensions=("region", "user")),
                info("custom_a100", {"details": {}}),
            ],
        }
    )
    account = open_account("gcp", {"gcp:project": "p", "gcp:region": "us-central1"})
    codes = ("custom_t4", "custom_l4", "custom_a100")
    assert told(account.quotas(dict.fromkeys(codes, "aiplatform"), ())) == {
        "custom_t4": (4.0, None),
        "custom_l4": (1.0, None),
        "custom_a100": (None, None),
    }


def test_google_offers_by_zone_machine_and_gpu(said: Any) -> None:
    said(
        {
            **GOOGLE,
            "gcloud compute machine-types list --filter=name=n1-standard-4": [
                {"name": "n1-standard-4", "zone": "us-central1-a"},
                {"name": "n1-standard-4", "zone": "us-central1-b"},
            ],
            "gcloud compute machine-types list": [],
            "gcloud compute accelerator-types list --filter=name=nvidia-tesla-t4": [
                {"name": "nvidia-tesla-t4", "zone": f"{ZONES}b"},
                {"name": "nvidia-tesla-t4", "zone": f"{ZONES[:-12]}us-east1-b"},
            ],
        }
    )
    account = open_account("gcp", {"gcp:project": "p", "gcp:region": "us-central1"})
    there = {
        Placement("n1-standard-4", "us-central1-a"): True,
        Placement("n1-standard-4", "us-central1-a", "nvidia-tesla-t4"): False,
        Placement("n1-standard-4", "us-central1-b", "NVIDIA_TESLA_T4", use="managed"): True,
        Placement("n1-standard-4", "us-central1", "nvidia-tesla-t4"): True,
        Placement("a9-mega", "us-central1"): False,
    }
    found = account.offers([*there])
    assert {each: offer.there for each, offer in found.items()} == there
    whys = [offer.why for offer in found.values()]
    assert whys[1::3] == [
        f"us-central1 offers it in {zone}" for zone in ("us-central1-b", "no zone")
    ]


@pytest.mark.parametrize("package", ["azure-native", "gcp"])
def test_without_a_region_nobody_can_tell(said: Any, package: str) -> None:
    said({})
    account = open_account(package, {"gcp:project": "p"})
    with pytest.raises(QueryFailed, match="do not say"):
        account.quotas({"CPUS": "compute"}, ())
    with pytest.raises(QueryFailed, match="do not say"):
        account.offers([Placement("x", "y")])
