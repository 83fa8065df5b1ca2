"""Managed disks, as Azure treats them."""

from __future__ import annotations

from mllab.protocol.provider import Properties
from mllab.simulated import sizes
from mllab.simulated.azure.rules import tokens
from mllab.simulated.azure.rules.arm import Resource
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

LIVE_GB = 4096
"""A disk of this size or less does not grow beyond it while its machine runs.
Source: MicrosoftDocs/azure-docs issues 106690, 101831"""

LARGEST_GB = 32_767
"""Source: https://learn.microsoft.com/azure/virtual-machines/disks-types"""

GIB = 2**30
VIA = "storageProfile.dataDisks.managedDisk.id"


def refuse_shrinking(size: int, disk: Record) -> None:
    """A disk grows, or stays as large as it is."""
    if size < disk.inputs["diskSizeGB"]:
        raise refuse(
            "OperationNotAllowed (409): New disk size {size} GB is smaller than the existing disk "
            "size {before} GB. Shrinking is not supported on an existing disk.",
            size=size,
            before=disk.inputs["diskSizeGB"],
        )


def refuse_attached(machine: Record) -> None:
    """Refuse another size while a machine that has the disk is allocated."""
    if machine.hidden["state"] == "running":
        raise refuse(
            "OperationNotAllowed (409): Resizing a disk of an Azure Virtual Machine requires the "
            "virtual machine to be deallocated. Please stop your VM and retry the operation.",
            f"az vm deallocate --ids {machine.id}",
        )


class Disk(Resource):
    """It grows and never shrinks; what was attached once may hold data.

    It grows also while its machine runs, but not beyond 4 TiB.
    Source: https://learn.microsoft.com/azure/virtual-machines/linux/expand-disks
    """

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        if inputs["creationData"]["createOption"] != "Empty":
            raise refuse(
                "UnknownCreateOption: the simulated Azure does not know disks that are made by "
                "{option}, Empty alone",
                option=inputs["creationData"]["createOption"],
            )
        size = inputs.get("diskSizeGB")
        if size is None:
            raise refuse(
                "InvalidParameter (400): Required parameter 'disk.diskSizeGB' is missing (null)."
            )
        if not 1 <= size <= LARGEST_GB:
            raise refuse(
                "InvalidParameter (400): The value '{size}' of parameter 'disk.diskSizeGB' is out "
                "of range. Value '{size}' must be between 1 and {most} inclusive.",
                size=size,
                most=LARGEST_GB,
            )
        if old:
            refuse_shrinking(size, old)
            if old.inputs["diskSizeGB"] <= LIVE_GB < size:
                for machine in here.session.users(old, tokens.MACHINE, VIA):
                    refuse_attached(machine)

    def outputs(self, here: Here, record: Record) -> Properties:
        machines = here.session.users(record, tokens.MACHINE, VIA)
        free = record.owner is None and not machines
        owner = {machine.id for machine in machines}
        return {
            **super().outputs(here, record),
            "diskSizeBytes": int(record.inputs["diskSizeGB"]) * GIB,
            "diskState": "Unattached" if free else _state(machines),
            "managedBy": next(iter(owner), None),
        }

    def holds(self, here: Here, record: Record) -> str | None:
        used = record.hidden.get("used")
        size = sizes.size(int(record.inputs["diskSizeGB"]) * 10**9)
        return f"{size} disk, in use since {used}" if used else ""


def use(here: Here, disk: Record) -> None:
    """Remember that a disk was attached, so that it may hold data from now on."""
    disk.hidden.setdefault("used", here.at.date().isoformat())
    here.session.save(disk)


def _state(machines: list[Record]) -> str:
    running = any(machine.hidden["state"] == "running" for machine in machines)
    return "Attached" if running else "Reserved"


KINDS: dict[str, type[Kind]] = {tokens.DISK: Disk}
