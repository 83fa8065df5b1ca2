"""Persistent disks and their attachments, as Compute Engine treats them."""

from __future__ import annotations

from collections.abc import Iterable

from mllab.protocol.provider import Properties
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import capacity, tokens
from mllab.simulated.gcp.rules.resource import Resource, given
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

USUAL_GB = 500
"""Size of a disk without source that is given none.
Source: https://cloud.google.com/compute/docs/disks"""

LEAST_GB, MOST_GB = 10, 65536
"""Source: https://cloud.google.com/compute/docs/disks#disk-types"""


class Disk(Resource):
    """It lives in one zone and can only grow."""

    conditions = {
        "the new size is smaller": lambda olds, news: (
            news.get("size") is not None and int(news["size"]) < int(olds.get("size") or USUAL_GB)
        ),
        "the disk is no hyperdisk": lambda _, news: "hyperdisk" not in str(news.get("type", "")),
    }

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        size, type_ = _size(inputs), places.last(inputs.get("type", "pd-standard"))
        image = places.image(str(inputs["image"])) if inputs.get("image") else None
        if inputs.get("image") and image is None:
            raise refuse("notFound: The resource '{image}' was not found", image=inputs["image"])
        if not LEAST_GB <= size <= MOST_GB:
            raise refuse(
                "invalid: Disk size: '{size} GB' is {what} than the {limit} size allowed.",
                size=size,
                what="smaller" if size < LEAST_GB else "larger",
                limit=f"minimum ({LEAST_GB} GB)" if size < LEAST_GB else f"maximum ({MOST_GB} GB)",
            )
        refuse_small(size, image)
        capacity.validate_disk(here, type_, here.base["zone"], size, old)

    def created(self, here: Here, record: Record) -> None:
        zone = here.base["zone"]
        record.hidden |= remembered(zone, _type(record), _size(record.inputs))

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        super().updated(here, record, olds)
        record.hidden["gigabytes"] = _size(record.inputs)

    def outputs(self, here: Here, record: Record) -> Properties:
        users = users_of(here, record)
        return {
            **super().outputs(here, record),
            "size": record.hidden.get("gigabytes", record.outputs.get("size")),
            "users": [f"{places.LINK}{user.id}" for user in users],
            "lastAttachTimestamp": "",
            "lastDetachTimestamp": "",
        }

    def moved(self, old_outputs: Properties, news: Properties) -> Iterable[str]:
        grown = given(news, "size") not in (None, old_outputs.get("size"))
        return ("size",) if grown else ()

    def holds(self, here: Here, record: Record) -> str | None:
        users = users_of(here, record)
        day = record.since.strftime("%Y-%m-%d")
        used = f"in use since {day}" if users or record.hidden.get("used") else f"made on {day}"
        return f"{record.outputs['size']} GB disk, {used}"


def users_of(here: Here, disk: Record) -> list[Record]:
    """The machines that have a disk attached."""
    return here.session.users(disk, tokens.INSTANCE)


def remembered(zone: str, type: str, gigabytes: int) -> dict[str, object]:
    """What quotas need to know of a disk."""
    return {
        "area": places.region_of(zone),
        "zone": zone,
        "quota": capacity.disk_quota(type),
        "gigabytes": gigabytes,
    }


def refuse_smaller(size: int, now: int) -> None:
    """Refuse to make a disk smaller that a machine starts with, or that Workbench made."""
    if size < now:
        raise refuse(
            "invalid (400): Invalid value for field 'sizeGb': '{size}'. Disk cannot be made "
            "smaller: its size is {now} GB.",
            "put the old size back, or make the machine anew",
            size=size,
            now=now,
        )


def refuse_small(size: int, image: places.Image | None) -> None:
    """Refuse a disk on which its image has no room. Raises ProviderFailure."""
    if image and size < image.disk_gb:
        raise refuse(
            "invalid: Invalid value for field 'resource.disks[0].initializeParams.diskSizeGb': "
            "'{size}'. Requested disk size cannot be smaller than the image size ({least} GB)",
            size=size,
            least=image.disk_gb,
        )


def validate_attached(here: Here, source: object, zone: str, machine: Record | None) -> None:
    """Refuse to attach what is elsewhere or in use. Raises ProviderFailure."""
    disk = here.get(tokens.DISK, source)
    if disk is None:
        return
    if disk.hidden["zone"] != zone:
        raise refuse(
            "invalid: Invalid value for field 'resource.disks[1].source': '{id}'. The disk is in "
            "zone '{there}', the instance in zone '{zone}'.",
            id=disk.id,
            there=disk.hidden["zone"],
            zone=zone,
        )
    for user in users_of(here, disk):
        if machine is None or user.uid != machine.uid:
            raise refuse(
                "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE: The disk resource '{id}' is already being "
                "used by '{user}'",
                id=disk.id,
                user=user.id,
            )


def _size(inputs: Properties) -> int:
    image = places.image(str(inputs["image"])) if inputs.get("image") else None
    return int(inputs.get("size") or (image.disk_gb if image else USUAL_GB))


def _type(record: Record) -> str:
    return places.last(record.inputs.get("type", "pd-standard"))


KINDS: dict[str, type[Kind]] = {tokens.DISK: Disk}
