"""Which image family a notebook starts from: the first of a list that Google still publishes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from components.catalog import Machine
from components.contracts import Refused


@dataclass(frozen=True)
class Source:
    """Where a kind of image is published.

    Args:
        kind: names it. A machine with another kind of image is another machine.
        project: whose images they are. families: the first that exists wins.
    """

    kind: str
    project: str
    families: tuple[str, ...]


DEEP_LEARNING = Source(
    "deep-learning",
    "deeplearning-platform-release",
    (
        "common-cu129-ubuntu-2404-nvidia-580",
        "common-cu129-ubuntu-2204-nvidia-580",
        "pytorch-2-9-cu129-ubuntu-2404-nvidia-580",
        "pytorch-2-9-cu129-ubuntu-2204-nvidia-580",
    ),
)
"""Deep Learning VM, Ubuntu only: the scripts come by cloud-init, which Debian has not. Families
vanish: `common-cu128-ubuntu-2204-nvidia-570` did in April 2026.
Source: https://cloud.google.com/deep-learning-vm/docs/images,
https://github.com/sdv-dev/SDGym/pull/595"""

UBUNTU = Source("ubuntu", "ubuntu-os-cloud", ("ubuntu-2404-lts-amd64", "ubuntu-2204-lts"))
"""Plain Ubuntu, where GPU drivers would be dead weight.
Source: https://cloud.google.com/compute/docs/images/os-details"""

WORKBENCH = Source(
    "workbench",
    "cloud-notebooks-managed",
    ("workbench-instances-2603", "workbench-instances"),
)
"""Each dated family is supported for two years; the one without a date is on Debian 11.
Source: https://cloud.google.com/vertex-ai/docs/workbench/instances/manage-version"""


def source(machine: Machine) -> Source:
    """The kind of image for a notebook machine."""
    return DEEP_LEARNING if machine.gpus else UBUNTU


def family(
    parent: pulumi.Resource, wanted: Source, after: Sequence[pulumi.CustomResource]
) -> pulumi.Output[str]:
    """The family to start from, looked up once the APIs are enabled.

    Raises:
        Refused: inside the output, when none is published.
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
    raise Refused(
        f"Google publishes none of {', '.join(wanted.families)} in {wanted.project}; name a family:"
        " pulumi config set --path mllab:gcp.image FAMILY, out of: gcloud compute images list"
        f" --project {wanted.project} --no-standard-images --format 'value(family)'"
    )
