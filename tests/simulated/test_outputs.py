"""What a created resource shows on every cloud: everything, as it was predicted, and in a read."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mllab.protocol.provider import UNKNOWN
from mllab.simulated import facts
from mllab.simulated.aws import places as aws_places
from mllab.simulated.aws.rules import tokens as aws
from mllab.simulated.azure import places as azure_places
from mllab.simulated.azure.rules import tokens as azure
from mllab.simulated.gcp.rules import tokens as gcp
from tests.simulated.account import Account
from tests.simulated.azure.subscription import WHOLE, Subscription
from tests.simulated.caller import Caller
from tests.simulated.gcp.project import PROJECT, Project
from tests.simulated.samples import build, filled, samples

CLOUDS: dict[str, type[Caller]] = {"aws": Account, "azure": Subscription, "gcp": Project}
SAMPLES = [(cloud, name) for cloud, kind in CLOUDS.items() for name, _, _ in samples(kind)]
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)
every_sample = pytest.mark.parametrize(("cloud", "name"), SAMPLES)

ABSENT = {
    (row["type"], row["property"])
    for folder in (aws_places.DATA, azure_places.DATA)
    for row in facts.spread(folder)
    if row["fact"] == "absent"
}
EMPTY = {
    "aws": {"logging", "objectLockConfiguration", "replicationConfiguration", "website"}
    | {"instanceMarketOptions", "metadataOptions"},
    "azure": {"eTag", "forecastSpend", "identity", "ipConfiguration", "managedBy"}
    | {"virtualMachine"},
    "gcp": set(),
}
"""Outputs that are empty while there is nothing to show."""
LATER = {
    "aws": {"attachmentCount", "numberOfMountTargets", "inlinePolicies", "managedPolicyArns"}
    | {"policy", "versioning", "serverSideEncryptionConfiguration"},
    "azure": {"diskState", "ipConfiguration", "ipConfigurations", "macAddress", "managedBy"}
    | {"primary", "subnets", "virtualMachine"},
    "gcp": {"users"},
}
"""Outputs that what is made later changes."""
WRITTEN = {("azure", "location"): "global", ("gcp", "location"): "US-CENTRAL1"}
"""As the cloud writes what may be given in other letters."""


class Life(NamedTuple):
    """What was predicted of a sample, what its create said, and what a read showed at once."""

    predicted: dict[str, Any]
    made: dict[str, Any]
    read: dict[str, Any]


@functools.cache
def built(cloud: str) -> tuple[Caller, dict[str, dict[str, Any]]]:
    account = CLOUDS[cloud]()
    return account, build(account)


@functools.cache
def lives(cloud: str) -> dict[str, Life]:
    """All samples, one after another."""
    account = CLOUDS[cloud]()
    made: dict[str, dict[str, Any]] = {}
    found = {}
    for name, token, inputs in samples(CLOUDS[cloud]):
        given = filled(inputs, made)
        call = account.call(token, name, preview=True)
        checked = account.provider.check(call, None, given)
        before = account.whole.inventory(standing=True)
        predicted = account.provider.create(call, checked.inputs)
        assert predicted.id == ""
        assert account.whole.inventory(standing=True) == before
        one = account.create(token, {**given, **checked.inputs}, name)
        made[name] = {**one.outputs, "id": one.id}
        found[name] = Life(predicted.outputs, one.outputs, account.shown(token, one.id))
    return found


@every_cloud
def test_samples_cover_every_type(cloud: str) -> None:
    known = set(CLOUDS[cloud]().provider._schema.types)
    assert {token for _, token, _ in samples(CLOUDS[cloud])} == known


@every_sample
def test_everything_a_program_may_use_is_there(cloud: str, name: str) -> None:
    account, made = built(cloud)
    outputs = made[name]
    properties = account.provider.kind(outputs["token"]).properties
    for output, node in properties.items():
        if node.get("output") == "always" and (outputs["token"], output) not in ABSENT:
            assert output in outputs, output
            assert outputs[output] is not None or output in EMPTY[cloud], output
    assert UNKNOWN not in outputs.values()
    assert outputs.keys() <= {*properties, "id", "token", "given"}
    for given, value in outputs["given"].items():
        if properties[given]["type"] == "document" and isinstance(value, dict):
            assert json.loads(outputs[given]) == value
        elif isinstance(value, dict | list) and cloud != "aws":
            continue  # the others add to what they are given, and write it in other ways
        elif isinstance(value, dict):
            assert value.items() <= outputs[given].items(), given
        elif "output" in properties[given]:
            assert outputs[given] in (value, WRITTEN.get((cloud, given))), given


@every_sample
def test_what_is_foretold_comes_true_and_a_read_repeats_it(cloud: str, name: str) -> None:
    predicted, made, read = lives(cloud)[name]
    for key, value in predicted.items():
        assert value is UNKNOWN or value == made.get(key), key
    assert read == made
    json.dumps(made)


@every_sample
def test_a_read_shows_later_what_the_create_said(cloud: str, name: str) -> None:
    account, made = built(cloud)
    for key, value in account.shown(made[name]["token"], made[name]["id"]).items():
        assert key in LATER[cloud] or value == made[name][key], key


@every_sample
def test_a_second_look_at_the_same_program_finds_nothing(cloud: str, name: str) -> None:
    account, made = built(cloud)
    found = made[name]
    assert account.diff(found["token"], found["id"], found["given"], name).changes == ()


@every_cloud
def test_everything_goes_in_the_other_order(cloud: str) -> None:
    account = CLOUDS[cloud]()
    for found in reversed(build(account).values()):
        account.delete(found["token"], found["id"], {"disableOnDestroy": False})
        gone = account.read(found["token"], found["id"]) is None
        assert gone or found["token"] in (gcp.SERVICE, gcp.IDENTITY)
    left = {record.type for record in account.whole.inventory()}
    assert left == ({gcp.SERVICE} if cloud == "gcp" else set()), "APIs that the test itself enabled"


@pytest.mark.parametrize(
    ("cloud", "token", "id"),
    [
        ("aws", aws.VPC, "vpc-0"),
        ("azure", azure.GROUP, f"{WHOLE}/resourceGroups/gone"),
        ("gcp", gcp.NETWORK, f"projects/{PROJECT}/global/networks/gone"),
    ],
)
def test_what_is_gone_already_is_a_success(cloud: str, token: str, id: str) -> None:
    assert CLOUDS[cloud]().delete(token, id) == 0


@pytest.mark.parametrize(
    ("cloud", "name", "config", "sdk"),
    [
        ("aws", "SimulatedAws", {"region": "us-east-1"}, "pulumi_aws"),
        ("azure", "SimulatedAzure", {"location": "westeurope"}, "pulumi_azure_native"),
        ("gcp", "SimulatedGcp", {"project": "p", "region": "us-central1"}, "pulumi_gcp"),
    ],
)
def test_a_simulated_cloud_needs_no_sdk(
    cloud: str, name: str, config: dict[str, str], sdk: str, root: Path
) -> None:
    program = (
        "import sys\n"
        f"from mllab.simulated.{cloud}.cloud import {name}\n"
        f"{name}(None).configured({config!r})\n"
        f"print([name for name in ({sdk!r}, 'grpc') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
