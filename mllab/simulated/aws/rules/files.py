"""File systems, their mount targets and access points, as EFS treats them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from mllab.protocol.provider import Properties
from mllab.simulated import checks, sizes
from mllab.simulated.aws.rules import documents, networks, tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

EMPTY_BYTES = 6144
"""What EFS measures for a file system without files."""


class FileSystem(Kind):
    """It goes with all its files, unasked, but not while it has mount targets."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        mode = inputs.get("throughputMode", "bursting")
        if inputs.get("performanceMode") == "maxIO" and mode == "elastic":
            raise refuse(
                "BadRequest: Performance mode maxIO is not supported with elastic throughput."
            )
        if (mode == "provisioned") != ("provisionedThroughputInMibps" in inputs):
            raise refuse(
                "BadRequest: Provisioned throughput must be given with throughput mode "
                "provisioned, and with no other."
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        _, held = here.session.contents(record)
        size = held + EMPTY_BYTES
        return {
            "name": (record.inputs.get("tags") or {}).get("Name", ""),
            "numberOfMountTargets": len(here.session.users(record, tokens.MOUNT_TARGET)),
            "sizeInBytes": [{"value": size, "valueInIa": 0, "valueInStandard": size}],
        }

    def holds(self, here: Here, record: Record) -> str | None:
        return sizes.amount(*here.session.contents(record))


class AccessPoint(Kind):
    """A way in with a fixed user and a folder as its root."""

    def outputs(self, here: Here, record: Record) -> Properties:
        return {"rootDirectory": {"path": "/", **(record.inputs.get("rootDirectory") or {})}}


class MountTarget(Kind):
    """One per zone and file system; its network interface holds subnet and groups."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        subnet = here.get(tokens.SUBNET, inputs["subnetId"])
        files = here.get(tokens.FILES, inputs["fileSystemId"])
        if subnet is None or files is None:
            return
        for other in here.session.users(files, self.token):
            same = other.hidden["zone"] == subnet.outputs["availabilityZone"]
            if same and (old is None or other.uid != old.uid):
                raise refuse("MountTargetConflict: mount target already exists in this AZ")

    def created(self, here: Here, record: Record) -> None:
        subnet = here.get(tokens.SUBNET, record.inputs["subnetId"])
        assert subnet is not None  # its reference was found
        groups = list(record.inputs.get("securityGroups") or [])
        groups = groups or networks.default_groups(here, subnet)
        title = f"EFS mount target for {record.inputs['fileSystemId']} ({record.id})"
        card = networks.plug_in(here, record, subnet, groups, title)
        record.hidden = {
            "card": card.id,
            "address": record.inputs.get("ipAddress", card.outputs["privateIp"]),
            "groups": groups,
            "zone": subnet.outputs["availabilityZone"],
            "zone_id": subnet.outputs["availabilityZoneId"],
        }

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        groups = record.inputs.get("securityGroups") or record.hidden["groups"]
        record.hidden["groups"] = groups
        card = here.get(tokens.INTERFACE, record.hidden["card"])
        if card:
            networks.wear(here, card, None, groups)

    def outputs(self, here: Here, record: Record) -> Properties:
        hidden = record.hidden
        return {
            "networkInterfaceId": hidden["card"],
            "ipAddress": hidden["address"],
            "securityGroups": hidden["groups"],
            "availabilityZoneName": hidden["zone"],
            "availabilityZoneId": hidden["zone_id"],
        }


class FileSystemPolicy(Kind):
    """Who may mount; from then on IAM decides."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from checks.document("policy", inputs["policy"])

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        policy = json.loads(str(inputs["policy"]))
        # A statement without resources means this file system.
        for statement in documents.statements(policy):
            statement.setdefault("Resource", "*")
        if error := documents.policy_error(json.dumps(policy), anchored=True):
            raise refuse("InvalidPolicyException: {error}", error=error)


KINDS: dict[str, type[Kind]] = {
    tokens.FILES: FileSystem,
    tokens.ACCESS_POINT: AccessPoint,
    tokens.MOUNT_TARGET: MountTarget,
    tokens.FILES_POLICY: FileSystemPolicy,
}
