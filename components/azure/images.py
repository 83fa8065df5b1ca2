"""Which image an Azure notebook machine starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from components.catalog import Machine

if TYPE_CHECKING:  # settings look at the table, and load no SDK
    from pulumi_azure_native import compute


@dataclass(frozen=True)
class Image:
    """An image of the marketplace; none of these needs a purchase plan or accepted terms.

    Args:
        publisher, offer, sku, version: its URN. drivers: it brings NVIDIA's drivers.
        trusted: it supports Trusted Launch.
        least_gb: system disk that holds it, and the Python packages besides.
    """

    publisher: str
    offer: str
    sku: str
    version: str
    drivers: bool
    trusted: bool
    least_gb: int


IMAGES: Final[Mapping[str, Image]] = MappingProxyType(
    {
        "ubuntu": Image("canonical", "ubuntu-24_04-lts", "server", "latest", False, True, 30),
        # It has 64 GB itself, of which it leaves about 7.
        "hpc": Image("microsoft-dsvm", "ubuntu-hpc", "2404", "latest", True, False, 100),
    }
)
"""Ubuntu 24.04, plain; and with NVIDIA's driver 580, CUDA 13.0 and docker. Azure's own extension
installs CUDA drivers on Ubuntu 22.04 at the newest, so that it is no way to any of them.
Source: https://github.com/Azure/azhpc-images/blob/master/versions.json (2026-07-29),
https://github.com/Azure/azhpc-extensions/blob/master/NvidiaGPU/resources.json (2026-04-20)"""

UBUNTU_DRIVER: Final = "580-server"
"""The same branch as in the other image: what PyTorch is installed for.
Source: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#ubuntu-drivers,
https://packages.ubuntu.com/noble/linux-modules-nvidia-580-server-open-azure"""


def choose(name: str | None, machine: Machine) -> tuple[str, Image]:
    """The image that is asked for by name, or the one that fits the machine."""
    chosen = name or ("hpc" if machine.gpus else "ubuntu")
    return chosen, IMAGES[chosen]


def reference(image: Image) -> compute.ImageReferenceArgsDict:
    """The image as a machine names it."""
    return {
        "publisher": image.publisher,
        "offer": image.offer,
        "sku": image.sku,
        "version": image.version,
    }


def security(image: Image, machine: Machine) -> compute.SecurityProfileArgsDict | None:
    """Trusted Launch where the image supports it. With secure boot a driver that is built on the
    machine waits at its first boot for somebody who confirms its key.

    Source: https://github.com/MicrosoftDocs/azure-docs/issues/111536
    """
    if not image.trusted:
        return None
    return {
        "security_type": "TrustedLaunch",
        "uefi_settings": {"v_tpm_enabled": True, "secure_boot_enabled": not machine.gpus},
    }


def drivers(image: Image, machine: Machine) -> dict[str, Any]:
    """What cloud-init is told besides the lab's own, before the lab's services start: Ubuntu's
    driver where a machine with GPUs starts from an image without."""
    if image.drivers or not machine.gpus:
        return {}
    return {
        "package_update": True,
        "packages": [f"nvidia-utils-{UBUNTU_DRIVER}"],  # nvidia-smi
        "drivers": {"nvidia": {"license-accepted": True, "version": UBUNTU_DRIVER}},
    }
