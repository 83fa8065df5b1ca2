"""Buckets, file systems and image repositories, as S3, EFS and ECR treat them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mllab.engines.provider import UNKNOWN, Properties
from mllab.simulated.aws import documents, network, places
from mllab.simulated.kind import Here, Kind, document, refuse
from mllab.simulated.sizes import amount
from mllab.simulated.store import Record

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
FILES = "aws:efs/fileSystem:FileSystem"
MOUNT = "aws:efs/mountTarget:MountTarget"
REPOSITORY = "aws:ecr/repository:Repository"
BUCKETS = "L-DC2B2D3D"
FILES_KEY = "files"
EMPTY_FILE_SYSTEM_BYTES = 6144
"""What DescribeFileSystems reports for a file system without files."""


class Bucket(Kind):
    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        if old is None and len(here.session.all(BUCKET)) >= here.quota(BUCKETS):
            raise refuse(
                "TooManyBuckets: You have attempted to create more buckets than allowed",
                cure=places.ask_for(BUCKETS, "us-east-1", here.quota(BUCKETS) + 1),
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        versions = next(iter(here.session.users(record, VERSIONING)), None)
        rules = next(iter(here.session.users(record, ENCRYPTION)), None)
        usual = {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256", "kmsMasterKeyId": ""}
        }
        rule: Any = {**usual, "bucketKeyEnabled": False}
        if rules:
            rule = rules.inputs["rules"][0]
        enabled = (
            bool(versions)
            and versions is not None
            and (versions.inputs["versioningConfiguration"]["status"] == "Enabled")
        )
        return {
            "hostedZoneId": places.stable("Z", 13, f"s3 {here.region}").upper(),
            "versioning": {"enabled": enabled, "mfaDelete": False},
            "serverSideEncryptionConfiguration": {"rule": rule},
        }

    def leaving(self, here: Here, record: Record) -> None:
        objects, _ = here.session.contents(record)
        if objects and not record.inputs.get("forceDestroy"):
            raise refuse(self.facts.refusals["objects, versions and delete markers"])

    def holds(self, here: Here, record: Record) -> str | None:
        return amount(*here.session.contents(record), "object")


class BucketPolicy(Kind):
    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from documents.faults("policy", inputs.get("policy"))

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        text, bucket = str(inputs["policy"]), here.get(BUCKET, inputs["bucket"])
        if error := documents.policy_error(text, anchored=True):
            raise refuse("MalformedPolicy: {error}", error=error)
        arn = bucket.outputs["arn"] if bucket else ""
        for statement in json.loads(text)["Statement"]:
            resources = statement.get("Resource", [])
            for resource in resources if isinstance(resources, list) else [resources]:
                if resource != arn and not str(resource).startswith(f"{arn}/"):
                    raise refuse("MalformedPolicy: Policy has invalid resource")
        blocks = here.session.users(bucket, BLOCK) if bucket else []
        if documents.public(text) and any(b.inputs.get("blockPublicPolicy") for b in blocks):
            raise refuse(
                "AccessDenied: User is not authorized to perform: s3:PutBucketPolicy on resource: \"{arn}\" because public "
                "policies are blocked by the BlockPublicPolicy block public access setting.",
                arn=arn,
            )  # fmt: skip


class BucketLifecycleConfiguration(Kind):
    ACTIONS = (
        "expiration", "transitions", "noncurrentVersionExpiration", "noncurrentVersionTransitions",
        "abortIncompleteMultipartUpload",
    )  # fmt: skip

    def faults(self, inputs: Properties) -> Iterable[str]:
        rules = inputs.get("rules")
        if rules is UNKNOWN:
            return
        names = [rule.get("id") for rule in rules or []]
        if not names:
            yield "rules: at least one rule is required"
        for i, rule in enumerate(rules or []):
            if not any(rule.get(action) for action in self.ACTIONS):
                yield f"rules[{i}]: at least one action of {', '.join(self.ACTIONS)} is required"
            if names.count(rule.get("id")) > 1:
                yield f"rules[{i}].id: {rule.get('id')!r} is given to more than one rule"


class FileSystem(Kind):
    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        mode = inputs.get("throughputMode", "bursting")
        if inputs.get("performanceMode") == "maxIO" and mode == "elastic":
            raise refuse(
                "BadRequest: Performance mode maxIO is not supported with elastic throughput."
            )
        if (mode == "provisioned") != bool(inputs.get("provisionedThroughputInMibps")):
            raise refuse(
                "BadRequest: You must specify a provisioned throughput value with provisioned mode only."
            )

    def outputs(self, here: Here, record: Record) -> Properties:
        _, size = here.session.contents(record)
        held = {
            "value": size + EMPTY_FILE_SYSTEM_BYTES,
            "valueInStandard": size + EMPTY_FILE_SYSTEM_BYTES,
            "valueInIa": 0,
        }
        return {
            "name": (record.inputs.get("tags") or {}).get("Name", ""),
            "numberOfMountTargets": len(here.session.users(record, MOUNT)),
            "sizeInBytes": [held],
        }

    def holds(self, here: Here, record: Record) -> str | None:
        count, size = here.session.contents(record)
        return amount(count, size, "") if size else ""


class AccessPoint(Kind):
    def outputs(self, here: Here, record: Record) -> Properties:
        root = record.inputs.get("rootDirectory") or {}
        return {"rootDirectory": {"path": "/", **root}}


class MountTarget(Kind):
    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        subnet, files = (
            here.get(network.SUBNET, inputs["subnetId"]),
            here.get(FILES, inputs["fileSystemId"]),
        )
        if subnet is None or files is None or old is not None:
            return
        for other in here.session.users(files, MOUNT):
            if other.outputs["availabilityZoneName"] == subnet.outputs["availabilityZone"]:
                raise refuse("MountTargetConflict: mount target already exists in this AZ")

    def created(self, here: Here, record: Record) -> None:
        subnet = here.get(network.SUBNET, record.inputs["subnetId"])
        assert subnet is not None  # its reference was resolved
        groups = list(record.inputs.get("securityGroups") or [])
        vpc = here.get(network.VPC, subnet.inputs["vpcId"])
        if not groups and vpc:
            groups = [child.id for child in here.session.owned(vpc) if child.type == network.GROUP]
        title = f"EFS mount target for {record.inputs['fileSystemId']} ({record.id})"
        card = network.attach(here, record, subnet, groups, title)
        zone = subnet.outputs
        record.hidden = {
            "card": card.id, "address": record.inputs.get("ipAddress", card.outputs["privateIp"]), "groups": groups,
            "zone": zone["availabilityZone"], "zone_id": zone["availabilityZoneId"],
        }  # fmt: skip

    def updated(self, here: Here, record: Record, olds: Properties) -> None:
        record.hidden["groups"] = record.inputs.get("securityGroups") or record.hidden["groups"]

    def outputs(self, here: Here, record: Record) -> Properties:
        hidden, files = record.hidden, record.inputs["fileSystemId"]
        return {
            "networkInterfaceId": hidden["card"],
            "ipAddress": hidden["address"],
            "securityGroups": hidden["groups"],
            "availabilityZoneName": hidden["zone"],
            "availabilityZoneId": hidden["zone_id"],
            "mountTargetDnsName": f"{hidden['zone']}.{files}.efs.{here.region}.amazonaws.com",
        }


class FileSystemPolicy(Kind):
    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from documents.faults("policy", inputs.get("policy"))

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        text = str(inputs["policy"])
        # EFS fills in its own file system where a statement names no resource.
        policy = json.loads(text)
        for statement in policy.get("Statement", []) if isinstance(policy, dict) else []:
            statement.setdefault("Resource", "*")
        if error := documents.policy_error(json.dumps(policy), anchored=True):
            raise refuse("InvalidPolicyException: {error}", error=error)


class Repository(Kind):
    def leaving(self, here: Here, record: Record) -> None:
        images, _ = here.session.contents(record)
        if images and not record.inputs.get("forceDelete"):
            raise refuse(self.facts.refusals["images"], name=record.name, account=here.account)

    def holds(self, here: Here, record: Record) -> str | None:
        return amount(*here.session.contents(record), "image")


class LifecyclePolicy(Kind):
    """ECR checks the rules when they are put.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """

    def faults(self, inputs: Properties) -> Iterable[str]:
        text = inputs.get("policy")
        if text is not UNKNOWN:
            yield from document("policy", text)

    def admit(self, here: Here, inputs: Properties, old: Record | None) -> None:
        error = _lifecycle_error(json.loads(str(inputs["policy"])))
        if error:
            raise refuse(
                "InvalidParameterException: Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "
                "'Lifecycle policy validation failure: {error}'",
                error=error,
            )  # fmt: skip


def _lifecycle_error(policy: Any) -> str:
    rules = policy.get("rules") if isinstance(policy, dict) else None
    if not rules or not isinstance(rules, list):
        return 'object has missing required properties (["rules"])'
    priorities = [rule.get("rulePriority") for rule in rules]
    if len(set(priorities)) != len(priorities):
        return "rulePriority must be unique"
    for rule in rules:
        missing = {"rulePriority", "selection", "action"} - rule.keys()
        if missing:
            return f"object has missing required properties ({json.dumps(sorted(missing))})"
        selection = rule["selection"]
        missing = {"tagStatus", "countType", "countNumber"} - selection.keys()
        if missing:
            return f"object has missing required properties ({json.dumps(sorted(missing))})"
        if selection["tagStatus"] not in ("tagged", "untagged", "any"):
            return f'instance value ({json.dumps(selection["tagStatus"])}) not found in enum (possible values: ["any","tagged","untagged"])'
        if selection["countType"] not in ("imageCountMoreThan", "sinceImagePushed"):
            return f'instance value ({json.dumps(selection["countType"])}) not found in enum (possible values: ["imageCountMoreThan","sinceImagePushed"])'
        if (selection["countType"] == "sinceImagePushed") != ("countUnit" in selection):
            return "countUnit is required with sinceImagePushed and not allowed otherwise"
        tags = selection.keys() & {"tagPrefixList", "tagPatternList"}
        if (selection["tagStatus"] == "tagged") != bool(tags):
            return "tagPrefixList or tagPatternList is required with tagStatus tagged and not allowed otherwise"
        if selection["tagStatus"] == "any" and rule["rulePriority"] != max(priorities):
            return "a rule with tagStatus any must have the highest rulePriority"
        if rule["action"].get("type") not in ("expire", "transition"):
            return f'instance value ({json.dumps(rule["action"].get("type"))}) not found in enum (possible values: ["expire"])'
    return ""


KINDS: dict[str, type[Kind]] = {
    BUCKET: Bucket,
    "aws:s3/bucketPolicy:BucketPolicy": BucketPolicy,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": BucketLifecycleConfiguration,
    FILES: FileSystem,
    "aws:efs/accessPoint:AccessPoint": AccessPoint,
    MOUNT: MountTarget,
    "aws:efs/fileSystemPolicy:FileSystemPolicy": FileSystemPolicy,
    REPOSITORY: Repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": LifecyclePolicy,
}
