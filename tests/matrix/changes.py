"""What each setting is changed to, once or several times; a setting without a row fails a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mllab.settings import reference
from mllab.settings.usage import Usage
from tests.scenarios.living_lab import CLOUDS, MANAGED, NULL, Change

KINDS: Final = ("vm", "managed")

GPU: Final[Change] = {
    "notebook": {"size": "gpu-small"},
    "cluster": {"size": "gpu-small", "max_nodes": 4},
}
"""The lab that is changed has two seats and GPUs, and its machines run."""

_NO_FILES: Final[Change] = {"gcp": {"filestore": None}}
_KEY: Final = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{}gdo9blol/NfykyfiGlX6xSV448eMyE4EbyJ3BcHvN2 two"
)


@dataclass(frozen=True)
class To:
    """One change of one setting.

    Args:
        value: as the file has it, NULL for `null`; None takes the setting out.
        first: what the lab was brought up with, besides its usual settings.
        also: what must change with it, or the file is refused.
        stopped: nobody works while it is changed.
        clouds, kinds: that it is tried on.
    """

    value: Any
    first: Change = field(default_factory=dict)
    also: Change = field(default_factory=dict)
    stopped: bool = False
    clouds: tuple[str, ...] = CLOUDS
    kinds: tuple[str, ...] = KINDS


VALUES: Final[Mapping[str, tuple[To, ...]]] = {
    "region": (
        To("eu-west-1", clouds=("aws",)),
        To("westeurope", clouds=("azure",)),
        To("europe-west4", clouds=("gcp",)),
    ),
    "project": (To("another-course-2027"),),
    "zone": (To("us-central1-b"), To("us-central1-f"), To("us-east1-b")),
    "lab.cloud": (To("azure", clouds=("aws",)), To("aws", clouds=("azure", "gcp"))),
    "lab.name": (To("another"),),
    "lab.owner": (To("somebody-else@example.edu"),),
    "lab.profile": (To("strict"), To("course", first={"lab": {"profile": "strict"}})),
    "lab.starts": (To("2027-01-18"),),
    "lab.ends": (
        To("2027-02-12"),
        To("2027-01-10"),
        To(None, first={"lab": {"profile": "strict"}}),
    ),
    "notebook.kind": (
        To("vm", kinds=("managed",), also={"azure": {"ssh_keys": [_KEY.format("B")]}}),
        To("managed", kinds=("vm",)),
    ),
    "notebook.size": (
        To("gpu-medium"),
        To("gpu-large"),
        To("cpu-small"),
        To("gpu-small", first={"notebook": {"size": "cpu-small"}}),
        To("cpu-medium", first={"notebook": {"size": "cpu-small"}}),
    ),
    "notebook.disk_gb": (To(150), To(150, stopped=True), To(80)),
    "notebook.home_gb": (To(80), To(80, stopped=True), To(30)),
    "notebook.seats": (
        To(["s01", "s02", "s03"]),
        To(["s01"]),
        To(["s02", "s01"]),
        To(["s01", "s03"]),
    ),
    "notebook.idle_minutes": (To(90),),
    "notebook.max_hours": (To(24),),
    "notebook.stop_at": (To("22:00"), To(None), To(NULL)),
    "notebook.time_zone": (To("Asia/Tokyo"),),
    "cluster.size": (To("gpu-medium"), To("gpu-large"), To("cpu-small")),
    "cluster.max_nodes": (To(8),),
    "cluster.spot": (To(False),),
    "cluster.max_job_hours": (To(8),),
    "storage.files": (To(False, also=_NO_FILES),),
    "storage.keep": (To(False),),
    "storage.undelete_days": (To(14),),
    "registry.keep_images": (To(5),),
    "budget.limit_usd": (To(700),),
    "budget.per": (To("quarter"),),
    "budget.warn_percent": (To([60, 90]),),
    "budget.notify": (To(["office@example.edu"]),),
    **{f"usage.{name}": (To(12),) for name in Usage.model_fields},
    "aws.image": (To("ami-0123456789abcdef0"),),
    "aws.own_costs_only": (To(True),),
    "azure.image": (To("ubuntu"),),
    "azure.ssh_from": (To(["198.51.100.0/24"]), To([])),
    "azure.ssh_keys": (To([_KEY.format("B")]),),
    "azure.budget": (To(False),),
    "gcp.image": (To("common-cu129-ubuntu-2204-nvidia-580"),),
    "gcp.secure_boot": (To(True),),
    "gcp.egress": (To("nat"),),
    "gcp.billing_account": (To(None), To("012345-6789AB-CDEF01")),
    "gcp.spot": (To(True),),
    "gcp.filestore": (To(None, also={"storage": {"files": False}}),),
}
"""By the setting's key."""


@dataclass(frozen=True)
class Case:
    """One change of one setting on one kind of lab.

    Args:
        key: of the setting. to: what it becomes.
    """

    cloud: str
    kind: str
    key: str
    to: To

    @property
    def name(self) -> str:
        """`notebook.size: gpu-medium, from cpu-small`; the row in the file of what is expected."""
        value = self.to.value
        shown = "none" if value is None else reference.written(value) or "[]"
        first = [f"{key} {now}" for keys in self.to.first.values() for key, now in keys.items()]
        after = f", after {', '.join(first)}" if first else ""
        return f"{self.key}: {shown[:44]}{after}{', machines stopped' if self.to.stopped else ''}"

    @property
    def base(self) -> Change:
        """What the lab is brought up with, besides its usual settings."""
        return merged(GPU, MANAGED[self.cloud] if self.kind == "managed" else {})

    @property
    def change(self) -> Change:
        """What is set in the file."""
        where = next(one for one in reference.settings() if one.key == self.key)
        written = where.written_key(self.cloud)
        section, _, key = written.partition(".")
        own: Change = {section: {key: self.to.value}} if key else {"": {written: self.to.value}}
        also = {k: v for k, v in self.to.also.items() if k not in CLOUDS or k == self.cloud}
        if self.key == "notebook.kind":
            also = {**also, **(MANAGED[self.cloud] if self.to.value == "managed" else {})}
        return merged(own, also)


def merged(*changes: Change) -> Change:
    """One change that does all."""
    found: dict[str, dict[str, Any]] = {}
    for change in changes:
        for section, values in change.items():
            found.setdefault(section, {}).update(values)
    return found


def cases(cloud: str, kind: str) -> list[Case]:
    """All of one file: every setting that there is."""
    return [
        Case(cloud, kind, setting.key, to)
        for setting in reference.settings()
        if cloud in setting.clouds
        for to in VALUES.get(setting.key, ())
        if cloud in to.clouds and kind in to.kinds
    ]
