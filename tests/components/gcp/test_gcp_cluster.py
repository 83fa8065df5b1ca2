"""The cluster is nothing while idle; a job is told all it needs, and ends in time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.catalog import machine
from tests.components.gcp.gcp_account import STACKS, asked, committed, granted, variant
from tests.components.render import Rendered

every_stack = pytest.mark.parametrize("stack", STACKS)


def submit(**changes: Any) -> dict[str, Any]:
    found = variant(**changes).registered["mllab:gcp:Cluster"]["submit"]
    assert isinstance(found, dict)
    return found


def job(found: dict[str, Any]) -> dict[str, Any]:
    """The specification that the command hands to gcloud."""
    specification = json.loads(found["stdin"])
    assert isinstance(specification, dict)
    return specification


@every_stack
def test_nothing_of_it_runs_or_waits(stack: str) -> None:
    kinds = {r.type for r in committed(stack).custom() if "-cluster-" in r.name}
    assert kinds == {
        "gcp:projects/service:Service",
        "gcp:serviceaccount/account:Account",
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
        "gcp:projects/iAMMember:IAMMember",
    }


@every_stack
def test_outputs_are_as_asked(stack: str) -> None:
    args, outputs = asked(stack), committed(stack).outputs["cluster"]
    assert outputs["max_nodes"] == args.max_nodes
    assert outputs["id"] == outputs["submit"]["account"]
    assert outputs["submit"]["machine_type"] == args.cluster.type


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ("cpu-small", {"machineType": "e2-standard-4"}),
        (
            "gpu-small",
            {
                "machineType": "n1-standard-4",
                "acceleratorType": "NVIDIA_TESLA_T4",
                "acceleratorCount": 1,
            },
        ),
        (
            "gpu-multi",
            {
                "machineType": "g2-standard-48",
                "acceleratorType": "NVIDIA_L4",
                "acceleratorCount": 4,
            },
        ),
    ],
)
def test_a_job_has_one_machine_of_the_size(size: str, wanted: dict[str, Any]) -> None:
    found = submit(cluster=machine("gcp", size, "job"))
    (pool,) = job(found)["workerPoolSpecs"]
    assert pool["machineSpec"] == wanted
    assert pool["replicaCount"] == 1
    assert found["accelerator"] == wanted.get("acceleratorType", "")
    assert found["gpus"] == wanted.get("acceleratorCount", 0)


@pytest.mark.parametrize(("spot", "strategy"), [(True, "SPOT"), (False, "STANDARD")])
def test_spot_or_on_demand(spot: bool, strategy: str) -> None:
    found = submit(spot=spot)
    assert found["strategy"] == job(found)["scheduling"]["strategy"] == strategy


def test_trap_a_job_without_a_timeout_runs_for_a_week() -> None:
    found = submit(max_job_hours=7)
    assert job(found)["scheduling"]["timeout"] == "25200s"
    assert found["max_seconds"] == 25_200


def test_a_job_runs_as_its_own_account_and_may_not_push_images() -> None:
    rendered = committed()
    account = rendered.one("serviceaccount/account:Account", "gcp-course-cluster-account")
    who = account.inputs["accountId"].rpartition("-")[0]
    mine = {(what, role) for name, what, role in granted(rendered) if name == who}
    bucket = "gcp-course-storage-bucket-0abc123"
    images = rendered.one("artifactregistry/repository:Repository").inputs["repositoryId"]
    assert mine == {
        (bucket, "roles/storage.objectUser"),
        (bucket, "roles/storage.legacyBucketReader"),
        (images, "roles/artifactregistry.reader"),
        ("my-course-2027", "roles/logging.logWriter"),
    }


def test_submit_holds_all_that_a_submission_needs() -> None:
    found = submit()
    repository = committed().registered["mllab:gcp:Registry"]["uri"]
    account = found["account"]
    said_elsewhere = ("argv", "stdin", "labels")
    assert {key: value for key, value in found.items() if key not in said_elsewhere} == {
        "kind": "vertex-ai",
        "project": "my-course-2027",
        "region": "us-central1",
        "staging": "gs://gcp-course-storage-bucket-0abc123/staging",
        "account": account,
        "image_repository": repository,
        "image": f"{repository}:latest",
        "machine_type": "n1-standard-4",
        "accelerator": "NVIDIA_TESLA_T4",
        "gpus": 1,
        "vcpus": 4,
        "memory_gib": 15,
        "strategy": "SPOT",
        "max_seconds": 14_400,
    }
    specification = job(found)
    assert specification["serviceAccount"] == account
    assert specification["baseOutputDirectory"] == {"outputUriPrefix": found["staging"]}
    (pool,) = specification["workerPoolSpecs"]
    assert pool["containerSpec"] == {
        "imageUri": found["image"],
        "env": [{"name": "LAB_BUCKET", "value": committed("gcp-course").outputs["storage"]["uri"]}],
    }


@every_stack
def test_trap_a_persistent_resource_is_billed_while_idle(stack: str) -> None:
    rendered: Rendered = committed(stack)
    assert not [r.type for r in rendered.custom() if r.type.startswith("gcp:vertex/")]


@every_stack
def test_trap_jobs_carry_labels_or_nobody_finds_them(stack: str) -> None:
    found = committed(stack).outputs["cluster"]["submit"]
    given = found["argv"][found["argv"].index("--labels") + 1]
    labels = dict(pair.split("=") for pair in given.split(","))
    assert labels == found["labels"]
    assert labels["lab"] == stack
