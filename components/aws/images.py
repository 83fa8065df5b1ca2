"""Which machine image (AMI) a notebook starts from, looked up in AWS's public parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import ssm

from components.catalog import Machine
from components.contracts import Unsupported


@dataclass(frozen=True)
class Source:
    """Where a kind of image is published.

    Args:
        kind: names it. A machine with another kind of image is another machine.
        folder: of public parameters of the Systems Manager.
        names: patterns of what is in it. The first that fits anything wins; of several that fit
            it, the highest version does.
    """

    kind: str
    folder: str
    names: tuple[str, ...]


_DEEP_LEARNING = "/aws/service/deeplearning/ami/x86_64/"

UBUNTU_GPU = Source(
    "ubuntu-gpu",
    _DEEP_LEARNING,
    (
        r"base-oss-nvidia-driver-gpu-ubuntu-24\.04/latest/ami-id",
        r"base-oss-nvidia-driver-gpu-ubuntu-22\.04/latest/ami-id",
        r"oss-nvidia-driver-gpu-pytorch-[0-9.]+-ubuntu-[0-9.]+/latest/ami-id",
    ),
)
"""Deep Learning AMI. Base images first: their names stay, those with a version vanish in time.
Source: https://docs.aws.amazon.com/dlami/latest/devguide/find-dlami-id.html"""

AMAZON_GPU = Source(
    "amazon-gpu",
    _DEEP_LEARNING,
    (
        r"base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id",
        r"oss-nvidia-driver-gpu-pytorch-[0-9.]+-amazon-linux-2023/latest/ami-id",
    ),
)
"""The same on Amazon Linux 2023, which has the mount helper of EFS as a package; Ubuntu has not.
Source: https://docs.aws.amazon.com/efs/latest/ug/installing-amazon-efs-utils.html"""

AMAZON_CPU = Source(
    "amazon-cpu",
    "/aws/service/ami-amazon-linux-latest/",
    (r"al2023-ami-kernel-default-x86_64", r"al2023-ami-kernel-[0-9.]+-x86_64"),
)
"""Plain Amazon Linux 2023, where GPU drivers would be dead weight.
Source: https://docs.aws.amazon.com/linux/al2023/ug/ec2.html"""


def source(machine: Machine, *, files: bool) -> Source:
    """The kind of image for a machine, with or without shared files."""
    if not machine.gpus:
        return AMAZON_CPU
    return AMAZON_GPU if files else UBUNTU_GPU


def image_id(parent: pulumi.Resource, wanted: Source) -> pulumi.Output[str]:
    """The newest AMI of a kind in the lab's region.

    Names are listed first, so that a fallback needs no failed look-up. Both look-ups carry values
    that count as secrets, and the SDK then takes the whole answer for one, also `insecure_value`;
    what is published to everybody is none, and machines made of it must stay readable in reviews.

    Raises:
        Unsupported: inside the output, when nothing fits.
    """
    opts = pulumi.InvokeOptions(parent=parent)
    listed = ssm.get_parameters_by_path_output(path=wanted.folder, recursive=True, opts=opts)
    name = pulumi.Output.unsecret(listed.names).apply(lambda names: newest(wanted, names))
    parameter = ssm.get_parameter_output(name=name, opts=opts)
    return pulumi.Output.unsecret(parameter.insecure_value)


def newest(wanted: Source, names: Sequence[str]) -> str:
    """The parameter to read, out of those that exist.

    Raises:
        Unsupported: nothing fits; says what was looked for, and how to name an image by hand.
    """
    for pattern in wanted.names:
        whole = re.compile(re.escape(wanted.folder) + pattern)
        if found := [name for name in names if whole.fullmatch(name)]:
            return max(found, key=_version)
    tried = ", ".join(pattern.replace("\\", "") for pattern in wanted.names)
    raise Unsupported(
        f"AWS publishes no machine image in this region under {wanted.folder} as {tried}; name one:"
        " pulumi config set --path mllab:aws.image ami-0123456789abcdef0"
    )


def _version(name: str) -> list[int]:
    """Numbers in order of appearance, so that 2.10 comes after 2.9."""
    return [int(number) for number in re.findall(r"\d+", name)]
