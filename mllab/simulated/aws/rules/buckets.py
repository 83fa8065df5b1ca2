"""Buckets and their settings, as S3 treats them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from mllab.protocol.provider import UNKNOWN, Properties
from mllab.simulated import checks, sizes
from mllab.simulated.aws import places
from mllab.simulated.aws.rules import documents, tokens
from mllab.simulated.kind import Here, Kind, refuse
from mllab.simulated.store import Record

BUCKETS = "L-DC2B2D3D"
NAME_BLOCKED = timedelta(hours=1)
"""How long a deleted name may be refused in another region: minutes up to hours."""

USUAL_ENCRYPTION = {
    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256", "kmsMasterKeyId": ""},
    "bucketKeyEnabled": False,
}
"""What every bucket has since 2023.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html"""


class Bucket(Kind):
    """Names are unique in the whole world; a bucket with objects refuses to go."""

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        exist, limit = here.session.count(self.token), here.quota(BUCKETS)
        if old is None and exist >= limit:
            raise refuse(
                "TooManyBuckets: You have attempted to create more buckets than allowed",
                places.ask_for(BUCKETS, "us-east-1", exist + 1),
            )
        for remains in here.session.remains(here.at, str(inputs.get("bucket"))):
            if remains.type == self.token and remains.region != here.region:
                raise refuse(self.facts.refusals["bucket name"])

    def outputs(self, here: Here, record: Record) -> Properties:
        versions = here.session.users(record, tokens.BUCKET_VERSIONING)
        states = [found.inputs["versioningConfiguration"]["status"] for found in versions]
        encryption = here.session.users(record, tokens.BUCKET_ENCRYPTION)
        rules = [found.inputs["rules"][0] for found in encryption]
        return {
            "hostedZoneId": places.stable("Z", 13, f"s3 {here.region}").upper(),
            "versioning": {"enabled": states == ["Enabled"], "mfaDelete": False},
            "serverSideEncryptionConfiguration": {"rule": rules[0] if rules else USUAL_ENCRYPTION},
        }

    def before_delete(self, here: Here, record: Record) -> None:
        objects, size = here.session.contents(record)
        if objects and not record.inputs.get("forceDestroy"):
            raise refuse(
                self.facts.refusals["objects, versions and delete markers"],
                f"it holds {sizes.amount(objects, size, 'object')}: empty it first",
            )

    def after_delete(self, here: Here, record: Record) -> None:
        here.session.remain(record, here.at + NAME_BLOCKED)

    def holds(self, here: Here, record: Record) -> str | None:
        return sizes.amount(*here.session.contents(record), "object")


class BucketPolicy(Kind):
    """Names its own bucket only, and nothing public under a public access block."""

    def faults(self, inputs: Properties) -> Iterable[str]:
        yield from checks.document("policy", inputs["policy"])

    def same(self, old: object, new: object) -> bool:
        return documents.same(old, new)

    def validate(self, here: Here, inputs: Properties, old: Record | None) -> None:
        text, bucket = str(inputs["policy"]), here.get(tokens.BUCKET, inputs["bucket"])
        if error := documents.policy_error(text, anchored=True):
            raise refuse("MalformedPolicy: {error}", error=error)
        if bucket is None:
            return
        arn = bucket.outputs["arn"]
        for resource in documents.resources(text):
            if resource != arn and not resource.startswith(f"{arn}/"):
                raise refuse("MalformedPolicy: Policy has invalid resource")
        blocks = here.session.users(bucket, tokens.BUCKET_BLOCK)
        if documents.is_public(text) and any(b.inputs.get("blockPublicPolicy") for b in blocks):
            raise refuse(
                "AccessDenied: User is not authorized to perform: s3:PutBucketPolicy on resource: "
                '"{arn}" because public policies are prevented by the BlockPublicPolicy setting '
                "in S3 Block Public Access.",
                arn=arn,
            )


class BucketLifecycle(Kind):
    """Every rule has a name of its own and does something."""

    ACTIONS = (
        "abortIncompleteMultipartUpload",
        "expiration",
        "noncurrentVersionExpiration",
        "noncurrentVersionTransitions",
        "transitions",
    )

    def faults(self, inputs: Properties) -> Iterable[str]:
        rules = inputs.get("rules", [])
        if rules is UNKNOWN or UNKNOWN in rules:
            return
        names = [rule["id"] for rule in rules]
        if not names:
            yield "rules: at least one rule is required"
        for i, rule in enumerate(rules):
            if not any(rule.get(action) for action in self.ACTIONS):
                yield f"rules[{i}]: at least one of {', '.join(self.ACTIONS)} is required"
            if names.count(rule["id"]) > 1:
                yield f"rules[{i}].id: {rule['id']!r} is given to more than one rule"


KINDS: dict[str, type[Kind]] = {
    tokens.BUCKET: Bucket,
    tokens.BUCKET_POLICY: BucketPolicy,
    tokens.BUCKET_LIFECYCLE: BucketLifecycle,
}
