"""Stands in for Google Cloud while a lab is rendered, and loads labs to look at.

It makes whatever it is asked for; names and ids look like Google's, since ours are put together of
them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from components.contracts import NetworkArgs
from components.environment import EnvironmentArgs
from components.gcp import images
from components.gcp.network import Network
from mllab.engines.contract import Resource
from mllab.protocol.provider import Call, Properties, ProviderFailure
from tests.components.cloud_labs import CloudLabs
from tests.components.render import Agreeable, Answers, Rendered

PROJECT, NUMBER = "my-course-2027", 123456789012
BILLING = "000000-000000-000000"

IMAGE = "gcp:compute/getImage:getImage"
ACCOUNT = "gcp:organizations/getBillingAccount:getBillingAccount"
WHOSE = "gcp:organizations/getProject:getProject"

PUBLISHED = (
    *images.DEEP_LEARNING.families,
    *images.ACCELERATOR.families,
    *images.UBUNTU.families,
    *images.WORKBENCH.families,
)


def answers(published: Iterable[str] = PUBLISHED, currency: str = "USD") -> Answers:
    """What Google says.

    Args:
        published: image families that exist. currency: of the billing account.
    """
    known = tuple(published)

    def image(args: dict[str, Any]) -> dict[str, Any]:
        if args["family"] not in known:
            where = f"projects/{args['project']}/global/images/family/{args['family']}"
            raise ProviderFailure(
                "error retrieving image information: googleapi: Error 404: The resource"
                f" '{where}' was not found, notFound"
            )
        return {"id": "i", "family": args["family"], "name": f"{args['family']}-v20270101"}

    return {
        IMAGE: image,
        ACCOUNT: lambda args: {"id": "b", "currencyCode": currency, "open": True, **args},
        WHOSE: lambda args: {"id": "p", "projectId": PROJECT, "number": str(NUMBER)},
    }


class AgreeableGcp(Agreeable):
    """A Google Cloud that says yes."""

    package = "gcp"
    version = "10.2.0"

    def id(self, call: Call, inputs: Properties) -> str:
        return f"projects/{PROJECT}/{call.name}"

    def computed(self, call: Call, inputs: Properties) -> Properties:
        name = inputs.get("name", f"{call.name}-0abc123")
        account = inputs.get("accountId", "")
        email = f"{account}@{PROJECT}.iam.gserviceaccount.com"
        role = f"projects/{PROJECT}/roles/{inputs.get('roleId')}"
        repository = inputs.get("repositoryId", "")
        return {
            "name": role if "roleId" in inputs else repository or name,
            "project": PROJECT,
            "projectNumber": NUMBER,
            "selfLink": f"https://www.googleapis.com/compute/v1/{call.name}",
            "url": f"gs://{name}",
            "email": email,
            "member": f"serviceAccount:{email}",
            "registryUri": f"{inputs.get('location')}-docker.pkg.dev/{PROJECT}/{repository}",
            "instanceId": f"1{len(call.name):018d}",
        }

    def create(self, call: Call, inputs: Properties) -> Any:
        made = super().create(call, inputs)
        if call.preview:
            return made
        more: Properties = {}
        if call.type.endswith("filestore/instance:Instance"):
            more["networks"] = [{**inputs["networks"][0], "ipAddresses": ["10.9.0.2"]}]
        if call.type.endswith("workbench/instance:Instance"):
            more["gceSetup"] = {**inputs["gceSetup"], "computeInstanceId": "42"}
        return replace(made, outputs={**made.outputs, **more})


def network(args: EnvironmentArgs) -> Network:
    """What a role that is rendered alone needs."""
    machines = (args.notebook,)
    given = NetworkArgs(lab=args.lab, machines=machines, keep=True, files=args.files)
    return Network(f"{args.lab.name}-network", given)


GCP = CloudLabs("gcp", lambda _: answers(), AgreeableGcp, network)
STACKS = GCP.stacks
committed, managed, variant, alone = GCP.committed, GCP.managed, GCP.variant, GCP.alone
asked, cloud, rebuilt, refusal = GCP.asked, GCP.cloud, GCP.rebuilt, GCP.refusal


def told(machine: Resource) -> dict[str, str]:
    """The settings file that a machine's user data carries."""
    text = machine.inputs["metadata"]["user-data"]
    written = json.loads(text.split("\n", 1)[1])["write_files"]
    (entry,) = [each for each in written if each["path"] == "/etc/mllab/lab.env"]
    content = base64.b64decode(entry["content"]).decode()
    return dict(line.split("=", 1) for line in content.splitlines())


def granted(rendered: Rendered) -> set[tuple[str, str, str]]:
    """(account without its hash, what it is on, role) of all rights."""
    kinds = {
        "storage/bucketIAMMember:BucketIAMMember": "bucket",
        "artifactregistry/repositoryIamMember:RepositoryIamMember": "repository",
        "projects/iAMMember:IAMMember": "project",
        "compute/instanceIAMMember:InstanceIAMMember": "instanceName",
    }
    found = set()
    for kind, what in kinds.items():
        for each in rendered.of(kind):
            whose = each.inputs["member"].partition(":")[2].partition("@")[0]
            found.add((whose.rpartition("-")[0], str(each.inputs[what]), each.inputs["role"]))
    return found
