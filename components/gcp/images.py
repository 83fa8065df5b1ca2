"""Which image family a notebook starts from: the first of a list that Google still publishes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from components.catalog import Machine
from components.contracts import Unsupported

_PROJECT = "deeplearning-platform-release"
_NAME_ONE = (
    "name a family: pulumi config set --path mllab:gcp.image FAMILY, out of: gcloud compute images"
    f" list --project {_PROJECT} --no-standard-images --format 'value(family)'"
)
_KIND_VM = "take mllab:notebook.kind vm, or wait for a newer mllab"


@dataclass(frozen=True)
class Source:
    """Where a kind of image is published.

    Args:
        kind: names it. A machine with another kind of image is another machine.
        project: whose images they are. families: the first that exists wins.
        signed: all that it loads at boot is, so that it boots with Secure Boot.
        instead: what to do when none exists.
    """

    kind: str
    project: str
    families: tuple[str, ...]
    signed: bool
    instead: str = _NAME_ONE


DEEP_LEARNING = Source(
    "deep-learning",
    _PROJECT,
    (
        "common-cu129-ubuntu-2404-nvidia-580",
        "common-cu129-ubuntu-2204-nvidia-580",
        "pytorch-2-9-cu129-ubuntu-2404-nvidia-580",
        "pytorch-2-9-cu129-ubuntu-2204-nvidia-580",
    ),
    signed=False,  # no page says that its driver is
)
"""Deep Learning VM, Ubuntu only: the scripts come by cloud-init, which Debian has not. Families
vanish: `common-cu128-ubuntu-2204-nvidia-570` did in April 2026.
Source: https://cloud.google.com/deep-learning-vm/docs/images,
https://github.com/sdv-dev/SDGym/pull/595"""

ACCELERATOR = Source(
    "accelerator",
    "ubuntu-os-accelerator-images",
    (
        "ubuntu-accelerator-2404-amd64-with-nvidia-580",
        "ubuntu-accelerator-2204-amd64-with-nvidia-580",
    ),
    signed=True,
    instead="do without Secure Boot: pulumi config set --path mllab:gcp.secure_boot false",
)
"""Canonical's Ubuntu with nothing but the driver, from its own packages, whose modules it signs.
Source: https://cloud.google.com/ai-hypercomputer/docs/software-stack#os-image,
https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/install-precompiled-signed-drivers.html
"""

UBUNTU = Source(
    "ubuntu", "ubuntu-os-cloud", ("ubuntu-2404-lts-amd64", "ubuntu-2204-lts"), signed=True
)
"""Plain Ubuntu, where GPU drivers would be dead weight.
Source: https://cloud.google.com/compute/docs/images/os-details"""

WORKBENCH = Source(
    "workbench",
    "cloud-notebooks-managed",
    ("workbench-instances-2603", "workbench-instances"),
    signed=True,
    instead=_KIND_VM,
)
"""Each dated family is supported for two years; the one without a date is on Debian 11.
Source: https://cloud.google.com/vertex-ai/docs/workbench/instances/manage-version"""

WORKBENCH_GPU = Source(
    "workbench",
    "cloud-notebooks-managed",
    ("workbench-instances-2603",),
    signed=True,
    instead=_KIND_VM,
)
"""The families that bring a driver, and a signed one. On the others Google installs it, if asked in
`gpuDriverConfig`, which the provider cannot say; the metadata key `install-nvidia-driver` is
Google's own there, and what others write into it is overwritten.
Source: https://cloud.google.com/vertex-ai/docs/workbench/instances/release-notes (13 July 2026),
https://cloud.google.com/vertex-ai/docs/workbench/instances/manage-metadata"""


def source(machine: Machine, *, signed: bool = False) -> Source:
    """The kind of image for a notebook machine.

    Args:
        signed: one that boots with Secure Boot.
    """
    if not machine.gpus:
        return UBUNTU
    return ACCELERATOR if signed else DEEP_LEARNING


def workbench(machine: Machine) -> Source:
    """The kind of image for a Workbench instance."""
    return WORKBENCH_GPU if machine.gpus else WORKBENCH


def family(
    parent: pulumi.Resource, wanted: Source, after: Sequence[pulumi.CustomResource]
) -> pulumi.Output[str]:
    """The family to start from, looked up once the APIs are enabled.

    Raises:
        Unsupported: inside the output, when none is published.
    """
    ready = pulumi.Output.all(*(each.id for each in after))
    return ready.apply(lambda _: _first(parent, wanted))


def path(wanted: Source, family: str) -> str:
    """A family as `compute.Instance` takes it. Never the image that it stands for today: next
    month's would replace the machine.
    """
    return f"projects/{wanted.project}/global/images/family/{family}"


def _first(parent: pulumi.Resource, wanted: Source) -> str:
    """Asked one by one, since a list of images also holds those that Google has given up."""
    for name in wanted.families:
        try:
            compute.get_image(
                family=name, project=wanted.project, opts=pulumi.InvokeOptions(parent=parent)
            )
        except Exception as fault:  # the SDK knows no kinds of faults
            if not re.search(r"\b404\b", str(fault)):
                raise
        else:
            return name
    raise Unsupported(
        f"Google publishes none of {', '.join(wanted.families)} in {wanted.project};"
        f" {wanted.instead}"
    )
