"""The right machine image is found, also when the names that AWS publishes change."""

from __future__ import annotations

import pytest

from components.aws import images
from components.catalog import machine
from components.contracts import Unsupported
from tests.components.labs import AMI, PARAMETER, PUBLISHED, answers, refusal, variant

GPU = "/aws/service/deeplearning/ami/x86_64/"
CPU = "/aws/service/ami-amazon-linux-latest/"


def base(system: str) -> str:
    return f"{GPU}base-oss-nvidia-driver-gpu-{system}/latest/ami-id"


def pytorch(version: str, system: str) -> str:
    return f"{GPU}oss-nvidia-driver-gpu-pytorch-{version}-{system}/latest/ami-id"


@pytest.mark.parametrize(
    ("size", "files", "name"),
    [
        ("gpu-small", False, base("ubuntu-24.04")),
        ("gpu-small", True, base("amazon-linux-2023")),
        ("gpu-large", False, base("ubuntu-24.04")),
        ("cpu-small", False, f"{CPU}al2023-ami-kernel-default-x86_64"),
        ("cpu-small", True, f"{CPU}al2023-ami-kernel-default-x86_64"),
    ],
)
def test_image_fits_machine_and_files(size: str, files: bool, name: str) -> None:
    rendered = variant(notebook=machine("aws", size), files=files)
    read = [args["name"] for token, args in rendered.invokes if token == PARAMETER]
    assert read == [name]
    assert rendered.one("ec2/instance:Instance").inputs["ami"] == AMI


@pytest.mark.parametrize(
    ("wanted", "published", "found"),
    [
        pytest.param(
            images.UBUNTU_GPU,
            [base("ubuntu-22.04"), pytorch("2.12", "ubuntu-24.04")],
            base("ubuntu-22.04"),
            id="older base before any framework",
        ),
        pytest.param(
            images.UBUNTU_GPU,
            [pytorch("2.9", "ubuntu-24.04"), pytorch("2.12", "ubuntu-24.04")],
            pytorch("2.12", "ubuntu-24.04"),
            id="2.12 is newer than 2.9",
        ),
        pytest.param(
            images.UBUNTU_GPU,
            [pytorch("2.10", "ubuntu-22.04"), pytorch("2.10", "ubuntu-24.04")],
            pytorch("2.10", "ubuntu-24.04"),
            id="of one framework the newer system",
        ),
        pytest.param(
            images.AMAZON_GPU,
            [base("ubuntu-24.04"), pytorch("2.7", "amazon-linux-2023")],
            pytorch("2.7", "amazon-linux-2023"),
            id="never Ubuntu where files are mounted",
        ),
        pytest.param(
            images.AMAZON_CPU,
            [f"{CPU}al2023-ami-kernel-6.1-x86_64", f"{CPU}al2023-ami-kernel-6.12-x86_64"],
            f"{CPU}al2023-ami-kernel-6.12-x86_64",
            id="a stated kernel where there is no default",
        ),
    ],
)
def test_falls_back_in_order(wanted: images.Source, published: list[str], found: str) -> None:
    assert images.newest(wanted, published) == found
    assert images.newest(wanted, published[::-1]) == found


@pytest.mark.parametrize(
    "near",
    [
        f"{CPU}al2023-ami-kernel-default-arm64",
        f"{CPU}al2023-ami-minimal-kernel-default-x86_64",
        f"{CPU}amzn2-ami-kernel-5.10-hvm-x86_64-gp2",
        f"/elsewhere{CPU}al2023-ami-kernel-default-x86_64",
    ],
)
def test_refuses_images_that_only_look_alike(near: str) -> None:
    with pytest.raises(Unsupported, match="AWS publishes no machine image in this region"):
        images.newest(images.AMAZON_CPU, [near])


def test_a_missing_image_is_an_error_with_a_way_out() -> None:
    said = answers(published=[name for name in PUBLISHED if "amazon-linux-2023" not in name])
    assert refusal(variant, said=said) == (
        "AWS publishes no machine image in this region under /aws/service/deeplearning/ami/x86_64/"
        " as base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id,"
        " oss-nvidia-driver-gpu-pytorch-[0-9.]+-amazon-linux-2023/latest/ami-id; name one:"
        " pulumi config set --path mllab:aws.image ami-0123456789abcdef0"
    )
