"""The record of each cloud: what its provider's errors say, and what helps."""

from __future__ import annotations

import pytest

from mllab.clouds import registry
from mllab.clouds.registry import CLOUDS
from mllab.errors import UsageError

# As printed in public reports: see the sources in mllab/clouds.
SAID = [
    (
        "aws",
        "creating EC2 Instance: operation error EC2: RunInstances, https response error "
        "StatusCode: 400, RequestID: cb90a8d4, api error VcpuLimitExceeded: You have requested",
        "VcpuLimitExceeded",
        "You have requested",
    ),
    ("aws", "InvalidVpcID.NotFound: The vpc is gone", "InvalidVpcID.NotFound", "The vpc is gone"),
    ("aws", "creating it: timeout while waiting: 10m", "", "creating it: timeout while waiting"),
    (
        "azure",
        "PUT https://management.azure.com/subscriptions/0/x\n-----\nRESPONSE 409: 409 Conflict\n"
        'ERROR CODE: OperationNotAllowed\n-----\n{\n "error": {\n  "code": "OperationNotAllowed",'
        '\n  "message": "exceeding approved Total Regional Cores quota"\n }\n}',
        "OperationNotAllowed",
        "exceeding approved Total Regional Cores quota",
    ),
    (
        "azure",
        'StatusCode=412 -- Original Error: Code="QuotaExceeded" Message="over the limit"',
        "QuotaExceeded",
        "over the limit",
    ),
    ("azure", "SkuNotAvailable (409): not here", "SkuNotAvailable", "not here"),
    (
        "gcp",
        "Error creating instance: googleapi: Error 403: Required permission, forbidden",
        "forbidden",
        "Required permission",
    ),
    ("gcp", "Quota 'CPUS' exceeded.  Limit: 8.0 in region us-east1.", "Quota", "Quota 'CPUS' exc"),
    ("gcp", "does not say what\nstatus: x", "", "does not say what"),
]


@pytest.mark.parametrize(("cloud", "message", "code", "words"), SAID)
def test_code_and_words_of_a_refusal(cloud: str, message: str, code: str, words: str) -> None:
    found, rest = CLOUDS[cloud].refusal(message)
    assert (found, rest[: len(words)]) == (code, words)


@pytest.mark.parametrize(("cloud", "message", "code", "words"), SAID)
def test_every_code_that_is_tried_has_a_hint_of_its_cloud(
    cloud: str, message: str, code: str, words: str
) -> None:
    hint = CLOUDS[cloud].hints.get(code, "")
    others = [other.tools.keys() - CLOUDS[cloud].tools.keys() for other in CLOUDS.values()]
    assert not any(f"  {tool} " in hint for tools in others for tool in tools)


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_a_request_names_quota_amount_and_region(cloud: registry.Cloud) -> None:
    where = {"region": "here-1", "project": "my-project", "subscription": "s-1"}
    for quota in cloud.quotas().values():
        told = cloud.request_quota(quota, 240, where)
        assert quota.code in told or quota.name in told
        assert "240" in told
        assert ("here-1" in told) == (quota.scope != "global")


def test_an_unknown_cloud_is_an_error_and_none_is_the_default() -> None:
    with pytest.raises(UsageError, match="known are aws, azure, gcp"):
        registry.of("oracle")
    assert registry.of_types(["random:index/randomId:RandomId"]) is None


@pytest.mark.parametrize(
    ("type", "outputs", "word"),
    [
        ("aws:ec2/instance:Instance", {"instanceState": "running"}, "running"),
        ("gcp:compute/instance:Instance", {"currentStatus": "TERMINATED"}, "stopped"),
        ("gcp:compute/instance:Instance", {"currentStatus": "SUSPENDED"}, "stopped"),
        ("gcp:workbench/instance:Instance", {"state": "ACTIVE"}, "running"),
        ("azure-native:compute:VirtualMachine", {}, registry.POWER_UNKNOWN),
        ("aws:s3/bucket:Bucket", {}, ""),
    ],
)
def test_machines_of_all_clouds_run_and_stop_by_the_same_words(
    type: str, outputs: dict[str, str], word: str
) -> None:
    """States by https://cloud.google.com/compute/docs/instances/instance-lifecycle and
    https://cloud.google.com/vertex-ai/docs/workbench/reference/rest/v2/State."""
    assert registry.power(type, outputs) == word
