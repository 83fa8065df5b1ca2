"""EBS volumes and where they are attached."""

from __future__ import annotations

from collections.abc import Iterable

from mllab.protocol.provider import Properties
from mllab.simulated.aws import places
from mllab.simulated.aws.rules import tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

SIZES_GIB = {
    "gp2": (1, 16384),
    "gp3": (1, 65536),
    "io1": (4, 16384),
    "io2": (4, 65536),
    "st1": (125, 16384),
    "sc1": (125, 16384),
    "standard": (1, 1024),
}
"""Smallest and largest size by volume type.
Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"""

GP3_IOPS, GP3_THROUGHPUT = 3000, 125
GP2_IOPS_PER_GIB, GP2_IOPS = 3, (100, 16000)
DEVICE_NAMES = ("/dev/sd", "/dev/xvd")


def refuse_shrinking(old: int, new: int) -> None:
    """Disks only ever grow. Raises ProviderFailure."""
    if new < old:
        raise refuse(
            "InvalidParameterValue: New size cannot be smaller than existing size",
            "a disk never shrinks: make a new one and copy what it holds",
        )


class Volume(Kind):
    """It never shrinks, never moves, and stays while it is attached."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        if not {"size", "snapshotId"} & inputs.keys():
            yield "size: missing, one of size, snapshotId is required"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        zone = inputs["availabilityZone"]
        if zone not in places.zones(here.region):
            raise refuse("InvalidZone.NotFound: The zone '{zone}' does not exist.", zone=zone)
        kind, size = inputs.get("type", "gp2"), inputs["size"]
        least, most = SIZES_GIB[kind]
        if not least <= size <= most:
            raise refuse(
                "InvalidParameterValue: Volume of {size}GiB is {word}; {kind} volumes must be at "
                "{bound} {limit}GiB",
                size=size,
                word="too small" if size < least else "too large",
                kind=kind,
                bound="least" if size < least else "most",
                limit=least if size < least else most,
            )
        if old:
            refuse_shrinking(old.inputs["size"], size)

    def outputs(self, here: Here, record: Record) -> Properties:
        inputs, fast = record.inputs, record.inputs.get("type") == "gp3"
        low, high = GP2_IOPS
        by_size = min(max(low, GP2_IOPS_PER_GIB * inputs["size"]), high)
        return {
            "size": inputs["size"],
            "createTime": record.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "iops": inputs.get("iops", GP3_IOPS if fast else by_size),
            "throughput": inputs.get("throughput", GP3_THROUGHPUT if fast else 0),
        }

    def holds(self, here: Here, record: Record) -> str | None:
        used = record.hidden.get("used_since")
        return f"{record.outputs['size']} GB disk, in use since {used[:10]}" if used else ""


class VolumeAttachment(Kind):
    """One instance per volume, one volume per device name, both in one zone."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        volume = here.get(tokens.VOLUME, inputs["volumeId"])
        instance = here.get(tokens.INSTANCE, inputs["instanceId"])
        if volume is None or instance is None or old is not None:
            return
        if volume.inputs["availabilityZone"] != instance.hidden["zone"]:
            raise refuse(
                "InvalidVolume.ZoneMismatch: The volume '{volume}' is not in the same "
                "availability zone as instance '{instance}'",
                volume=volume.id,
                instance=instance.id,
            )
        device = str(inputs["deviceName"])
        if not device.startswith(DEVICE_NAMES):
            raise refuse(
                "InvalidParameterValue: Value ({device}) for parameter device is invalid. "
                "{device} is not a valid EBS device name.",
                device=device,
            )
        if here.session.users(volume, self.token):
            raise refuse(
                "VolumeInUse: {volume} is already attached to an instance", volume=volume.id
            )
        taken = [instance.hidden["device"]]
        taken += [o.inputs["deviceName"] for o in here.session.users(instance, self.token)]
        if device in taken:
            raise refuse(
                "InvalidParameterValue: Invalid value '{device}' for unixDevice. Attachment point "
                "{device} is already in use",
                device=device,
            )

    def created(self, here: Here, record: Record) -> None:
        volume = here.get(tokens.VOLUME, record.inputs["volumeId"])
        if volume and "used_since" not in volume.hidden:
            volume.hidden["used_since"] = here.at.isoformat()
            here.session.save(volume)


KINDS: dict[str, type[Kind]] = {
    tokens.VOLUME: Volume,
    tokens.VOLUME_ATTACHMENT: VolumeAttachment,
}
