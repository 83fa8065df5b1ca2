"""A managed notebook is the lab's own, stops when idle and every day, and keeps what is on it."""

from __future__ import annotations

from typing import Any

import pytest

from components.catalog import machine
from tests.components.gcp.gcp_account import managed, refusal, variant

INSTANCE = "workbench/instance:Instance"


def setup(**changes: Any) -> dict[str, Any]:
    found = variant(kind="managed", **changes).one(INSTANCE).inputs["gceSetup"]
    assert isinstance(found, dict)
    return found


def test_machine_is_what_was_asked_for() -> None:
    rendered = managed()
    inputs = rendered.one(INSTANCE).inputs
    account = rendered.one("serviceaccount/account:Account", "gcp-course-network-account")
    email = f"{account.inputs['accountId']}@my-course-2027.iam.gserviceaccount.com"
    assert inputs["location"] == "us-central1-a"
    assert inputs["enableDeletionProtection"] is False
    assert inputs["disableProxyAccess"] is False
    assert inputs["gceSetup"] == {
        "machineType": "n1-standard-4",
        "acceleratorConfigs": [{"type": "NVIDIA_TESLA_T4", "coreCount": "1"}],
        "vmImage": {"project": "cloud-notebooks-managed", "family": "workbench-instances-2603"},
        "shieldedInstanceConfig": {
            "enableVtpm": True,
            "enableIntegrityMonitoring": True,
            "enableSecureBoot": True,
        },
        "bootDisk": {"diskSizeGb": "100", "diskType": "PD_BALANCED"},
        "dataDisks": {"diskSizeGb": "50", "diskType": "PD_BALANCED"},
        "networkInterfaces": [
            {
                "network": "projects/my-course-2027/gcp-course-network-vpc",
                "subnet": "projects/my-course-2027/gcp-course-network-subnet",
            }
        ],
        "disablePublicIp": False,
        "serviceAccounts": [{"email": email}],
        "metadata": {
            "idle-timeout-seconds": "3600",
            "enable-guest-attributes": "TRUE",
            "serial-port-logging-enable": "false",
            # See test_bucket_env.py.
            "startup-script": inputs["gceSetup"]["metadata"]["startup-script"],
        },
    }


@pytest.mark.parametrize(("minutes", "seconds"), [(15, "900"), (1440, "86400")])
def test_idle_time_is_googles_own(minutes: int, seconds: str) -> None:
    assert setup(idle_minutes=minutes)["metadata"]["idle-timeout-seconds"] == seconds


@pytest.mark.parametrize(
    ("size", "accelerators"),
    [
        ("cpu-small", []),
        ("gpu-medium", [{"type": "NVIDIA_L4", "coreCount": "1"}]),
        ("gpu-multi", [{"type": "NVIDIA_L4", "coreCount": "4"}]),
    ],
)
def test_gpus_are_named_as_workbench_names_them(size: str, accelerators: list[Any]) -> None:
    found = setup(notebook=machine("gcp", size, "managed"))
    assert found.get("acceleratorConfigs", []) == accelerators


def test_refuses_to_run_for_ever() -> None:
    assert refusal(variant, kind="managed", stop_at=None) == (
        "mllab:notebook.stop_at is missing: a Workbench instance gives no signs of life by which"
        " one in use could be told from a forgotten one, so kind managed needs a daily stop; or"
        " take kind vm"
    )


def test_end_of_the_lab_stops_the_machine_behind_it() -> None:
    rendered = variant(kind="managed", seats=("ana", "bo"))
    attached = rendered.of("compute/resourcePolicyAttachment:ResourcePolicyAttachment")
    boxes = {(b.inputs["name"], b.inputs["location"]) for b in rendered.of(INSTANCE)}
    assert {(a.inputs["instance"], a.inputs["zone"]) for a in attached} == boxes


def test_trap_what_google_adds_to_it_would_make_it_anew() -> None:
    (box,) = managed().of(INSTANCE)
    assert box.options["ignoreChanges"] == [
        'gceSetup.metadata["enable-jupyterlab4"]',
        "gceSetup.vmImage",
        "location",
    ]


def test_trap_without_a_network_it_falls_back_to_one_that_is_not_there() -> None:
    (nic,) = setup()["networkInterfaces"]
    assert nic["network"]
    assert nic["subnet"]


def test_trap_nobody_but_one_person_could_use_it() -> None:
    """An owner is one person, for ever; without one it is whoever may act as its account."""
    assert "instanceOwners" not in managed().one(INSTANCE).inputs


def test_trap_wrong_rights_leave_it_half_made() -> None:
    rendered = managed()
    (box,) = rendered.of(INSTANCE)
    rights = [r for r in rendered.custom() if r.name.startswith("gcp-course-notebook-access-")]
    api = rendered.one("projects/service:Service", "gcp-course-notebook-api-notebooks")
    assert len(rights) == 4
    assert {each.urn for each in [*rights, api]} <= set(box.dependencies)
