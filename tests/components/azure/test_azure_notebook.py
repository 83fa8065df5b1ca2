"""Notebook machines: closed, with their own home, told what they need, drivers where needed."""

from __future__ import annotations

from typing import Any

import pytest

from components.azure import access
from components.azure.machine import FILES, KEYS
from components.catalog import machine
from mllab.engines.contract import Resource
from tests.components.azure.azure_account import (
    GROUP_ID,
    STACKS,
    asked,
    committed,
    document,
    grants,
    loaded,
    refusal,
    told,
    variant,
)
from tests.components.labs import after

every_stack = pytest.mark.parametrize("stack", STACKS)
KEY = loaded().azure.ssh_keys[0]
MACHINE = "compute:VirtualMachine"
CPU, GPU = machine("azure", "cpu-small"), machine("azure", "gpu-small")


def image(box: Resource) -> str:
    """The URN of a machine's image."""
    reference = box.inputs["storageProfile"]["imageReference"]
    return ":".join(reference[key] for key in ("publisher", "offer", "sku", "version"))


@every_stack
def test_every_seat_is_a_machine_that_takes_keys_and_no_passwords(stack: str) -> None:
    rendered, args = committed(stack), asked(stack)
    boxes = rendered.of(MACHINE)
    assert [each.name for each in boxes] == [f"{stack}-notebook-{seat}" for seat in args.seats]
    for box, seat in zip(boxes, args.seats, strict=True):
        assert box.inputs["vmName"] == f"{stack}-{seat}"
        assert box.inputs["hardwareProfile"] == {"vmSize": args.notebook.type}
        system = box.inputs["osProfile"]
        assert (system["adminUsername"], system["computerName"]) == ("ubuntu", f"{stack}-{seat}")
        assert "adminPassword" not in system
        assert system["linuxConfiguration"] == {
            "disablePasswordAuthentication": True,
            "ssh": {"publicKeys": [{"keyData": KEY, "path": "/home/ubuntu/.ssh/authorized_keys"}]},
        }


def test_all_the_keys_open_all_the_machines() -> None:
    keys = (KEY, KEY[:-1] + "X")
    rendered = variant(seats=("ana", "bo"), switches={"ssh_keys": keys})
    for box in rendered.of(MACHINE):
        given = box.inputs["osProfile"]["linuxConfiguration"]["ssh"]["publicKeys"]
        assert tuple(each["keyData"] for each in given) == keys


def test_trap_the_home_of_who_logs_in_would_be_hidden_by_the_home_disk() -> None:
    """`lab` has its home on the home disk; keys in a folder below it would be out of reach."""
    assert committed().one(MACHINE).inputs["osProfile"]["adminUsername"] != "lab"


@every_stack
def test_home_is_a_disk_of_its_own_that_stays(stack: str) -> None:
    rendered, args = committed(stack), asked(stack)
    for seat in args.seats:
        name = f"{stack}-notebook-{seat}"
        home = rendered.one("compute:Disk", f"{name}-home").inputs
        assert home["diskSizeGB"] == args.home_gb
        assert home["sku"] == {"name": "StandardSSD_LRS"}
        assert home["creationData"] == {"createOption": "Empty"}
        assert (home["networkAccessPolicy"], home["publicNetworkAccess"]) == ("DenyAll", "Disabled")
        (attached,) = rendered.one(MACHINE, name).inputs["storageProfile"]["dataDisks"]
        assert attached["managedDisk"]["id"].endswith(f"/{name}-home")
        rest = {key: value for key, value in attached.items() if key != "managedDisk"}
        assert rest == {"lun": 0, "createOption": "Attach", "deleteOption": "Detach"}


@every_stack
def test_trap_the_system_disk_would_be_left_behind_and_billed(stack: str) -> None:
    for box in committed(stack).of(MACHINE):
        assert box.inputs["storageProfile"]["osDisk"] == {
            "createOption": "FromImage",
            "deleteOption": "Delete",
            "diskSizeGB": asked(stack).disk_gb,
            "managedDisk": {"storageAccountType": "StandardSSD_LRS"},
        }


