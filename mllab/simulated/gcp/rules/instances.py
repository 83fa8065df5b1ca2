"""Machines, as Compute Engine treats them: what is checked, what comes with one, what it shows."""

from __future__ import annotations

from collections.abc import Iterable

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import capacity, disks, launch, schedules, tokens
from mllab.simulated.gcp.rules.networks import block
from mllab.simulated.gcp.rules.resource import Resource, companion
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

QUICK_UPDATE_S = 10.0
RESERVED = 2
"""Addresses at the start of a subnet: that of the network and the gateway."""

PLACES = ("network", "subnetwork", "subnetworkProject")
"""Where a card is."""

STATES = {"running": "RUNNING", "stopped": "TERMINATED"}


class Instance(Resource):
    """Checked in full before anything is made; a stopped one counts against no quota."""

    conditions = {
        "it changes (not when the same script only moves to metadata startup-script)": (
            lambda olds, news: (
                olds.get("metadataStartupScript")
                != (news.get("metadata") or {}).get("startup-script")
            )
        ),
        "the address changes, and neither network nor subnet": lambda olds, news: _readdressed(
            olds.get("networkInterfaces") or [], news.get("networkInterfaces") or []
        ),
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        cards = inputs["networkInterfaces"]
        for i, card in enumerate(cards if cards is not UNKNOWN else ()):
            if card is not UNKNOWN and not {"network", "subnetwork"} & card.keys():
                yield (
                    f"networkInterfaces[{i}]: exactly one of network, subnetwork, or "
                    "network_attachment must be provided"
                )
        if cards == []:
            yield "networkInterfaces: at least one is required"
        disk = inputs["bootDisk"]
        if disk is not UNKNOWN and {"initializeParams", "source"} <= disk.keys():
            yield "bootDisk.initializeParams: conflicts with bootDisk.source"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        wanted = launch.need(here, inputs)
        launch.validate_scheduling(inputs.get("scheduling") or {}, wanted)
        launch.validate_boot_disk(here, inputs, wanted, old)
        for disk in inputs.get("attachedDisks") or ():
            disks.validate_attached(here, disk["source"], wanted.zone, old)
        launch.validate_cards(here, inputs, wanted)
        if policy := here.get(tokens.POLICY, inputs.get("resourcePolicies")):
            schedules.validate_policy(here, policy, wanted.zone)
        if old is None:
            capacity.validate(here, wanted)
            return
        launch.refuse_stopping(inputs, old)
        launch.refuse_other_gpus(wanted, old)
        launch.validate_boot_size(here, inputs, wanted, _boot_disk(here, old))
        if old.hidden["state"] == "running":
            capacity.validate(here, wanted, old)

    def created(self, here: Here, record: Record) -> None:
        wanted = launch.need(here, record.inputs)
        card = record.inputs["networkInterfaces"][0]
        subnet = here.get(tokens.SUBNET, card.get("subnetwork"))
        record.hidden |= wanted.hidden | {
            "state": "running",
            "private": _address(here, subnet),
            "address": f"203.0.113.{1 + here.draw.number(254)}",
        }
        boot = record.inputs["bootDisk"]
        if "source" not in boot:
            params = boot.get("initializeParams") or {}
            type_, size = launch.boot(params, wanted)
            id = f"projects/{here.base['project']}/zones/{wanted.zone}/disks/{record.name}"
            found = {"size": size, "type": type_, "zone": wanted.zone}
            disk = companion(here, record, tokens.DISK, id, **found)
            disk.hidden = disks.remembered(wanted.zone, type_, size)
            here.session.save(disk)
            record.hidden["disk"] = id
        here.session.enter(record, self.size(record), "running", here.at)

    def size(self, record: Record) -> str:
        """What is paid for: the type, with what is attached."""
        hidden, machine = record.hidden, places.machines()[record.hidden["machine"]]
        attached = machine.attaches and hidden["gpus"]
        return f"{machine.type}+{hidden['accelerator']}" if attached else machine.type

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        super().updated(here, record, olds)
        before = self.size(record), record.hidden["state"]
        wanted = launch.need(here, record.inputs)
        record.hidden |= wanted.hidden
        disk = _boot_disk(here, record)
        if disk is not None:
            size = launch.boot(record.inputs["bootDisk"].get("initializeParams") or {}, wanted)[1]
            disk.hidden["gigabytes"] = disk.outputs["size"] = size
            here.session.save(disk)
        status = record.inputs.get("desiredStatus")
        if status is not None:
            record.hidden["state"] = "running" if status == "RUNNING" else "stopped"
        if (self.size(record), record.hidden["state"]) != before:
            here.session.enter(record, self.size(record), record.hidden["state"], here.at)

    def outputs(self, here: Here, record: Record) -> Properties:
        hidden, inputs = record.hidden, record.inputs
        if not inputs:
            return {}  # the machine of a managed notebook
        gpus = [{"type": hidden["accelerator"], "count": hidden["gpus"]}] if hidden["gpus"] else []
        spot = hidden["spot"]
        scheduling = {
            "automaticRestart": not spot,
            "onHostMaintenance": "TERMINATE" if spot or gpus else "MIGRATE",
            "preemptible": spot,
            "provisioningModel": "SPOT" if spot else "STANDARD",
            **(inputs.get("scheduling") or {}),
        }
        shielded = {
            "enableSecureBoot": False,
            "enableVtpm": True,
            "enableIntegrityMonitoring": True,
            **(inputs.get("shieldedInstanceConfig") or {}),
        }
        return {
            **super().outputs(here, record),
            "currentStatus": STATES[hidden["state"]],
            "cpuPlatform": "Intel Cascade Lake" if hidden["state"] == "running" else "",
            "minCpuPlatform": inputs.get("minCpuPlatform", ""),
            "confidentialInstanceConfig": inputs.get("confidentialInstanceConfig", {}),
            "reservationAffinity": inputs.get("reservationAffinity", {}),
            "guestAccelerators": gpus,
            "scheduling": scheduling,
            "shieldedInstanceConfig": shielded,
            "bootDisk": self._boot_disk(here, record),
            "attachedDisks": [
                {"mode": "READ_WRITE", "deviceName": f"persistent-disk-{i}", **disk}
                for i, disk in enumerate(inputs.get("attachedDisks") or (), start=1)
            ],
            "networkInterfaces": [
                self._card(here, record, i, card)
                for i, card in enumerate(inputs["networkInterfaces"])
            ],
        }

    def _boot_disk(self, here: Here, record: Record) -> Properties:
        boot = record.inputs["bootDisk"]
        disk = here.get(tokens.DISK, record.hidden.get("disk"))
        found = {
            "autoDelete": True,
            "mode": "READ_WRITE",
            "deviceName": "persistent-disk-0",
            **boot,
        }
        if disk:
            params = dict(boot.get("initializeParams") or {})
            image = places.image(str(params.get("image")))
            params |= {"size": disk.outputs["size"], "type": disk.outputs["type"]}
            params |= {"image": f"{places.LINK}{image.id}"} if image else {}
            found |= {"source": f"{places.LINK}{disk.id}", "initializeParams": params}
        return found

    def _card(self, here: Here, record: Record, i: int, card: Properties) -> Properties:
        subnet = here.get(tokens.SUBNET, card.get("subnetwork"))
        network = subnet.inputs["network"] if subnet else card.get("network", "")
        found = here.get(tokens.NETWORK, network)
        public = record.hidden["address"] if record.hidden["state"] == "running" else ""
        return {
            "name": f"nic{i}",
            "stackType": "IPV4_ONLY",
            **card,
            "network": found.outputs["selfLink"] if found else network,
            "subnetwork": subnet.outputs["selfLink"] if subnet else "",
            "networkIp": card.get("networkIp", record.hidden["private"]),
            "accessConfigs": [
                {"networkTier": "PREMIUM", **access, "natIp": access.get("natIp", public)}
                for access in card.get("accessConfigs") or ()
            ],
        }

    def before_delete(self, here: Here, record: Record) -> None:
        super().before_delete(here, record)
        if record.inputs.get("deletionProtection"):
            raise refuse(self.facts.refusals["deletionProtection=true"], name=record.name)

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.leave(record, here.at)
        kept = (record.inputs.get("bootDisk") or {}).get("autoDelete") is False
        for child in here.session.owned(record) if kept else ():
            child.owner = None
            here.session.save(child)
        for disk in here.session.targets(record, "attachedDisks.source"):
            disk.hidden["used"] = True
            here.session.save(disk)

    def update_s(self, olds: Properties, news: Properties) -> float:
        stops = any(olds.get(name) != news.get(name) for name in launch.STOPPING)
        return self.facts.update_s if stops else QUICK_UPDATE_S


def _boot_disk(here: Here, record: Record) -> Record | None:
    """The system disk that came with a machine."""
    disks_ = [child for child in here.session.owned(record) if child.type == tokens.DISK]
    return next((disk for disk in disks_ if disk.id == record.hidden.get("disk")), None)


def _readdressed(olds: list[Properties], news: list[Properties]) -> bool:
    """Whether a card gets another address where it is; with another subnet it moves instead."""
    return len(olds) == len(news) and any(
        new.get("networkIp") not in (None, old.get("networkIp"))
        and all(old.get(key) == new.get(key) for key in PLACES)
        for old, new in zip(olds, news, strict=True)
    )


def _address(here: Here, subnet: Record | None) -> str:
    """The next free address of a subnet."""
    if subnet is None:
        return "10.128.0.2"
    number = subnet.hidden.get("next", RESERVED)
    subnet.hidden["next"] = number + 1
    here.session.save(subnet)
    space = block(subnet.inputs["ipCidrRange"])
    return str(space[number % space.num_addresses]) if space else ""


KINDS: dict[str, type[Kind]] = {tokens.INSTANCE: Instance}
