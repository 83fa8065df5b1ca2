"""Machine sizes: one frozen table for all clouds. No SDK is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One machine type of one cloud.

    Args:
        type: the vendor's name. vcpus, memory_gib: per machine. gpu: model, empty without. gpus: how many.
        gpu_memory_gib: per GPU, nominal. quota, spot_quota: the vendor's code of the limit it counts against, in vCPUs.
        fallbacks: other types of the same class, to be tried when this one is out of stock.
    """

    type: str
    vcpus: int
    memory_gib: int
    quota: str
    spot_quota: str
    gpu: str = ""
    gpus: int = 0
    gpu_memory_gib: int = 0
    fallbacks: tuple[str, ...] = ()