@every_stack
def test_trap_an_interface_that_goes_with_its_machine_is_missed_by_the_next(stack: str) -> None:
    """It is in the state of its own: a rebuilt machine would find it gone."""
    for box in committed(stack).of(MACHINE):
        (interface,) = box.inputs["networkProfile"]["networkInterfaces"]
        assert interface["deleteOption"] == "Detach"
        assert interface["id"].endswith(f"/{box.name}-interface")


@every_stack
def test_trap_basic_addresses_are_retired_and_dynamic_ones_change(stack: str) -> None:
    addresses = committed(stack).of("network:PublicIPAddress")
    assert len(addresses) == len(asked(stack).seats)
    for each in addresses:
        assert each.inputs["sku"] == {"name": "Standard"}
        assert each.inputs["publicIPAllocationMethod"] == "Static"


@every_stack
def test_trap_no_machine_has_a_way_out_unless_it_is_given_one(stack: str) -> None:
    rendered = committed(stack)
    assert rendered.one("network:Subnet").inputs["defaultOutboundAccess"] is False
    for each in rendered.of("network:NetworkInterface"):
        (way,) = each.inputs["ipConfigurations"]
        address = each.name.removesuffix("-interface") + "-address"
        assert way["publicIPAddress"]["id"].endswith(f"/{address}")


def test_trap_rights_that_come_late_are_missed_by_the_first_boot() -> None:
    rendered = committed()
    who = "azure-course-notebook-identity-principal"
    account = f"{GROUP_ID}/azure-course-storage-account"
    wanted = {
        "azure-course-notebook-objects": (access.BLOB_DATA, who, account),
        "azure-course-notebook-images": (
            access.PUSH,
            who,
            f"{GROUP_ID}/azure-course-registry-images",
        ),
        "azure-course-notebook-files": (access.ACCOUNT_KEY, who, account),
        "azure-course-notebook-signs": (
            access.TABLE_WRITE,
            who,
            f"{GROUP_ID}/azure-course-notebook-signs",
        ),
    }
    given = grants(rendered)
    assert {name: given[name] for name in wanted} == wanted
    rights = [rendered.one("authorization:RoleAssignment", name) for name in wanted]
    box = rendered.one(MACHINE)
    assert after(box, *rights)
    assert box.inputs["identity"] == {
        "type": "SystemAssigned, UserAssigned",
        "userAssignedIdentities": [f"{GROUP_ID}/azure-course-notebook-identity"],
    }


def test_only_a_lab_with_files_lets_machines_read_the_key() -> None:
    assert access.ACCOUNT_KEY not in {role for role, _, _ in grants(variant(files=False)).values()}


def test_a_machine_may_stop_itself_and_no_other() -> None:
    given = grants(variant(seats=("ana", "bo")))
    for seat in ("ana", "bo"):
        name = f"azure-course-notebook-{seat}"
        assert given[f"{name}-power"] == (access.POWER, f"{name}-principal", f"{GROUP_ID}/{name}")


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_trap_a_new_identity_is_not_known_everywhere_at_once(kind: str) -> None:
    for each in variant(kind=kind).of("authorization:RoleAssignment"):
        if not each.name.endswith("-deployer"):  # a person, or a pipeline
            assert each.inputs["principalType"] == "ServicePrincipal"
        assert "roleAssignmentName" not in each.inputs, "a fixed one is refused the second time"


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_nobody_is_an_administrator(kind: str) -> None:
    narrow = {
        *(access.BLOB_DATA, access.ACCOUNT_KEY, access.PULL, access.PUSH),
        *(access.POWER, access.METRICS, access.ML_COMPUTE),
        *(access.TABLE_READ, access.TABLE_WRITE),
    }
    rendered = variant(kind=kind)
    for role, _, scope in grants(rendered).values():
        assert role in narrow
        assert scope.startswith(GROUP_ID)
    assert not rendered.of("authorization:RoleDefinition"), "it would outlive the lab"


