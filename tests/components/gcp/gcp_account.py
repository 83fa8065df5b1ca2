"""Stands in for Google Cloud while a lab is rendered, and loads labs to look at.

It makes whatever it is asked for; names and ids look like Google's, since ours are put together of
them.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

import pulumi
import pytest

from components.contracts import NetworkArgs, Unsupported
from components.environment import Cloud, Environment, EnvironmentArgs
from components.gcp import images
from components.gcp.network import Network
from mllab import program
from mllab.engines.contract import Resource
from mllab.errors import RunFailed
from mllab.protocol.provider import Call, Properties, ProviderFailure
from mllab.settings import files
from mllab.settings.clouds import Gcp
from mllab.settings.lab import Lab
from tests.components.labs import ROOT
from tests.components.render import Agreeable, Answers, Rendered, render, replaced

PROJECT, NUMBER = "my-course-2027", 123456789012
BILLING = "000000-000000-000000"
STACKS = ("gcp-course", "gcp-lab", "gcp-tiny")

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


@functools.cache
def loaded(name: str = "gcp-course") -> Lab:
    """A committed stack."""
    return files.load(files.find(ROOT, name))


@functools.cache
def asked(name: str = "gcp-course", kind: str = "vm") -> EnvironmentArgs:
    """What a stack asks of the components."""
    lab = loaded(name)
    notebook = lab.notebook.model_copy(update={"kind": kind})
    return program.arguments(lab.model_copy(update={"notebook": notebook}))


@functools.cache
def committed(name: str = "gcp-course") -> Rendered:
    """A stack, with everything known."""
    return variant(name)


@functools.cache
def managed(name: str = "gcp-course") -> Rendered:
    """A stack with managed notebooks, with everything known."""
    return variant(name, kind="managed")


@functools.cache
def declared(name: str = "gcp-course") -> Rendered:
    """A stack as a run declares it, with its outputs."""
    return render(
        lambda: program.declare(loaded(name)), answers(), stack_name=name, account=AgreeableGcp
    )


def cloud(name: str = "gcp-course", *, kind: str = "vm", **switches: Any) -> Cloud:
    """The classes of a stack's cloud; of the notebooks those of a kind, and its own switches."""
    lab = loaded(name)
    zone = switches.pop("zone", None)
    changed = lab.model_copy(
        update={
            "gcp": lab.gcp.model_copy(update=switches),
            "notebook": lab.notebook.model_copy(update={"kind": kind}),
            "zone": zone,
        }
    )
    return program.cloud(changed)


def variant(
    name: str = "gcp-course",
    *,
    lab: Mapping[str, Any] | None = None,
    kind: str = "vm",
    switches: Mapping[str, Any] | None = None,
    said: Answers | None = None,
    preview: bool = False,
    recorded: Mapping[str, Mapping[str, Any]] | None = None,
    **changes: Any,
) -> Rendered:
    """A stack with other arguments; `lab` changes those that all roles share, `switches` what only
    Google Cloud has."""
    args = _changed(asked(name, kind), lab or {}, changes)
    where = cloud(name, kind=kind, **(switches or {}))
    return render(
        lambda: Environment(args.lab.name, args, where),
        said or answers(),
        stack_name=name,
        preview=preview,
        recorded=recorded,
        account=AgreeableGcp,
    )


def rebuilt(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What is replaced whatever Google could change, when a course with some arguments gets
    others."""

    def declare(changes: Mapping[str, Any]) -> Callable[[], object]:
        switches = {key: changes[key] for key in changes if key in Gcp.model_fields}
        rest = {key: changes[key] for key in changes if key not in switches}
        args = _changed(asked(), {}, rest)
        return lambda: Environment(args.lab.name, args, cloud(**switches))

    return replaced(
        declare(before),
        declare(after),
        answers(),
        stack_name="gcp-course",
        account=AgreeableGcp,
    )


def alone(role: str, kind: type[Any], **changes: Any) -> Rendered:
    """A role of the course with nothing but the network, which takes a tenth of the time."""
    said = changes.pop("said", None)
    switches = {key: changes[key] for key in changes if key in Gcp.model_fields}
    lab = changes.pop("lab", {})
    rest = {key: changes[key] for key in changes if key not in switches}
    whole = _changed(asked(), lab, rest)
    own = {each.name for each in fields(kind)} - {"network"}
    where = cloud(**switches)

    def declare() -> None:
        network = Network(
            f"{whole.lab.name}-network",
            NetworkArgs(lab=whole.lab, machines=(whole.notebook,), keep=True, files=whole.files),
        )
        given = {each: getattr(whole, each) for each in own}
        name = f"{whole.lab.name}-{role}"
        getattr(where, role)(name, kind(network=network, **given), pulumi.ResourceOptions())

    return render(declare, said or answers(), stack_name="gcp-course", account=AgreeableGcp)


def _changed(
    args: EnvironmentArgs, lab: Mapping[str, Any], changes: Mapping[str, Any]
) -> EnvironmentArgs:
    return replace(args, lab=replace(args.lab, **lab), **changes)


def refusal(make: Callable[..., Rendered], **changes: Any) -> str:
    """Why a variant is refused."""
    with pytest.raises(RunFailed) as caught:
        make(**changes)
    place, _, reason = str(caught.value).partition(f"{Unsupported.__name__}: ")
    assert not place or place.startswith("components/gcp/")
    return reason


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
