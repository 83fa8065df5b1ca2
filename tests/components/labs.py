"""Labs on AWS to look at, and AWS's answers to their look-ups."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from mllab.engines.contract import Resource
from tests.components.cloud_labs import CloudLabs
from tests.components.render import Agreeable, Answers, Rendered

AMI = "ami-0123456789abcdef0"

OFFERINGS = "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings"
BY_PATH = "aws:ssm/getParametersByPath:getParametersByPath"
PARAMETER = "aws:ssm/getParameter:getParameter"

PUBLISHED = (
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id",
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
    "/aws/service/deeplearning/ami/x86_64/"
    "base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id",
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
)
"""A part of the public parameters, as listed by
https://docs.aws.amazon.com/dlami/latest/devguide/find-dlami-id.html and
https://docs.aws.amazon.com/linux/al2023/ug/ec2.html."""

# How a provider marks a secret on the wire.
_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def answers(
    zones: str | Mapping[str, str] = "abcdf",
    published: Iterable[str] = PUBLISHED,
    extra: Iterable[tuple[str, str]] = (),
    region: str = "us-east-1",
) -> Answers:
    """What AWS says.

    Args:
        zones: letters of the region's zones that offer every type, or the letters for each type.
        published: names of public parameters.
        extra: further (type, location) pairs.
    """

    def offerings(args: dict[str, Any]) -> dict[str, Any]:
        asked = args["filters"][0]["values"]
        pairs = [
            (kind, region + letter)
            for kind in asked
            for letter in (zones if isinstance(zones, str) else zones.get(kind, ""))
        ]
        pairs += extra
        return {
            "id": "offerings",
            "locationType": args["locationType"],
            "instanceTypes": [kind for kind, _ in pairs],
            "locations": [location for _, location in pairs],
            "locationTypes": [args["locationType"]] * len(pairs),
        }

    def by_path(args: dict[str, Any]) -> dict[str, Any]:
        assert args["recursive"] is True
        names = [name for name in published if name.startswith(args["path"])]
        values = {**_SECRET, "value": [AMI] * len(names)}
        return {"id": args["path"], "path": args["path"], "names": names, "values": values}

    def parameter(args: dict[str, Any]) -> dict[str, Any]:
        assert args["name"] in published
        value = {**_SECRET, "value": "not to be read"}
        return {"id": "p", "name": args["name"], "value": value, "insecureValue": AMI}

    return {OFFERINGS: offerings, BY_PATH: by_path, PARAMETER: parameter}


AWS = CloudLabs(
    name="aws",
    answers=lambda region: answers("abc", region=region),
    account=Agreeable,
    network=lambda _: SimpleNamespace(key=None),
)
STACKS = AWS.stacks
committed, managed, variant, alone = AWS.committed, AWS.managed, AWS.variant, AWS.alone
asked, cloud, rebuilt, refusal = AWS.asked, AWS.cloud, AWS.rebuilt, AWS.refusal


def policy(resource: Resource, key: str = "policy") -> list[dict[str, Any]]:
    """The statements of a resource's policy."""
    document = json.loads(resource.inputs[key])
    assert document["Version"] == "2012-10-17"
    statements = document["Statement"]
    assert isinstance(statements, list)
    return statements


def granted(resource: Resource) -> dict[str, set[str]]:
    """Action -> resources, of all Allow statements of a policy."""
    found: dict[str, set[str]] = {}
    for statement in policy(resource):
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            found.setdefault(action, set()).update(statement["Resource"])
    return found


def told(machine: Resource) -> dict[str, str]:
    """The settings file that a machine's user data carries."""
    text = gzip.decompress(base64.b64decode(machine.inputs["userDataBase64"])).decode()
    assert text.startswith("#cloud-config\n")
    written = json.loads(text.split("\n", 1)[1])["write_files"]
    (entry,) = [each for each in written if each["path"] == "/etc/mllab/lab.env"]
    content = base64.b64decode(entry["content"])
    if entry["encoding"].startswith("gz"):
        content = gzip.decompress(content)
    return dict(line.split("=", 1) for line in content.decode().splitlines())


def nodes(rendered: Rendered) -> dict[str, Any]:
    """What the cluster's machines are."""
    environment = rendered.one("batch/computeEnvironment:ComputeEnvironment")
    found = environment.inputs["computeResources"]
    assert isinstance(found, dict)
    return found


def after(later: Resource, *earlier: Resource) -> bool:
    """True when `later` is made after, and so deleted before, all the others."""
    return {each.urn for each in earlier} <= set(later.dependencies)


def walk(value: Any, visit: Callable[[Any], None]) -> None:
    """Call `visit` with a value and all that is in it."""
    visit(value)
    inside = value.values() if isinstance(value, Mapping) else value
    for inner in inside if isinstance(value, (Mapping, list)) else ():
        walk(inner, visit)
