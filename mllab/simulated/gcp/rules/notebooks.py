"""Workbench instances: managed notebooks, each with a machine of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import capacity, disks, launch, tokens
from mllab.simulated.gcp.rules.resource import Resource, companion, given
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

MACHINE = "e2-standard-4"
BOOT_GB, DATA_GB = 150, 100
DISK = "PD_BALANCED"
IDLE = {"idle-timeout-seconds": "10800"}
GOOGLES = {"disable-swap-binaries": "true", "proxy-mode": "service_account"}
"""Metadata that Google adds. The provider knows these keys and takes them for no change.
Source: magic-modules d577844 templates/terraform/constants/workbench_instance.go.tmpl"""

DISKS = (("boot", "bootDisk", BOOT_GB), ("data", "dataDisks", DATA_GB))

STOPPING = ("acceleratorConfigs", "containerImage", "machineType", "shieldedInstanceConfig")
"""What the provider stops the instance for, and starts it again.
Source: magic-modules 04d265c mmv1/templates/terraform/pre_update/workbench_instance.go.tmpl"""


class Notebook(Resource):
    """It is a machine of the project, counts as one, and shows up beside the others."""

    conditions = {
        "serial-port-logging-enable is not given alike before and after": lambda olds, news: (
            _serial_port(olds) is None or _serial_port(olds) != _serial_port(news)
        )
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        owners = given(inputs, "instanceOwners") or ()
        if len(owners) > 1:
            yield "instanceOwners: at most one is allowed"
        setup = given(inputs, "gceSetup") or {}
        if {"containerImage", "vmImage"} <= setup.keys():
            yield "gceSetup.containerImage: conflicts with gceSetup.vmImage"
        for name in ("bootDisk", "dataDisks"):
            size = (given(setup, name) or {}).get("diskSizeGb", UNKNOWN)
            if size is not UNKNOWN and not str(size).isdigit():
                yield f"gceSetup.{name}.diskSizeGb: must be a whole number (got {size!r})"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        setup = inputs.get("gceSetup") or {}
        need = self._need(inputs)
        image = setup.get("vmImage")
        if image and places.image(f"{image.get('project')}/{_image(image)}") is None:
            raise refuse(
                "INVALID_ARGUMENT (400): Image {project}/{name} was not found",
                "families are named workbench-instances-YYMM; known here are "
                + ", ".join(i.family for i in places.images() if i.project == image.get("project")),
                project=image.get("project"),
                name=_image(image),
            )
        for card in setup.get("networkInterfaces") or ():
            subnet = here.get(tokens.SUBNET, card.get("subnet"))
            if subnet and subnet.outputs["region"] != places.region_of(need.zone):
                raise refuse(
                    "INVALID_ARGUMENT (400): subnet {id} is not in the region of zone {zone}",
                    id=subnet.id,
                    zone=need.zone,
                )
        self._validate_room(here, inputs, need, old)

    def _validate_room(
        self, here: Here, inputs: Properties, need: capacity.Need, old: Record | None
    ) -> None:
        if old is None:
            self._refuse_taken(here, inputs["name"], need.zone)
            capacity.validate(here, need)
            sizes = Counter[str]()
            for _, key, usual in DISKS:
                sizes[_type(inputs, key)] += _size(inputs, key, usual)
            for type_, size in sizes.items():
                capacity.validate_disk(here, type_, need.zone, size, None)
            return
        machine = self._machine(here, old)
        for _, key, usual in DISKS:
            now = _size(old.inputs, key, usual)
            disks.refuse_smaller(_size(inputs, key, now), now)
        if machine:
            launch.refuse_other_gpus(need, machine)
        if machine and machine.hidden["state"] == "running":
            capacity.validate(here, need, machine)

    def _refuse_taken(self, here: Here, name: str, zone: str) -> None:
        id = f"projects/{here.base['project']}/zones/{zone}/instances/{name}"
        if here.session.get(tokens.INSTANCE, id, ""):
            raise refuse("ALREADY_EXISTS (409): The resource '{id}' already exists", id=id)

    def _need(self, inputs: Properties) -> capacity.Need:
        setup, zone = inputs.get("gceSetup") or {}, str(inputs["location"])
        places.region_of(zone)
        machine = capacity.machine(setup.get("machineType", MACHINE), zone)
        wanted = [
            {"type": found["type"], "count": found.get("coreCount", "1")}
            for found in setup.get("acceleratorConfigs") or ()
        ]
        accelerator, count = capacity.gpus(machine, wanted, zone)
        address = 0 if setup.get("disablePublicIp") else 1
        return capacity.Need(machine, zone, False, accelerator, count, address)

    def created(self, here: Here, record: Record) -> None:
        record.hidden["number"] = f"5{here.draw.text(18, 'digits')}"
        need, place = self._need(record.inputs), f"projects/{here.base['project']}/zones"
        found = {"machineType": need.machine.type, "zone": need.zone}
        path = f"{place}/{need.zone}/instances/{record.name}"
        machine = companion(here, record, tokens.INSTANCE, path, **found)
        machine.hidden = {**need.hidden, "state": "running"}
        here.session.save(machine)
        for part, key, usual in DISKS:
            type_, size = _type(record.inputs, key), _size(record.inputs, key, usual)
            id = f"{place}/{need.zone}/disks/{record.name}-{part}"
            disk = companion(here, record, tokens.DISK, id, size=size, type=type_, zone=need.zone)
            disk.hidden = disks.remembered(need.zone, type_, size)
            here.session.save(disk)
        here.session.enter(record, need.machine.type, "running", here.at)

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        super().updated(here, record, olds)
        machine = self._machine(here, record)
        if machine:
            machine.hidden |= self._need(record.inputs).hidden
            before = machine.hidden["state"]
            stopped = record.inputs.get("desiredState") == "STOPPED"
            machine.hidden["state"] = "stopped" if stopped else "running"
            here.session.save(machine)
            was, now = olds.get("gceSetup") or {}, record.inputs.get("gceSetup") or {}
            restarts = any(was.get(name) != now.get(name) for name in STOPPING)
            if restarts or machine.hidden["state"] != before:
                state = machine.hidden["state"]
                here.session.enter(record, machine.hidden["machine"], state, here.at)

    def _machine(self, here: Here, record: Record) -> Record | None:
        owned = here.session.owned(record)
        return next((child for child in owned if child.type == tokens.INSTANCE), None)

    def outputs(self, here: Here, record: Record) -> Properties:
        machine = self._machine(here, record)
        runs = machine is not None and machine.hidden["state"] == "running"
        given_: dict[str, Any] = record.inputs.get("gceSetup") or {}
        setup = {
            "machineType": MACHINE,
            "computeInstanceId": record.hidden["number"],
            "disablePublicIp": False,
            "enableIpForwarding": False,
            **given_,
            "metadata": {**GOOGLES, **IDLE, **(given_.get("metadata") or {})},
            "bootDisk": {
                "diskSizeGb": str(BOOT_GB),
                "diskType": DISK,
                **(given_.get("bootDisk") or {}),
            },
            "dataDisks": {
                "diskSizeGb": str(DATA_GB),
                "diskType": DISK,
                **(given_.get("dataDisks") or {}),
            },
        }
        return {
            **super().outputs(here, record),
            "gceSetup": setup,
            "state": "ACTIVE" if runs else "STOPPED",
            "healthState": "HEALTHY" if runs else "AGENT_NOT_RUNNING",
        }

    def before_delete(self, here: Here, record: Record) -> None:
        super().before_delete(here, record)
        if record.inputs.get("enableDeletionProtection"):
            raise refuse(self.facts.refusals["enableDeletionProtection=true"])

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.leave(record, here.at)

    def holds(self, here: Here, record: Record) -> str | None:
        data = (record.inputs.get("gceSetup") or {}).get("dataDisks") or {}
        since = record.since.strftime("%Y-%m-%d")
        return f"{data.get('diskSizeGb', DATA_GB)} GB disk, in use since {since}"


def _serial_port(inputs: Properties) -> Any:
    metadata = (inputs.get("gceSetup") or {}).get("metadata")
    return metadata.get("serial-port-logging-enable") if isinstance(metadata, Mapping) else None


def _size(inputs: Properties, disk: str, usual: int) -> int:
    found = (inputs.get("gceSetup") or {}).get(disk) or {}
    return int(found.get("diskSizeGb") or usual)


def _type(inputs: Properties, disk: str) -> str:
    """Compute Engine's name of a disk's type."""
    found = (inputs.get("gceSetup") or {}).get(disk) or {}
    return str(found.get("diskType", DISK)).lower().replace("_", "-")


def _image(image: Properties) -> str:
    return str(image.get("name") or image.get("family"))


KINDS: dict[str, type[Kind]] = {tokens.NOTEBOOK: Notebook}
