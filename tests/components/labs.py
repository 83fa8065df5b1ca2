"""Labs to look at: the committed stacks, variants of them, and AWS's answers to their look-ups."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components.contracts import Unsupported
from components.environment import Cloud, Environment, EnvironmentArgs
from mllab import program
from mllab.engines.contract import Resource
from mllab.errors import RunFailed
from mllab.settings import files
from mllab.settings.clouds import Aws
from mllab.settings.lab import Lab
from tests.components.render import Answers, Rendered, render, replaced

ROOT = Path(__file__).parent.parent.parent
STACKS = ("aws-course", "aws-lab", "aws-tiny")
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


@functools.cache
def committed(name: str) -> Rendered:
    """A committed stack, with everything known."""
    lab = loaded(name)
    said = answers("abc", region=lab.region)
    return render(lambda: program.declare(lab), said, stack_name=name)


@functools.cache
def loaded(name: str = "aws-course") -> Lab:
    """A committed stack."""
    return files.load(files.find(ROOT, name))


@functools.cache
def asked(name: str = "aws-course", kind: str = "vm") -> EnvironmentArgs:
    """What a committed stack asks of the components."""
    return program.arguments(_of_kind(name, kind))


def _of_kind(name: str, kind: str) -> Lab:
    lab = loaded(name)
    return lab.model_copy(update={"notebook": lab.notebook.model_copy(update={"kind": kind})})


def cloud(name: str = "aws-course", *, kind: str = "vm", **switches: Any) -> Cloud:
    """The classes of a committed stack's cloud; of the notebooks those of a kind, and some of its
    own switches changed."""
    lab = _of_kind(name, kind)
    section = lab.lab.cloud
    changed = getattr(lab, section).model_copy(update=switches)
    return program.cloud(lab.model_copy(update={section: changed}))


def variant(
    name: str = "aws-course",
    *,
    lab: Mapping[str, Any] | None = None,
    kind: str = "vm",
    said: Answers | None = None,
    preview: bool = False,
    recorded: Mapping[str, Mapping[str, Any]] | None = None,
    switches: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Rendered:
    """A committed stack with other arguments; `lab` changes those that all roles share, `switches`
    what only its cloud has."""
    args = _changed(asked(name, kind), lab or {}, changes)
    declare = _declare(args, cloud(name, kind=kind, **(switches or {})))
    return render(declare, said or answers(), stack_name=name, preview=preview, recorded=recorded)


@functools.cache
def managed(name: str = "aws-course") -> Rendered:
    """A committed stack with managed notebooks, with everything known."""
    return variant(name, kind="managed")


def rebuilt(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What is replaced when a course with some arguments gets others."""
    programs = []
    for changes in (before, after):
        switches = {key: changes[key] for key in changes if key in Aws.model_fields}
        rest = {key: changes[key] for key in changes if key not in switches}
        programs.append(_declare(_changed(asked(), {}, rest), cloud(**switches)))
    return replaced(*programs, answers(), stack_name="aws-course")


def _declare(args: EnvironmentArgs, where: Cloud) -> Callable[[], object]:
    return lambda: Environment(args.lab.name, args, where)


def alone(
    role: str,
    kind: type[Any],
    *,
    lab: Mapping[str, Any] | None = None,
    switches: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Rendered:
    """A role of the course that needs no other, by itself, which takes a tenth of the time.

    Args:
        kind: the class of its arguments.
    """
    whole = _changed(asked(), lab or {}, changes)
    own = {each.name for each in fields(kind)} - {"network"}
    args = kind(network=SimpleNamespace(key=None), **{name: getattr(whole, name) for name in own})
    name = f"{whole.lab.name}-{role}"

    def declare() -> None:
        getattr(cloud(**(switches or {})), role)(name, args, pulumi.ResourceOptions())

    return render(declare, {}, stack_name="aws-course")


def _changed(
    args: EnvironmentArgs, lab: Mapping[str, Any], changes: Mapping[str, Any]
) -> EnvironmentArgs:
    return replace(args, lab=replace(args.lab, **lab), **changes)


def refusal(make: Callable[..., Rendered], **changes: Any) -> str:
    """Why a variant is refused."""
    with pytest.raises(RunFailed) as caught:
        make(**changes)
    place, _, reason = str(caught.value).partition(f": {Unsupported.__name__}: ")
    assert place.startswith("components/aws/")
    return reason


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
