"""Container registry on AWS: one ECR repository."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pulumi_aws import ecr, kms

from components import contracts
from components.aws.network import Network
from components.contracts import RegistryArgs, child, publish
from components.tags import named, tags

UNTAGGED_DAYS = 7
MUTABLE_TAG = "latest"  # what jobs run, so it must stay movable


class Registry(pulumi.ComponentResource):
    """A private repository for the lab's container images, deleted with its images.

    Args:
        args: `keep_images`: newest images that survive the clean-up. `lab.profile`: in `strict`
            a tag stays on the image it was pushed with, apart from `latest`.
    Outputs:
        uri: to tag and push to, `<account>.dkr.ecr.<region>.amazonaws.com/<name>`.
        login_command: logs docker in for twelve hours.
    Cost: empty 0 USD, else 0.10 USD per GB and month (us-east-1, Nov 2026).
    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html,
        https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
    """

    uri: pulumi.Output[str]
    login_command: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: RegistryArgs[Network], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("mllab:aws:Registry", name, None, opts)
        repository = ecr.Repository(
            f"{name}-images",
            image_tag_mutability="IMMUTABLE_WITH_EXCLUSION" if args.lab.strict else "MUTABLE",
            image_tag_mutability_exclusion_filters=(
                [{"filter": MUTABLE_TAG, "filter_type": "WILDCARD"}] if args.lab.strict else None
            ),
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[_encryption(args.network.key)],
            # A repository with images cannot be deleted otherwise; they are made from sources.
            force_delete=True,
            tags=named(tags(args.lab, "registry"), f"{name}-images"),
            # Another key would be another repository, without the images.
            opts=child(self, ignore_changes=["encryptionConfigurations"]),
        )
        ecr.LifecyclePolicy(
            f"{name}-clean-up",
            repository=repository.name,
            policy=_clean_up(args.keep_images),
            # A repository has one policy, and a changed one replaces it: made first and deleted
            # last, the new one would go.
            opts=child(self, delete_before_replace=True),
        )
        host = repository.repository_url.apply(lambda url: url.split("/")[0])
        self.uri = repository.repository_url
        self.login_command = pulumi.Output.format(
            "aws ecr get-login-password --region {0}"
            " | docker login --username AWS --password-stdin {1}",
            args.lab.region,
            host,
        )
        self.arn = repository.arn
        publish(self, contracts.Registry)


def _encryption(key: kms.Key | None) -> ecr.RepositoryEncryptionConfigurationArgsDict:
    if key is None:
        return {"encryption_type": "AES256"}
    return {"encryption_type": "KMS", "kms_key": key.arn}


def _clean_up(keep_images: int) -> str:
    """Untagged images go after a week; of all others the newest stay."""
    weekly = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": UNTAGGED_DAYS}
    surplus = {"countType": "imageCountMoreThan", "countNumber": keep_images}
    # ECR wants the rule for `any` to come last.
    return json.dumps({"rules": [_expire(1, "untagged", weekly), _expire(2, "any", surplus)]})


def _expire(priority: int, status: str, selection: dict[str, Any]) -> dict[str, Any]:
    return {
        "rulePriority": priority,
        "selection": {"tagStatus": status, **selection},
        "action": {"type": "expire"},
    }
