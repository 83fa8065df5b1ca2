"""Machine sizes: one frozen table for all clouds. No SDK is imported here.

Source, AWS: vCPUs, memory and GPUs from skypilot-catalog `catalogs/v8/aws/vms.csv` (commit 00148f2)
and karpenter's price list of 2026-07-20; every type exists in botocore 1.44.5. Quota codes: AWS CLI
documentation of `service-quotas` and public tools that agree; the spot code of P5 is from memory.
Two things decide which types are offered:
- The Deep Learning base images, Ubuntu 24.04 and Amazon Linux 2023, name G4dn, G5, G6, G6e, G7e,
  P4d, P4de and P5 as supported, but not P3, G6f and arm64 (release notes of 2026-05-20 and
  2026-09-15, https://docs.aws.amazon.com/dlami/latest/devguide/appendix-ami-release-notes.html).
- One size must serve notebook and cluster alike, and AWS Batch refuses burstable types (t3) with
  `Instance type can only be one of ...` (github.com/opensupplyhub/open-supply-hub/pull/1058).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One machine type of one cloud.

    Args:
        type: the vendor's name. vcpus, memory_gib: per machine.
        gpu: model, empty without. gpus: how many. gpu_memory_gib: per GPU, nominal.
        quota, spot_quota: the vendor's code of the limit it counts against, in vCPUs.
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


class UnknownSize(ValueError):
    """A size that the table does not hold; the message lists what it holds and the nearest name."""


# (on demand, spot), limits in vCPUs that are running at the same time in one region
_STANDARD: Final = ("L-1216C47A", "L-34B43A08")
_G: Final = ("L-DB2E81BA", "L-3819A6DF")
_P4: Final = ("L-417A185B", "L-7212CCBC")
_P5: Final = ("L-417A185B", "L-C4BD4855")


def _machine(
    type: str,
    vcpus: int,
    memory_gib: int,
    quotas: tuple[str, str],
    gpu: str = "",
    gpus: int = 0,
    gpu_memory_gib: int = 0,
) -> Machine:
    return Machine(
        type=type,
        vcpus=vcpus,
        memory_gib=memory_gib,
        quota=quotas[0],
        spot_quota=quotas[1],
        gpu=gpu,
        gpus=gpus,
        gpu_memory_gib=gpu_memory_gib,
    )


_AWS_MACHINES: Final = (
    _machine("m6i.large", 2, 8, _STANDARD),
    _machine("m7i.large", 2, 8, _STANDARD),
    _machine("m6i.xlarge", 4, 16, _STANDARD),
    _machine("m7i.xlarge", 4, 16, _STANDARD),
    _machine("g4dn.xlarge", 4, 16, _G, "T4", 1, 16),
    _machine("g4dn.2xlarge", 8, 32, _G, "T4", 1, 16),
    _machine("g4dn.12xlarge", 48, 192, _G, "T4", 4, 16),
    _machine("g5.xlarge", 4, 16, _G, "A10G", 1, 24),
    _machine("g5.12xlarge", 48, 192, _G, "A10G", 4, 24),
    _machine("g6.xlarge", 4, 16, _G, "L4", 1, 24),
    _machine("g6.12xlarge", 48, 192, _G, "L4", 4, 24),
    _machine("g6e.xlarge", 4, 32, _G, "L40S", 1, 48),
    _machine("g6e.4xlarge", 16, 128, _G, "L40S", 1, 48),
    _machine("g6e.12xlarge", 48, 384, _G, "L40S", 4, 48),
    _machine("g7e.2xlarge", 8, 64, _G, "RTX PRO 6000", 1, 96),
    _machine("g7e.12xlarge", 48, 512, _G, "RTX PRO 6000", 2, 96),
    _machine("p4d.24xlarge", 96, 1152, _P4, "A100", 8, 40),
    _machine("p4de.24xlarge", 96, 1152, _P4, "A100", 8, 80),
    _machine("p5.4xlarge", 16, 256, _P5, "H100", 1, 80),
    _machine("p5.48xlarge", 192, 2048, _P5, "H100", 8, 80),
)

_MACHINES: Final[Mapping[str, Mapping[str, Machine]]] = MappingProxyType(
    {"aws": MappingProxyType({machine.type: machine for machine in _AWS_MACHINES})}
)

# First the machine, then its fallbacks: not smaller in anything, and against the same quota.
_SIZES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "aws": MappingProxyType(
            {
                "cpu-small": ("m6i.large", "m7i.large"),
                "cpu-medium": ("m6i.xlarge", "m7i.xlarge"),
                "gpu-small": ("g4dn.xlarge", "g6.xlarge", "g5.xlarge"),
                "gpu-medium": ("g6.xlarge", "g5.xlarge"),
                "gpu-large": ("p5.4xlarge",),
                "gpu-multi": ("g6.12xlarge", "g5.12xlarge"),
            }
        )
    }
)

_WHY_THESE: Final = {"aws": "types that the Deep Learning image and AWS Batch both take"}

SIZES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cpu-small": "no GPU, 2 vCPUs",
        "cpu-medium": "no GPU, 4 vCPUs",
        "gpu-small": "one GPU with 16 GB",
        "gpu-medium": "one GPU with 24 GB",
        "gpu-large": "one GPU of the 80 GB class",
        "gpu-multi": "four GPUs in one machine",
    }
)
"""The sizes that every cloud knows, with what they promise."""


def sizes(cloud: str) -> tuple[str, ...]:
    """Names of the sizes on a cloud, smallest first.

    Raises:
        UnknownSize: no machine is known for that cloud.
    """
    return tuple(_table(cloud))


def types(cloud: str) -> tuple[str, ...]:
    """The vendor's machine types that may be given instead of a size.

    Raises:
        UnknownSize: no machine is known for that cloud.
    """
    _table(cloud)
    return tuple(_MACHINES[cloud])


def machine(cloud: str, size: str) -> Machine:
    """The machine of a size, or of a vendor's machine type that the table knows.

    A type that is asked for by name has no fallbacks: who names it wants this one.

    Raises:
        UnknownSize: the table holds neither; the message lists the sizes and the nearest name.
    """
    known = _table(cloud)
    if size in known:
        first, *others = known[size]
        found = _MACHINES[cloud][first]
        return replace(found, fallbacks=tuple(others))
    if size in _MACHINES[cloud]:
        return _MACHINES[cloud][size]
    pool = _MACHINES[cloud] if "." in size else known
    near = get_close_matches(size.lower(), pool, n=1)
    hint = f"; did you mean {near[0]}?" if near else ";"
    if pool is known:
        told = f"sizes: {', '.join(known)}; or a machine type like {next(iter(_MACHINES[cloud]))}"
    else:
        told = f"{_WHY_THESE[cloud]}: {', '.join(pool)}; or a size: {', '.join(known)}"
    raise UnknownSize(f"is unknown on {cloud}{hint} {told}")


def _table(cloud: str) -> Mapping[str, tuple[str, ...]]:
    if cloud not in _SIZES:
        raise UnknownSize(f"no machine is known for {cloud!r}, only for {', '.join(_SIZES)}")
    return _SIZES[cloud]
