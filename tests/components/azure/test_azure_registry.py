"""Images are cleaned up, nobody shares a password for them, and they are gone with the lab."""

from __future__ import annotations

import base64

import pytest
import yaml

from components.contracts import RegistryArgs
from tests.components.azure.azure_account import STACKS, alone, committed


@pytest.mark.parametrize("stack", STACKS)
def test_registry_is_the_cheapest_without_a_password(stack: str) -> None:
    inputs = committed(stack).one("containerregistry:Registry").inputs
    assert inputs["sku"] == {"name": "Basic"}
    assert inputs["adminUserEnabled"] is False
    assert "policies" not in inputs, "a retention policy is Premium"


@pytest.mark.parametrize("keep_images", [1, 30])
def test_every_night_only_the_newest_images_stay(keep_images: int) -> None:
    task = alone("registry", RegistryArgs, keep_images=keep_images).one("containerregistry:Task")
    inputs = task.inputs
    assert inputs["status"] == "Enabled"
    assert inputs["step"]["type"] == "EncodedTask"
    assert inputs["step"]["values"] == [
        {"name": "keep", "value": str(keep_images), "isSecret": False}
    ]
    assert inputs["trigger"] == {
        "timerTriggers": [{"name": "nightly", "schedule": "0 2 * * *"}],
    }
    text = base64.b64decode(inputs["step"]["encodedTaskContent"]).decode()
    steps = yaml.safe_load(text)["steps"]
    commands = [each["cmd"].replace("{{.Values.keep}}", str(keep_images)) for each in steps]
    assert commands == [
        f"acr purge --filter '.*:.*' --ago 0d --keep {keep_images}",
        f"acr purge --filter '.*:.*' --ago 7d --keep {keep_images} --untagged",
    ]
    assert sum(each["timeout"] for each in steps) < inputs["timeout"]


def test_uri_is_what_docker_pushes_to() -> None:
    registry = committed().outputs["registry"]
    name = committed().one("containerregistry:Registry").inputs["registryName"]
    assert registry["uri"] == f"{name}.azurecr.io/azure-course"
    assert registry["login_command"] == f"az acr login --name {name}"
