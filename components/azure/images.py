"""Which image an Azure notebook machine starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pulumi_azure_native import compute

from components.catalog import Machine


@dataclass(frozen=True)
class Image:
    """An image of the marketplace; none of these needs a purchase plan or accepted terms.

    Args:
        publisher, offer, sku, version: its URN. drivers: it brings NVIDIA's drivers.
        trusted: it supports Trusted Launch.
    """

    publisher: str
    offer: str
    sku: str
    version: str
    drivers: bool
    trusted: bool


IMAGES: Final[Mapping[str, Image]] = MappingProxyType(
    {
        "ubuntu": Image("canonical", "ubuntu-24_04-lts", "server", "latest", False, True),
        # No version came after this one; without its number the last of all could vanish.
        "dsvm": Image("microsoft-dsvm", "ubuntu-2204", "2204-gen2", "25.06.18", True, False),
        "hpc": Image("microsoft-dsvm", "ubuntu-hpc", "2404", "latest", True, False),
    }
)
"""Ubuntu 24.04; the Data Science Virtual Machine; Ubuntu with CUDA and docker.
Source: https://learn.microsoft.com/azure/machine-learning/data-science-virtual-machine/release-notes,
https://learn.microsoft.com/azure/virtual-machines/azure-hpc-vm-images"""


def reference(image: Image) -> compute.ImageReferenceArgsDict:
    """The image as a machine names it."""
    return {
        "publisher": image.publisher,
        "offer": image.offer,
        "sku": image.sku,
        "version": image.version,
    }


def security(image: Image, machine: Machine) -> compute.SecurityProfileArgsDict | None:
    """Trusted Launch where the image supports it. Secure boot refuses NVIDIA's driver, which is
    built on the machine and signed by nobody."""
    if not image.trusted:
        return None
    return {
        "security_type": "TrustedLaunch",
        "uefi_settings": {"v_tpm_enabled": True, "secure_boot_enabled": not machine.gpus},
    }
