"""The sections of a stack file that every cloud has, one frozen model each.

The descriptions are the words of the README's tables and of what `mllab new` asks.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic.config import JsonDict

from components import catalog
from mllab.settings import limits
from mllab.settings.fields import (
    Day,
    Email,
    Listed,
    Owner,
    Rising,
    Section,
    Switch,
    TimeOfDay,
    TimeZone,
    Unique,
    absent,
    choice,
    fault,
)

_FIXED: Final[JsonDict] = {"fixed": True}  # cannot change after the first `up`
_ASKED: Final[JsonDict] = {"asked": True}  # `mllab new` asks for it, as for all that is required


class LabSection(Section):
    """Who answers for the lab, where it is and how long it lives."""

    cloud: Annotated[str, limits.CLOUD] = Field(
        description="Cloud the lab is in. Cannot change after the first up.",
        json_schema_extra=_FIXED,
    )
    name: Annotated[str, BeforeValidator(limits.LAB_NAME)] | None = Field(
        default=None,
        validate_default=True,
        description="Begins every name in the lab; by default the stack's name. "
        "Cannot change after the first up.",
        json_schema_extra=_FIXED,
    )
    owner: Owner = Field(
        description="E-mail address of who answers for the lab; it is written on everything."
    )
    profile: Annotated[str, choice("course", "strict")] = Field(
        default="course",
        description="course: cheap, ends, easy to remove; strict: security first, see"
        " docs/profile.md.",
        json_schema_extra=_ASKED,
    )
    starts: Day | None = Field(
        default=None,
        description="First day of the lab. Nothing in the cloud waits for it; ends must not be"
        " before it, and mllab rehearse begins on it.",
    )
    ends: Day | None = Field(
        default=None,
        validate_default=True,
        description="Last day of the lab; at its end the machines stop. A course must have one.",
        json_schema_extra=_ASKED,
    )

    @field_validator("name")
    @classmethod
    def _named_by_its_stack(cls, name: str | None, info: ValidationInfo) -> str | None:
        stack = (info.context or {}).get("stack")
        if name is None and stack is not None:
            try:
                limits.LAB_NAME(stack)
            except ValueError:
                raise absent(
                    f"must be given, {stack!r} of the stack cannot be it: {limits.LAB_NAME.words}"
                ) from None
        named = name or stack
        if named and (why := limits.refused_name(limits.cloud_of(info), named)):
            raise fault(f"cannot be {named}: {why}; give another lab.name")
        return name

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: date | None, info: ValidationInfo) -> date | None:
        if ends is None:
            if info.data.get("profile") == "course":
                raise absent("must be given, a course ends; with profile strict a lab may go on")
            return None
        starts = info.data.get("starts")
        if starts is not None and ends < starts:
            raise fault(f"must not be before lab.starts, {starts}")
        today = (info.context or {}).get("today")
        if today is not None and ends < today:
            raise fault(f"is past, today is {today}; give a later day, or remove the lab")
        return ends


class Notebook(Section):
    """The machines people work on, one per seat."""

    kind: Annotated[str, limits.KIND] = Field(
        default="vm",
        description="vm: a machine with JupyterLab on it; managed: the cloud's own notebook"
        " service.",
    )
    size: limits.NotebookSize = Field(
        default="gpu-small",
        description="Size of each machine, or a machine type of the cloud.",
        json_schema_extra=_ASKED,
    )
    disk_gb: Annotated[int, limits.DISK_GB] = Field(
        default=100, description="System disk of each machine in GB; billed also while stopped."
    )
    home_gb: Annotated[int, limits.HOME_GB] = Field(
        default=50, description="Home disk of each seat in GB; it outlives the machine."
    )
    seats: Annotated[tuple[Annotated[str, limits.SEAT], ...], Listed, limits.SEATS, Unique] = Field(
        default=("shared",),
        description="One machine each; the names are keys, so one can go and the others stay.",
        json_schema_extra=_ASKED,
    )
    idle_minutes: Annotated[int, limits.IDLE] = Field(
        default=60,
        description="Machines unused for so long stop; a change reaches running ones.",
    )
    max_hours: Annotated[int, limits.HOURS] = Field(
        default=12,
        description="Longest time at a stretch, in use or not, also where the idle stop fails; a"
        " change reaches running machines.",
    )
    stop_at: TimeOfDay | None = Field(
        default=time(3),
        description="Time of day at which every machine stops, in quotes; null for never.",
        json_schema_extra=_ASKED,
    )
    time_zone: TimeZone = Field(
        default="UTC",
        description="Time zone of stop_at and ends, like Europe/Copenhagen.",
        json_schema_extra=_ASKED,
    )

    @field_validator("disk_gb", "home_gb")
    @classmethod
    def _fits_the_cloud(cls, value: int, info: ValidationInfo) -> int:
        """These run only on what the file gives: a default asks for nothing."""
        cloud, kind = limits.cloud_of(info), info.data.get("kind", "vm")
        limits.further(cloud, kind, str(info.field_name), value)
        if info.field_name == "disk_gb" and "size" in info.data:  # else it has a fault of its own
            gpus = cloud and catalog.machine(cloud.name, info.data["size"], kind).gpus
            if gpus and value < limits.GPU_IMAGE_GB:
                raise fault(f"must be at least {limits.GPU_IMAGE_GB}, the image for GPUs needs it")
        return value

    @field_validator("seats")
    @classmethod
    def _can_be_names(cls, seats: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        cloud = limits.cloud_of(info)
        for seat in seats if cloud and cloud.seats_have_names else ():
            if why := limits.refused_name(cloud, seat):
                raise fault(f"must not name {seat}: {why}")
        return seats

    @field_validator("stop_at")
    @classmethod
    def _stops_for_sure(cls, stop_at: time | None, info: ValidationInfo) -> time | None:
        cloud = limits.cloud_of(info)
        if stop_at is None and cloud and info.data.get("kind") == "managed":
            raise fault(f"must be a time of day: {cloud.managed_must_stop}; or take kind vm")
        return stop_at


class Cluster(Section):
    """The machines that take jobs; none runs while there is no job."""

    size: limits.JobSize = Field(
        default="gpu-small",
        description="Size of each machine, or a machine type of the cloud.",
        json_schema_extra=_ASKED,
    )
    max_nodes: Annotated[int, limits.NODES] = Field(
        default=4,
        description="Most machines at once, the least is always 0. Google Cloud does not enforce"
        " it: there the quota is the ceiling.",
        json_schema_extra=_ASKED,
    )
    spot: Switch = Field(
        default=True,
        description="true: spot machines at a fraction of the price, which may be taken back.",
    )
    max_job_hours: Annotated[int, limits.JOB_HOURS] = Field(
        default=4, description="A job that runs longer is ended."
    )


class Storage(Section):
    """Where data lives: a bucket, and a shared file system if wanted."""

    files: Switch = Field(
        default=True,
        description="true: a shared file system besides the bucket; on Google Cloud by default"
        " gcp.filestore.",
    )
    keep: Switch = Field(
        default=True,
        description="true: a lab that holds data refuses to go until its data is named.",
        json_schema_extra=_ASKED,
    )
    undelete_days: Annotated[int, limits.DAYS] = Field(
        default=0, description="Days that a deleted or overwritten object can be brought back."
    )

    @field_validator("undelete_days")
    @classmethod
    def _is_possible(cls, undelete_days: int, info: ValidationInfo) -> int:
        limits.further(limits.cloud_of(info), "", "undelete_days", undelete_days)
        return undelete_days


class Registry(Section):
    """Where container images live."""

    keep_images: Annotated[int, limits.IMAGES] = Field(
        default=10, description="Newest images that are kept; older ones are cleaned up."
    )


class Budget(Section):
    """When somebody is told what the lab costs."""

    limit_usd: Annotated[float, limits.USD] = Field(
        description="Amount in US dollars that the lab may cost per month, or as budget.per says."
    )
    per: Annotated[str, choice("month", "quarter", "year")] = Field(
        default="month", description="Time that the amount is meant for."
    )
    warn_percent: Annotated[
        tuple[Annotated[int, limits.PERCENT], ...], Listed, limits.PERCENTS, Unique, Rising
    ] = Field(default=(50, 80, 100), description="Alerts go out at these percentages.")
    notify: Annotated[tuple[Email, ...], Listed, limits.NOTIFY, Unique] = Field(
        default=(), description="E-mail addresses that are told; by default the owner's."
    )

    @field_validator("notify")
    @classmethod
    def _are_not_too_many(cls, notify: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        limits.further(limits.cloud_of(info), "", "notify", len(notify))
        return notify