@pytest.mark.parametrize(
    ("size", "name", "urn", "secure"),
    [
        (GPU, None, "microsoft-dsvm:ubuntu-hpc:2404:latest", None),
        (CPU, None, "canonical:ubuntu-24_04-lts:server:latest", True),
        (GPU, "ubuntu", "canonical:ubuntu-24_04-lts:server:latest", False),
        (CPU, "hpc", "microsoft-dsvm:ubuntu-hpc:2404:latest", None),
    ],
)
def test_image_fits_the_machine_unless_another_is_asked_for(
    size: Any, name: str | None, urn: str, secure: bool | None
) -> None:
    """Secure boot, where the image supports it and no driver is built on the machine."""
    box = variant(notebook=size, switches={"image": name}).one(MACHINE)
    assert image(box) == urn
    assert "plan" not in box.inputs
    profile = box.inputs.get("securityProfile")
    wanted = {
        "securityType": "TrustedLaunch",
        "uefiSettings": {"vTpmEnabled": True, "secureBootEnabled": secure},
    }
    assert profile == (None if secure is None else wanted)


@pytest.mark.parametrize(
    ("size", "name", "installed"),
    [(GPU, None, False), (CPU, None, False), (GPU, "ubuntu", True), (CPU, "hpc", False)],
)
def test_trap_a_gpu_has_a_driver_and_only_one(size: Any, name: str | None, installed: bool) -> None:
    """Azure's extension has none for Ubuntu 24.04, and would install beside our packages."""
    rendered = variant(notebook=size, switches={"image": name})
    assert not rendered.of("compute:VirtualMachineExtension")
    told = document(rendered.one(MACHINE))
    assert told.get("drivers") == (
        {"nvidia": {"license-accepted": True, "version": "580-server"}} if installed else None
    )
    assert told.get("packages") == (["nvidia-utils-580-server"] if installed else None)


def test_refuses_a_disk_that_the_image_fills() -> None:
    assert refusal(variant, notebook=GPU, disk_gb=99) == (
        "mllab:notebook.disk_gb is 99; the image hpc needs 100"
    )
    assert variant(notebook=GPU, disk_gb=99, switches={"image": "ubuntu"}).of(MACHINE)


def test_machine_is_told_what_the_scripts_read() -> None:
    settings = told(committed().one(MACHINE))
    account = committed().one("storage:StorageAccount").inputs["accountName"]
    assert settings.keys() == set(KEYS)
    options = settings.pop("MOUNT_OPTIONS")
    assert options.startswith("vers=3.1.1,")
    assert settings == {
        "LAB": "azure-course",
        "SEAT": "shared",
        "REGION": "eastus",
        "BUCKET": account,
        "ACCOUNT": f"{GROUP_ID}/azure-course-storage-account",
        "IDENTITY": "azure-course-notebook-identity-client",
        "HOME_DEVICE": "lun0",
        "IDLE_MINUTES": "60",
        "MAX_HOURS": "12",
        "STOP_COMMAND": "/usr/local/lib/mllab/deallocate.sh",
        "MOUNT_KIND": "smb",
        "MOUNT_SOURCE": f"//{account}.file.core.windows.net/shared",
        "MOUNT_PATH": "/shared",
        "GPU": "1",
        "SIGNS": f"https://{settings['BUCKET']}.table.core.windows.net/signs",
    }
    assert settings["STOP_COMMAND"] in [each.target for each in FILES if each.mode == "0755"]


def test_machine_without_files_and_gpu_is_told_so() -> None:
    settings = told(committed("azure-tiny").one(MACHINE))
    assert {value for key, value in settings.items() if key.startswith("MOUNT_")} == {""}
    assert settings["GPU"] == "0"


@every_stack
def test_trap_no_capacity_looks_like_a_hang(stack: str) -> None:
    for box in committed(stack).of(MACHINE):
        limits = box.options["customTimeouts"]
        assert limits == {"create": 1200, "update": 1200, "delete": 1200}
        assert "zones" not in box.inputs, "a zone without machines would be the end of it"


def test_trap_name_disk_and_interface_serve_one_machine_at_a_time() -> None:
    box = committed().one(MACHINE)
    assert box.options["deleteBeforeReplace"] is True
    assert box.options["ignoreChanges"] == [
        *("osProfile", "storageProfile.imageReference", "securityProfile")
    ]
