"""Buckets, shared files and image repositories, as their services treat them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated import sizes
from mllab.simulated.gcp import places
from mllab.simulated.gcp.rules import tokens
from mllab.simulated.gcp.rules.resource import Resource, given
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

DAY_S = 86_400
WEEK_S, LONGEST_S = 7 * DAY_S, 90 * DAY_S
"""Source: https://cloud.google.com/storage/docs/soft-delete#retention-duration"""

MULTI_REGIONS = ("ASIA", "EU", "US")
"""Source: https://cloud.google.com/storage/docs/locations"""

ABORT_CONDITIONS = {"age", "matchesPrefixes", "matchesSuffixes"}
"""Source: https://cloud.google.com/storage/docs/lifecycle#abort-mpu"""


class Bucket(Resource):
    """A bucket with objects refuses to go; what is deleted is kept and billed for a week."""

    conditions = {
        "true to false": lambda olds, news: (
            bool((olds.get("retentionPolicy") or {}).get("isLocked"))
            and not (news.get("retentionPolicy") or {}).get("isLocked")
        )
    }

    def faults(self, inputs: Properties) -> Iterable[str]:
        for i, rule in enumerate(given(inputs, "lifecycleRules") or ()):
            if rule is UNKNOWN:
                continue
            action, when = rule["action"], rule["condition"]
            if action is not UNKNOWN and when is not UNKNOWN:
                yield from _rule_faults(i, action, when)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        location = str(inputs["location"])
        if location.upper() not in MULTI_REGIONS and location.lower() not in places.regions():
            raise refuse(
                "invalid: The specified location constraint is not valid: {location}",
                f"choose one of {', '.join([*MULTI_REGIONS, *places.regions()])}",
                location=location,
            )
        seconds = _kept(inputs)
        if seconds and not WEEK_S <= seconds <= LONGEST_S:
            raise refuse(
                "invalid: Soft delete policy retention duration must be 0 or between 7 and 90 days "
                "(got {seconds} s)",
                seconds=seconds,
            )
        folders = (inputs.get("hierarchicalNamespace") or {}).get("enabled")
        if folders and not inputs.get("uniformBucketLevelAccess"):
            raise refuse(
                "invalid: Hierarchical namespace buckets must use uniform bucket-level access.",
                "set uniformBucketLevelAccess to true",
            )

    def preview_outputs(self, inputs: Properties) -> Properties:
        location = given(inputs, "location")
        return {"location": location.upper()} if location else {}

    def outputs(self, here: Here, record: Record) -> Properties:
        inputs = record.inputs
        return {
            **super().outputs(here, record),
            "location": inputs["location"].upper(),
            "publicAccessPrevention": inputs.get("publicAccessPrevention", "inherited"),
            "uniformBucketLevelAccess": inputs.get("uniformBucketLevelAccess", False),
            "softDeletePolicy": {
                "retentionDurationSeconds": _kept(inputs),
                "effectiveTime": record.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            "versioning": inputs.get("versioning", {"enabled": False}),
            "website": inputs.get("website", {}),
            "rpo": inputs.get("rpo", ""),
        }

    def before_delete(self, here: Here, record: Record) -> None:
        super().before_delete(here, record)
        objects, size = here.session.contents(record)
        if objects and not record.inputs.get("forceDestroy"):
            raise refuse(
                self.facts.refusals["objects"],
                f"it holds {sizes.amount(objects, size, 'object')}: empty it first",
                name=record.name,
            )

    def after_delete(self, here: Here, record: Record) -> None:
        if seconds := _kept(record.inputs):
            here.session.remain(record, here.at + timedelta(seconds=seconds))

    def holds(self, here: Here, record: Record) -> str | None:
        return sizes.amount(*here.session.contents(record), "object")


def _kept(inputs: Properties) -> int:
    """Seconds for which deleted objects stay."""
    return int((inputs.get("softDeletePolicy") or {}).get("retentionDurationSeconds", WEEK_S))


def _rule_faults(i: int, action: Properties, when: Properties) -> Iterable[str]:
    if not when:
        yield f"lifecycleRules[{i}].condition: at least one condition is required"
    if action.get("type") == "SetStorageClass" and "storageClass" not in action:
        yield f"lifecycleRules[{i}].action.storageClass: missing, it is required"
    if action.get("type") == "AbortIncompleteMultipartUpload" and when.keys() - ABORT_CONDITIONS:
        wrong = min(when.keys() - ABORT_CONDITIONS)
        yield f"lifecycleRules[{i}].condition.{wrong}: not with AbortIncompleteMultipartUpload"


class Files(Resource):
    """A Filestore instance: paid by its size from its first minute, and it never shrinks."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        if {"location", "zone"} <= inputs.keys():
            yield "zone: conflicts with location"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        tier, where = inputs["tier"], self._where(here, inputs)
        least, zonal = places.file_tiers().get(tier, (0, True))
        if least == 0:
            raise refuse("INVALID_ARGUMENT (400): tier {tier} is not known", tier=tier)
        if zonal:
            places.region_of(where)
        else:
            places.zones(where)
        size = int(inputs["fileShares"]["capacityGb"])
        if size < least:
            raise refuse(
                "INVALID_ARGUMENT (400): Invalid value '{size}' for capacity_gb of tier {tier}: at "
                "least {least} GiB are required.",
                size=size,
                tier=tier,
                least=least,
            )
        if old is not None and size < int(old.inputs["fileShares"]["capacityGb"]):
            raise refuse("INVALID_ARGUMENT (400): File share capacity cannot be decreased.")

    def _where(self, here: Here, inputs: Properties) -> str:
        zonal = places.file_tiers().get(inputs["tier"], (0, True))[1]
        default = here.base["zone" if zonal else "region"]
        return str(inputs.get("location") or inputs.get("zone") or default)

    def created(self, here: Here, record: Record) -> None:
        record.hidden["address"] = f"10.0.{here.draw.number(256)}.{2 + 8 * here.draw.number(31)}"

    def outputs(self, here: Here, record: Record) -> Properties:
        where, address = self._where(here, record.inputs), record.hidden["address"]
        network = {"connectMode": "DIRECT_PEERING", "reservedIpRange": f"{address[:-1]}0/29"}
        return {
            **super().outputs(here, record),
            "location": where,
            "zone": where,
            "networks": [
                {**network, **given, "ipAddresses": [address]}
                for given in record.inputs["networks"]
            ],
        }

    def before_delete(self, here: Here, record: Record) -> None:
        super().before_delete(here, record)
        if record.inputs.get("deletionProtectionEnabled"):
            raise refuse(self.facts.refusals["deletionProtectionEnabled=true"])

    def holds(self, here: Here, record: Record) -> str | None:
        return sizes.amount(*here.session.contents(record))


class Repository(Resource):
    """It goes with all its images, and nothing refuses that."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        policies = given(inputs, "cleanupPolicies") or ()
        names = [policy["id"] for policy in policies if policy is not UNKNOWN]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"cleanupPolicies: {name!r} is the id of more than one"

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        super().validate(here, inputs, old)
        location = here.base["location"]
        if location not in places.regions() and location not in ("asia", "europe", "us"):
            raise refuse(
                "INVALID_ARGUMENT (400): location {location} is not known", location=location
            )
        for policy in inputs.get("cleanupPolicies") or ():
            if ("condition" in policy) == ("mostRecentVersions" in policy):
                raise refuse(
                    "INVALID_ARGUMENT (400): cleanup policy {id}: one of condition and "
                    "mostRecentVersions is required",
                    id=policy["id"],
                )
            if "mostRecentVersions" in policy and policy.get("action") != "KEEP":
                raise refuse(
                    "INVALID_ARGUMENT (400): cleanup policy {id}: mostRecentVersions can only KEEP",
                    id=policy["id"],
                )

    def outputs(self, here: Here, record: Record) -> Properties:
        kind = record.inputs["format"].lower()
        place, project = here.base["location"], here.base["project"]
        scanning = record.inputs.get("vulnerabilityScanningConfig") or {}
        off = scanning.get("enablementConfig") == "DISABLED"
        return {
            **super().outputs(here, record),
            "registryUri": f"{place}-{kind}.pkg.dev/{project}/{record.inputs['repositoryId']}",
            "vulnerabilityScanningConfig": {
                "enablementConfig": "INHERITED",
                **scanning,
                "enablementState": "SCANNING_DISABLED" if off else "SCANNING_ACTIVE",
                "enablementStateReason": "",
            },
        }

    def holds(self, here: Here, record: Record) -> str | None:
        return sizes.amount(*here.session.contents(record), "image")


KINDS: dict[str, type[Kind]] = {
    tokens.BUCKET: Bucket,
    tokens.FILES: Files,
    tokens.REPOSITORY: Repository,
}
