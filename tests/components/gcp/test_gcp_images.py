"""The first image family that Google still publishes is taken, never the image it stands for."""

from __future__ import annotations

from typing import Any

import pytest

from components.catalog import machine
from components.gcp import images
from mllab.errors import RunFailed
from mllab.protocol.provider import ProviderFailure
from tests.components.gcp.gcp_account import (
    IMAGE,
    PUBLISHED,
    answers,
    rebuilt,
    refusal,
    variant,
)

INSTANCE = "compute/instance:Instance"
DEEP = images.DEEP_LEARNING


@pytest.mark.parametrize(
    ("size", "family"),
    [
        ("gpu-small", f"deeplearning-platform-release/global/images/family/{DEEP.families[0]}"),
        ("gpu-large", f"deeplearning-platform-release/global/images/family/{DEEP.families[0]}"),
        ("cpu-small", "ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64"),
    ],
)
def test_image_fits_the_machine(size: str, family: str) -> None:
    rendered = variant(notebook=machine("gcp", size))
    boot = rendered.one(INSTANCE).inputs["bootDisk"]["initializeParams"]
    assert boot["image"] == f"projects/{family}"
    asked = [args["family"] for token, args in rendered.invokes if token == IMAGE]
    assert asked == [family.rpartition("/")[2]], "what is published needs no second look"


@pytest.mark.parametrize("left", range(1, 4))
def test_falls_back_in_order(left: int) -> None:
    rendered = variant(said=answers(DEEP.families[left:]))
    boot = rendered.one(INSTANCE).inputs["bootDisk"]["initializeParams"]
    assert boot["image"].endswith(f"/{DEEP.families[left]}")
    asked = [args["family"] for token, args in rendered.invokes if token == IMAGE]
    assert asked == list(DEEP.families[: left + 1])


def test_a_missing_image_is_an_error_with_a_way_out() -> None:
    said = answers([name for name in PUBLISHED if name not in DEEP.families])
    assert refusal(variant, said=said) == (
        f"Google publishes none of {', '.join(DEEP.families)} in deeplearning-platform-release;"
        " name a family: pulumi config set --path mllab:gcp.image FAMILY, out of: gcloud compute"
        " images list --project deeplearning-platform-release --no-standard-images --format"
        " 'value(family)'"
    )


def test_a_look_up_that_is_refused_is_not_taken_for_a_missing_image() -> None:
    def refused(args: dict[str, Any]) -> dict[str, Any]:
        raise ProviderFailure("googleapi: Error 403: Required permission, forbidden")

    with pytest.raises(RunFailed, match="Error 403"):
        variant(said={**answers(), IMAGE: refused})


@pytest.mark.parametrize(
    ("switches", "family", "secure"),
    [
        ({}, DEEP.families[0], False),
        ({"secure_boot": True}, images.ACCELERATOR.families[0], True),
        ({"image": "pytorch-2-9-cu129-ubuntu-2404-nvidia-580"}, DEEP.families[2], False),
    ],
)
def test_a_machine_with_a_gpu_boots_securely_where_its_driver_is_signed(
    switches: dict[str, Any], family: str, secure: bool
) -> None:
    box = variant(switches=switches).one(INSTANCE).inputs
    assert box["bootDisk"]["initializeParams"]["image"].endswith(f"/{family}")
    assert box["shieldedInstanceConfig"]["enableSecureBoot"] is secure


def test_a_machine_without_a_gpu_boots_securely_but_not_from_an_image_nobody_vouches_for() -> None:
    for switches, secure in (({}, True), ({"image": DEEP.families[0]}, False)):
        box = variant("gcp-tiny", switches=switches).one(INSTANCE).inputs
        assert box["shieldedInstanceConfig"]["enableSecureBoot"] is secure


def test_a_strict_lab_boots_securely_without_being_asked() -> None:
    for box in variant("gcp-lab").of(INSTANCE):
        boot = box.inputs["bootDisk"]["initializeParams"]["image"]
        assert boot.endswith(f"/{images.ACCELERATOR.families[0]}")
        assert box.inputs["shieldedInstanceConfig"]["enableSecureBoot"] is True


def test_without_a_signed_driver_the_way_out_is_to_do_without() -> None:
    said = answers([name for name in PUBLISHED if name not in images.ACCELERATOR.families])
    assert refusal(variant, said=said, switches={"secure_boot": True}).endswith(
        "; do without Secure Boot: pulumi config set --path mllab:gcp.secure_boot false"
    )


def test_secure_boot_that_comes_or_goes_makes_the_machine_anew() -> None:
    assert "gcp-course-notebook-shared" in rebuilt({}, {"secure_boot": True})


@pytest.mark.parametrize("source", [images.DEEP_LEARNING, images.ACCELERATOR, images.UBUNTU])
def test_only_images_that_cloud_init_is_on(source: images.Source) -> None:
    """Google's Debian images do not have it."""
    assert [name for name in source.families if "ubuntu" not in name] == []


def test_managed_notebooks_take_the_dated_family() -> None:
    rendered = variant(kind="managed")
    setup = rendered.one("workbench/instance:Instance").inputs["gceSetup"]
    assert setup["vmImage"] == {
        "project": "cloud-notebooks-managed",
        "family": "workbench-instances-2603",
    }


def test_a_managed_notebook_with_a_gpu_takes_only_images_that_bring_a_driver() -> None:
    """Google installs none by itself, and the provider cannot ask it to."""
    said = answers([*images.DEEP_LEARNING.families, "workbench-instances"])
    assert refusal(variant, kind="managed", said=said) == (
        "Google publishes none of workbench-instances-2603 in cloud-notebooks-managed; take"
        " mllab:notebook.kind vm, or wait for a newer mllab"
    )
    cpu = variant(kind="managed", said=said, notebook=machine("gcp", "cpu-small", "managed"))
    setup = cpu.one("workbench/instance:Instance").inputs["gceSetup"]
    assert setup["vmImage"]["family"] == "workbench-instances"


def test_managed_notebooks_boot_securely() -> None:
    for size in ("cpu-small", "gpu-small"):
        rendered = variant(kind="managed", notebook=machine("gcp", size, "managed"))
        setup = rendered.one("workbench/instance:Instance").inputs["gceSetup"]
        assert setup["shieldedInstanceConfig"] == {
            "enableVtpm": True,
            "enableIntegrityMonitoring": True,
            "enableSecureBoot": True,
        }
