"""Container registry on Azure: one registry, and the task that cleans it up."""

from __future__ import annotations

import base64
from pathlib import Path

import pulumi
from pulumi_azure_native import containerregistry

from components import contracts
from components.azure.network import Network
from components.contracts import RegistryArgs, child, publish
from components.names import truncate_with_hash
from components.tags import named, tags

MUTABLE_TAG = "latest"  # what jobs run
TIMEOUT_SECONDS = 3600
NIGHTLY = "0 2 * * *"  # UTC
CLEAN_UP = Path(__file__).parent / "files" / "clean-up.yaml"


class Registry(pulumi.ComponentResource):
    """A private registry for the lab's container images, deleted with its images.

    Retention policies belong to the Premium tier, at ten times the price, so that a task cleans up
    every night. Azure lets no free or student subscription run tasks: there it is made, and fails.

    Args:
        args: `keep_images`: newest images of each repository that survive the clean-up.
    Outputs:
        uri: to tag and push to, `<name>.azurecr.io/<lab>`. login_command: logs docker in for
        three hours.
    Cost: 5.00 USD per month for up to 10 GB, 0.10 USD for each further GB; the clean-up 0.20 USD
        per month (East US, Nov 2026).
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-auto-purge,
        https://learn.microsoft.com/azure/container-registry/container-registry-skus,
        https://learn.microsoft.com/azure/container-registry/container-registry-authentication
    """

    uri: pulumi.Output[str]
    login_command: pulumi.Output[str]
    registry: containerregistry.Registry

    def __init__(
        self,
        name: str,
        args: RegistryArgs[Network],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("mllab:azure:Registry", name, None, opts)
        group = args.network.group
        labels = tags(args.lab, "registry")
        self.registry = containerregistry.Registry(
            f"{name}-images",
            registry_name=group.name.apply(
                lambda unique: truncate_with_hash(args.lab.name, "images", unique)
            ),
            resource_group_name=group.name,
            sku={"name": "Basic"},
            admin_user_enabled=False,  # a password for everything, for everybody
            tags=named(labels, f"{name}-images"),
            opts=child(self, deleted_with=group),
        )
        containerregistry.Task(
            f"{name}-clean-up",
            task_name="clean-up",  # a generated one could exceed the 50 characters that Azure takes
            registry_name=self.registry.name,
            resource_group_name=group.name,
            status="Enabled",
            platform={"os": "Linux", "architecture": "amd64"},
            agent_configuration={"cpu": 2},
            timeout=TIMEOUT_SECONDS,
            step=containerregistry.EncodedTaskStepArgs(
                type="EncodedTask",
                encoded_task_content=base64.b64encode(CLEAN_UP.read_bytes()).decode(),
                values=[containerregistry.SetValueArgs(name="keep", value=str(args.keep_images))],
            ),
            trigger={"timer_triggers": [{"name": "nightly", "schedule": NIGHTLY}]},
            tags=named(labels, f"{name}-clean-up"),
            opts=child(self, deleted_with=self.registry),
        )
        self.uri = pulumi.Output.concat(self.registry.login_server, "/", args.lab.name)
        self.login_command = pulumi.Output.concat("az acr login --name ", self.registry.name)
        publish(self, contracts.Registry)
