"""Virtual machines and their extensions, as Azure treats them."""

from __future__ import annotations

from typing import Any

from mllab.protocol.provider import Properties
from mllab.simulated.azure.rules import disks, launch, tokens
from mllab.simulated.azure.rules.arm import Resource
from mllab.simulated.kind import Here, Kind
from mllab.simulated.store import Record

SECRETS = ("adminPassword", "customData")
"""What Azure never shows again."""


class VirtualMachine(Resource):
    """Checked in full before anything is made; its OS disk comes with it and may outlive it."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        launch.size(inputs)
        launch.validate_image(inputs)
        launch.validate_profile(inputs)
        launch.validate_cards(here, inputs, old)
        launch.validate_disks(here, inputs, old)
        disk = here.get(tokens.DISK, old.hidden["disk"]) if old else None
        size = (inputs["storageProfile"].get("osDisk") or {}).get("diskSizeGB")
        if old and disk and size:
            disks.refuse_shrinking(size, disk)
            if size != disk.inputs["diskSizeGB"]:
                disks.refuse_attached(old)
        if old is None or launch.counted(inputs) != launch.counted(old.inputs):
            launch.validate_quota(here, inputs, old)

    def created(self, here: Here, record: Record) -> None:
        super().created(here, record)
        name = f"{record.name}_OsDisk_1_{here.draw.text(32, 'hex')}"
        given = record.inputs["storageProfile"].get("osDisk") or {}
        folder = record.id.rsplit("/", 2)[0]
        disk = here.child(record, tokens.DISK, f"{folder}/disks/{name}", name)
        disk.inputs = {
            "diskSizeGB": given.get("diskSizeGB", launch.image(record.inputs).os_gb),
            "location": record.inputs["location"],
        }
        here.session.save(disk)
        record.hidden |= {**launch.counted(record.inputs), "state": "running", "disk": disk.id}
        here.session.enter(record, record.inputs["hardwareProfile"]["vmSize"], "running", here.at)
        self._attach(here, record)

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        super().updated(here, record, olds)
        before, now = olds["hardwareProfile"], record.inputs["hardwareProfile"]
        record.hidden |= launch.counted(record.inputs)
        if before != now and record.hidden["state"] == "running":
            here.session.enter(record, now["vmSize"], "running", here.at)
        disk = here.get(tokens.DISK, record.hidden["disk"])
        size = (record.inputs["storageProfile"].get("osDisk") or {}).get("diskSizeGB")
        if disk and size:
            disk.inputs["diskSizeGB"] = size
            here.session.save(disk)
        self._attach(here, record)

    def _attach(self, here: Here, record: Record) -> None:
        for disk in here.session.targets(record, disks.VIA):
            disks.use(here, disk)

    def outputs(self, here: Here, record: Record) -> Properties:
        inputs = record.inputs
        profile = {k: v for k, v in inputs["osProfile"].items() if k not in SECRETS}
        disk = here.get(tokens.DISK, record.hidden["disk"])
        given = inputs["storageProfile"].get("osDisk") or {}
        managed = {**(given.get("managedDisk") or {}), "id": record.hidden["disk"]}
        os_disk: dict[str, Any] = {
            "caching": "ReadWrite",
            "deleteOption": "Detach",
            "osType": "Linux",
            **given,
            "name": disk.name if disk else None,
            "diskSizeGB": disk.inputs["diskSizeGB"] if disk else None,
            "managedDisk": managed,
        }
        return {
            **super().outputs(here, record),
            "osProfile": {
                "allowExtensionOperations": True,
                "requireGuestProvisionSignal": True,
                **profile,
            },
            "storageProfile": {**inputs["storageProfile"], "osDisk": os_disk},
            "networkProfile": inputs["networkProfile"],
            "resources": [],
        }

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.leave(record, here.at)
        os_disk = record.inputs["storageProfile"].get("osDisk") or {}
        disk = here.get(tokens.DISK, record.hidden["disk"])
        if disk and os_disk.get("deleteOption", "Detach") != "Delete":
            disk.owner = None
            here.session.save(disk)
        for type, entries in (
            (tokens.DISK, record.inputs["storageProfile"].get("dataDisks") or []),
            (tokens.INTERFACE, record.inputs["networkProfile"]["networkInterfaces"]),
        ):
            for entry in entries:
                id = (entry.get("managedDisk") or entry).get("id")
                found = here.get(type, id)
                if found and entry.get("deleteOption", "Detach") == "Delete":
                    here.session.drop(found)


KINDS: dict[str, type[Kind]] = {tokens.MACHINE: VirtualMachine}
