"""Images are scanned, cleaned up, and gone with the lab."""

from __future__ import annotations

import json

import pytest

from components.contracts import RegistryArgs
from tests.components.labs import STACKS, alone, committed
from tests.components.render import ACCOUNT


@pytest.mark.parametrize("stack", STACKS)
def test_images_are_scanned_encrypted_and_deleted_with_the_repository(stack: str) -> None:
    inputs = committed(stack).one("ecr/repository:Repository").inputs
    assert inputs["imageScanningConfiguration"] == {"scanOnPush": True}
    (encryption,) = inputs["encryptionConfigurations"]
    assert encryption["encryptionType"] == ("KMS" if stack == "aws-lab" else "AES256")
    assert inputs["forceDelete"] is True
    assert "name" not in inputs


@pytest.mark.parametrize("keep_images", [1, 30])
def test_only_the_newest_images_stay(keep_images: int) -> None:
    policy = alone("registry", RegistryArgs, keep_images=keep_images).one(
        "ecr/lifecyclePolicy:LifecyclePolicy"
    )
    assert policy.inputs["repository"] == "aws-course-registry-images-0abc123"
    untagged, surplus = json.loads(policy.inputs["policy"])["rules"]
    assert untagged == {
        "rulePriority": 1,
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": 7,
        },
        "action": {"type": "expire"},
    }
    assert surplus == {
        "rulePriority": 2,
        "selection": {
            "tagStatus": "any",
            "countType": "imageCountMoreThan",
            "countNumber": keep_images,
        },
        "action": {"type": "expire"},
    }


def test_in_a_strict_lab_a_tag_stays_on_its_image() -> None:
    strict = (
        alone("registry", RegistryArgs, lab={"profile": "strict"})
        .one("ecr/repository:Repository")
        .inputs
    )
    assert strict["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert strict["imageTagMutabilityExclusionFilters"] == [
        {"filter": "latest", "filterType": "WILDCARD"}
    ]
    course = (
        alone("registry", RegistryArgs, lab={"profile": "course"})
        .one("ecr/repository:Repository")
        .inputs
    )
    assert course["imageTagMutability"] == "MUTABLE"
    assert "imageTagMutabilityExclusionFilters" not in course


def test_uri_is_what_docker_pushes_to() -> None:
    registry = committed("aws-course").outputs["registry"]
    name = "aws-course-registry-images-0abc123"
    assert registry["uri"] == f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{name}"
